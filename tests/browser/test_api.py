"""The public endpoint `/predict`, over plain HTTP as its documentation page describes it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

EXAMPLES = sorted((Path(__file__).parents[2] / "assets" / "examples" / "challenge").glob("*.jpg"))
STAGES = ["background", "detector", "classifier"]


def predict(url: str, path: str, *, background: str = "own") -> tuple[str, Any]:
    """(`complete` or `error`, the data of that event)."""
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
    data = [picture, "challenge", background, STAGES, 1, 0.05]
    event = httpx.post(f"{url}gradio_api/call/predict", json={"data": data}, trust_env=False).json()["event_id"]
    answer = httpx.get(f"{url}gradio_api/call/predict/{event}", timeout=60, trust_env=False).text
    kind, value = answer.strip().splitlines()[-2:]
    return kind.removeprefix("event: "), json.loads(value.removeprefix("data: "))


def upload(url: str, path: Path) -> str:
    with path.open("rb") as file:
        response = httpx.post(f"{url}gradio_api/upload", files={"files": (path.name, file)}, trust_env=False)
    uploaded: str = response.json()[0]
    return uploaded


def test_the_first_prediction_is_not_slower_than_the_others(url: str) -> None:
    # The first in this file, and this file the first of its folder: nothing was predicted before.
    path = upload(url, EXAMPLES[0])
    times = [predict(url, path)[1][0]["milliseconds"]["total"] for _ in range(6)]
    assert times[0] < 3 * max(times[1:]), times


@pytest.mark.parametrize("path", EXAMPLES[:2], ids=lambda path: path.stem)
def test_a_picture_gives_what_the_command_line_prints(url: str, path: Path) -> None:
    kind, [result] = predict(url, upload(url, path))
    assert kind == "complete"
    assert list(result) == [
        "image", "box", "box_score", "answer", "level", "label", "probabilities", "milliseconds", "known",
    ]  # fmt: skip
    expected = Pipeline.load("challenge").predict(open_image(path)).as_dict(path.name)
    assert (result["image"], result["label"]) == (path.name, expected["label"])
    assert result["box"] == pytest.approx(expected["box"], abs=1)
    assert result["probabilities"] == pytest.approx(expected["probabilities"], abs=0.01)


def test_what_is_no_picture_is_refused_with_a_sentence(url: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("This is no picture.")
    kind, problem = predict(url, upload(url, notes))
    assert kind == "error"
    assert "notes.txt is not a picture" in json.dumps(problem)


def test_no_file_of_the_server_can_be_named(url: str) -> None:
    kind, _ = predict(url, str(Path(__file__)))
    assert kind == "error"
