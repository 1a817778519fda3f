"""Where the server keeps things is told to nobody: sets, each of them wrong in its way, are given to the page."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from made_data import save, write_table
from train_tab import fields

from smallimg.data.kept import describe_data
from smallimg.data.left_out import LEFT_OUT
from smallimg.runs import estimate as estimate_run
from smallimg.ui import data_choice
from smallimg.ui.train.by_class.server import open_classes
from smallimg.ui.train.data_brought import take_upload
from smallimg.ui.train.data_panel import continue_kept
from smallimg.ui.train.data_shown import data_path, look_at_data
from smallimg.ui.train.estimate import estimate_text

NAME = "Anna’s things"
MADE: dict[str, Callable[[Path], object]] = {}


def made(make: Callable[[Path], object]) -> Callable[[Path], object]:
    """Take it among the sets."""
    MADE[make.__name__] = make
    return make


def pets(root: Path, *places: str) -> None:
    for grey, place in enumerate(places):
        save(root / place, grey=9 * grey)


@made
def nothing(root: Path) -> None:
    root.mkdir()


@made
def words(root: Path) -> None:
    root.mkdir()
    (root / "notes.txt").write_text("milk")


@made
def a_lone_picture(root: Path) -> None:
    pets(root, "cat/0.png")


@made
def a_lone_picture_of_each(root: Path) -> None:
    pets(root, "cat/0.png", "dog/0.png")


@made
def a_folder_that_is_no_class(root: Path) -> None:
    pets(root, "cat/0.png", "cat/1.png", "dog/2.png", "dog/3.png", "labels/d.png")


@made
def a_part_that_may_be_a_class(root: Path) -> None:
    pets(root, "test/0.png", "train/1.png", "cat/2.png")


@made
def pictures_that_do_not_open(root: Path) -> None:
    for name in ("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"):
        file = save(root / name)
        file.write_bytes(file.read_bytes()[:50])


@made
def pictures_that_are_none(root: Path) -> None:
    for name in ("cat/0.png", "dog/0.png"):
        save(root / name).write_text("no picture")


@made
def a_picture_that_leads_nowhere(root: Path) -> None:
    pets(root, "cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png")
    (root / "cat" / "2.png").symlink_to("nowhere.png")


@made
def a_table_of_what_is_not_there(root: Path) -> None:
    write_table(root, *(f"{100 + one}.jpg,0,0,5,5,cup" for one in range(9)))


@made
def a_table_that_is_none(root: Path) -> None:
    save(root / "train" / "a.png")
    (root / "train.csv").write_bytes(bytes(range(256)) * 4)


@made
def labels_that_are_none(root: Path) -> None:
    save(root / "a.png")
    (root / "labels.json").write_text('{"images": [], "annotations": 1, "categories": []}')


@made
def yaml_that_is_none(root: Path) -> None:
    save(root / "images" / "a.png")
    (root / "labels").mkdir()
    (root / "labels" / "a.txt").write_text("0 .5 .5 .1 .1")
    (root / "data.yaml").write_text("names: [[[")


@made
def xml_that_is_none(root: Path) -> None:
    save(root / "a.png")
    (root / "a.xml").write_text("<annotation><filename>a.png</filename>")


@made
def names_that_are_none(root: Path) -> None:
    pets(root, "cat/0.png", "dog/1.png")
    (root / "challenge.json").write_text(json.dumps({"classes": [1, 2]}))


@made
def all_of_it_left_out(root: Path) -> None:
    pets(root, "cat/0.png", "dog/1.png")
    (root / LEFT_OUT).write_text("cat/0.png\ndog/1.png\n")


@made
def left_out_in_no_text(root: Path) -> None:
    pets(root, "cat/0.png", "dog/1.png")
    (root / LEFT_OUT).write_bytes(b"\xff\xfe\x00\xd8")


@made
def a_part_without_the_others(root: Path) -> None:
    pets(root, "test/cat/0.png", "test/dog/1.png")


@made
def two_folders_of_masks(root: Path) -> None:
    pets(root, "images/0.png", "masks/0.png", "mask/0.png")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the server keeps things, under a name that nothing else has; what is handed out lies elsewhere."""
    home = tmp_path / "Kanariensekt"
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SMALLIMG_HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home / "tmp"))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "gradio"))
    (home / "tmp").mkdir(parents=True)
    (home / "data").mkdir()
    return home


def heard(data_id: str) -> Iterator[Any]:
    """What the page gets of a set: looked at, chosen to be measured, opened class by class, and to be trained on."""
    yield look_at_data(data_id, lambda *_, **__: None)
    yield data_choice.show_data(data_id)
    yield continue_kept(data_id, 1.0)
    yield open_classes({"set": data_id})
    for stages in (["classifier"], ["remover", "detector"]):
        yield estimate_text(data_path(data_id), *fields(stages=stages, classifier_epochs="1"))


def in_full(answer: Any) -> str:
    """All that is told in an answer, a file that it hands out too."""
    if isinstance(answer, list | tuple):
        return " ".join(map(in_full, answer))
    if isinstance(answer, gr.blocks.Block):
        value = answer.constructor_args.get("value")
        file = Path(value) if isinstance(answer, gr.DownloadButton) and isinstance(value, str) else None
        return f"{answer.constructor_args} {file.read_text('utf-8') if file else ''}"
    return str(answer)


@pytest.mark.parametrize("kind", MADE)
def test_no_answer_tells_of_the_servers_folders(
    kind: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def here(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, stdout=estimate_run.main(command[-1]) + "\n")

    monkeypatch.setattr(subprocess, "run", here)  # a process takes seconds to start
    MADE[kind](home / "data" / "theirs-1")
    describe_data(home / "data" / "theirs-1", name=NAME)
    told = [in_full(answer) for answer in heard("theirs-1")]
    shutil.make_archive(str(tmp_path / "Pets"), "zip", home / "data" / "theirs-1")
    for take in (lambda file: take_upload([file], lambda *_, **__: None), data_choice.take_upload):
        archive = shutil.copy(tmp_path / "Pets.zip", home / "tmp" / "Pets.zip")  # as an upload lies there
        told.append(in_full(take(archive)))
    assert any("si-notice" in one or "is wrong" in one or "problem" in one for one in told), told
    for answer in told:
        assert home.name not in answer
        assert not re.search(r"theirs-1(:|”| (has|holds|with)\b)", answer), "it goes by its name"
