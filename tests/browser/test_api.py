"""The public endpoint `/predict`, over plain HTTP as its documentation page describes it."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from shown import blocks, is_as_shown

from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "assets" / "examples" / "challenge").glob("*.jpg"))


def predict(url: str, path: str, *, background: str = "own") -> tuple[str, Any]:
    """(`complete` or `error`, the data of that event)."""
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
    given = {"picture": picture, "model": "challenge", "background": background}
    event = httpx.post(f"{url}gradio_api/call/v2/predict", json=given, timeout=60, trust_env=False).json()["event_id"]
    answer = httpx.get(f"{url}gradio_api/call/v2/predict/{event}", timeout=60, trust_env=False).text
    kind, value = answer.strip().splitlines()[-2:]
    return kind.removeprefix("event: "), json.loads(value.removeprefix("data: "))


def upload(url: str, path: Path) -> str:
    with path.open("rb") as file:
        response = httpx.post(
            f"{url}gradio_api/upload", files={"files": (path.name, file)}, timeout=60, trust_env=False
        )
    uploaded: str = response.json()[0]
    return uploaded


@pytest.mark.parametrize("path", EXAMPLES[:2], ids=lambda path: path.stem)
def test_a_picture_gives_what_the_command_line_prints(url: str, path: Path) -> None:
    kind, [result] = predict(url, upload(url, path))
    assert kind == "complete"
    assert list(result) == [
        "image", "box", "box_score", "answer", "level", "label", "probabilities", "milliseconds", "engine",
        "known", "frame", "group", "objects", "segments", "cutout",
    ]  # fmt: skip
    assert result["frame"] is None
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


def test_the_readmes_program_prints_what_it_shows(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = list(blocks((ROOT / "README.md").read_text("utf-8")))
    [place] = [
        index for index, (language, text) in enumerate(found) if language == "python" and "gradio_client" in text
    ]
    program = found[place][1].replace("http://127.0.0.1:7860/", url)
    assert url in program
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), {})
    assert is_as_shown(printed.getvalue(), found[place + 1][1]), printed.getvalue()


def test_an_address_that_leads_inside_is_a_sentence(url: str) -> None:
    for address, words in ((url, "names port"), ("http://localhost/", "no server on the open internet")):
        given = {"url": address, "model": "challenge"}
        event = httpx.post(f"{url}gradio_api/call/v2/predict", json=given, timeout=60, trust_env=False).json()[
            "event_id"
        ]
        answer = httpx.get(f"{url}gradio_api/call/v2/predict/{event}", timeout=60, trust_env=False).text
        assert "event: error" in answer
        assert words in answer


def test_pages_of_other_sites_are_not_served(url: str) -> None:
    """Neither by a name that somebody else has pointed here, nor where a browser says where it comes from."""
    at_home = url.removeprefix("http://").rstrip("/")
    assert httpx.get(url, headers={"host": "evil.example"}, trust_env=False).status_code == 421
    files = {"files": ("a.txt", b"x")}
    for origin, status in (("https://evil.example", 403), ("null", 403), (f"http://{at_home}", 200)):
        sent = httpx.post(f"{url}gradio_api/upload", files=files, headers={"origin": origin}, trust_env=False)
        assert sent.status_code == status, origin
