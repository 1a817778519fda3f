"""Putting a mistake right from the page: what is shown of it, what becomes of it, and what is refused."""

import fcntl
import json
import time
from pathlib import Path
from typing import Any

import pytest
from made_data import save, write_table
from read_html import words

from smallimg.data.by_class import open_set
from smallimg.data.formats import read_dataset
from smallimg.runs.run import Run, RunConfig, adopt_run
from smallimg.ui.put_right import server
from smallimg.ui.train.actions import look_at_run
from smallimg.ui.train.mistakes import worst_mistakes


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.fixture
def pets(folders: Path) -> Path:
    """Folders of cats and dogs that somebody brought in."""
    for number in range(4):
        save(folders / "data/pets-1" / ("cat", "dog")[number % 2] / f"{number}.png")
    return folders / "data/pets-1"


@pytest.fixture
def table(folders: Path) -> Path:
    write_table(folders / "data/table-1", "0.jpg,0,0,5,5,cat", "1.jpg,0,0,5,5,cat", "2.jpg,0,0,5,5,dog")
    return folders / "data/table-1"


def measured(data: Path, *pictures: tuple[str, str | None, str]) -> Run:
    """A finished run on some data that said so of these: (picture, truth, label)."""
    run = adopt_run(RunConfig("first", str(data), stages=("classifier",)), {})
    said = [
        {"image": name, "truth": truth, "answer": label, "label": label, "probability": 0.9, "box_score": None}
        for name, truth, label in pictures
    ]
    metrics = {"classes": ["cat", "dog"], "confusion_matrix": [[0, 1], [0, 0]], "n": len(said)}
    results = {"split": "validation", "root": str(data.resolve()), "metrics": metrics, "pictures": said}
    (run.path / "results.json").write_text(json.dumps(results))
    return run


def ask(run: Run, picture: str, **more: Any) -> dict[str, Any]:
    return {"of": f"run:{run.id}", "picture": picture, **more}


def test_a_set_of_folders_is_put_right_by_moving_and_the_page_finds_the_picture_again(pets: Path) -> None:
    run = measured(pets, ("cat/0.png", "cat", "dog"))
    opened = server.open_mistake(ask(run, "cat/0.png"))
    assert (opened["class"], opened["classes"], opened["why"], opened["out"]) == ("cat", ["cat", "dog"], "", False)
    assert opened["large"].startswith("data:image/webp")
    assert server.changed({"of": f"run:{run.id}"}) == {"changed": False}
    put = server.put_mistake(ask(run, "cat/0.png", **{"class": "dog"}))
    assert (put["class"], put["words"], put["changed"]) == ("dog", "put right: dog", True)
    assert (pets / "dog/0.png").is_file()
    assert server.changed({"of": f"run:{run.id}"}) == {"changed": True}
    shown = look_at_run(run.id, [], "the one under way", "")
    assert "put right: dog" in words(shown[-4])
    assert f'data-of="run:{run.id}" data-mistake="cat/0.png"' in shown[-4]
    assert shown[-3] == f"run:{run.id}"
    assert server.put_mistake(ask(run, "cat/0.png", out=True))["words"] == "left out"
    assert server.open_mistake(ask(run, "cat/0.png"))["out"]
    back = server.put_mistake(ask(run, "cat/0.png", **{"class": "cat"}))
    assert (back["class"], back["words"], back["out"]) == ("cat", "", False)


def test_a_table_is_put_right_without_touching_it(table: Path) -> None:
    run = measured(table, ("train/0.jpg", "cat", "dog"), ("train/1.jpg", None, "dog"))
    before = (table / "train.csv").read_bytes()
    put = server.put_mistake(ask(run, "train/0.jpg", **{"class": "dog"}))
    assert put["words"] == "put right: dog"
    labels = {one.path.name: one.label for one in read_dataset(table).samples}
    assert labels["0.jpg"] == labels["2.jpg"]
    assert (table / "train.csv").read_bytes() == before
    assert server.open_mistake(ask(run, "train/0.jpg"))["class"] == "dog"
    # A run that has learned that calls it no change.
    again = measured(table, ("train/0.jpg", "dog", "cat"))
    assert server.open_mistake(ask(again, "train/0.jpg"))["words"] == ""
    # Which of several boxes is wrong cannot be said of the picture.
    assert "several classes" in server.open_mistake(ask(run, "train/1.jpg"))["why"]


def test_what_is_not_the_pages_says_so_and_stays(folders: Path, pets: Path) -> None:
    for number in range(4):
        save(folders / "elsewhere" / ("cat", "dog")[number % 2] / f"{number}.png")
    run = measured(folders / "elsewhere", ("cat/0.png", "cat", "dog"))
    assert "outside of the sets of this page" in server.open_mistake(ask(run, "cat/0.png"))["why"]
    assert "outside of the sets of this page" in server.put_mistake(ask(run, "cat/0.png", out=True))["error"]
    assert (folders / "elsewhere/cat/0.png").is_file()
    brought = measured(pets, ("cat/0.png", "cat", "dog"))
    (brought.path / "config.json").write_text(
        (brought.path / "config.json").read_text().replace(json.dumps(str(pets)), '""')
    )
    assert "are not here" in server.put_mistake(ask(brought, "cat/0.png", out=True))["error"]


def test_while_a_run_learns_from_it_nothing_moves(pets: Path) -> None:
    run = measured(pets, ("cat/0.png", "cat", "dog"))
    time.sleep(1.1)  # a folder's name has the second
    slow = adopt_run(RunConfig("slow", str(pets), stages=("classifier",)), {})
    (slow.path / "status.json").write_text('{"status": "running"}')
    with (slow.path / "lock").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        assert "“slow” is learning from" in server.put_mistake(ask(run, "cat/0.png", out=True))["error"]
    assert (pets / "cat/0.png").is_file()


@pytest.mark.parametrize(
    "sent",
    [
        None, [], "run", {"of": 7}, {"of": "run:gone", "picture": "cat/0.png"}, {"of": "run:../../etc"}, {"of": "x:y"},
        {"of": "evaluation:gone", "picture": "a"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_a_sentence(pets: Path, sent: Any) -> None:
    for function in (server.open_mistake, server.put_mistake, server.changed):
        assert function(sent)["error"]


def test_a_picture_or_class_that_it_knows_nothing_of_is_refused(pets: Path, table: Path) -> None:
    save(pets / "secret.png")
    for data, name in ((pets, "cat/0.png"), (table, "train/0.jpg")):
        run = measured(data, (name, "cat", "dog"))
        for picture in ("secret.png", "dog/1.png", "../x", ""):
            assert "is not among these" in server.open_mistake(ask(run, picture))["error"]
        assert "There is no class" in server.put_mistake(ask(run, name, **{"class": "<b>wolf"}))["error"]
        time.sleep(1.1)
    (pets / "cat/0.png").unlink()
    open_set("pets-1")
    gone = measured(pets, ("cat/0.png", "cat", "dog"))
    assert "is gone" in server.open_mistake(ask(gone, "cat/0.png"))["error"]


def test_names_are_escaped_in_what_opens(pets: Path) -> None:
    evil = 'cat/"><img src=x onerror=alert(1)>.png'
    save(pets / evil)
    run = measured(pets, (evil, "cat", "dog"))
    html = worst_mistakes(json.loads((run.path / "results.json").read_text()) | {"of": f"run:{run.id}"})
    assert "<img src=x" not in html
