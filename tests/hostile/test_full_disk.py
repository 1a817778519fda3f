"""A disk that fills up: every verb and every button says so, and nothing is left of what did not fit."""

import asyncio
import contextlib
import errno
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from command_line import run as command
from PIL import Image

from smallimg.errors import RunError, in_words, is_full
from smallimg.files import whole, write_json
from smallimg.runs import diary, process
from smallimg.runs.folders import FULL_DISK, LAST_WORDS
from smallimg.runs.run import Run, RunConfig, create_run, delete_run, list_runs, note_run, read_run, rename_run
from smallimg.ui.page import Page
from smallimg.ui.train import actions

ROOM = 300_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "none", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no disk can be mounted here: that takes root")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def runs(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Runs and data on it, and some pictures elsewhere."""
    monkeypatch.setenv("SMALLIMG_RUNS", str(disk / "runs"))
    monkeypatch.setenv("SMALLIMG_DATA", str(disk / "data"))
    (tmp_path / "pictures").mkdir()
    return disk / "runs"


def fill(disk: Path) -> Path:
    """Leave no room at all on it; what has to be deleted to make some."""
    stone = disk / "stone"
    with stone.open("wb", buffering=0) as file:
        for size in (4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return stone


def new(tmp_path: Path) -> Run:
    return create_run(RunConfig("mine", str(tmp_path / "pictures")))


def test_what_is_done_to_a_run_is_refused_in_a_sentence(disk: Path, runs: Path, tmp_path: Path) -> None:
    run = new(tmp_path)
    stone = fill(disk)
    before = sorted(disk.rglob("*"))
    doings: tuple[Callable[[], Any], ...] = (
        lambda: rename_run(run.id, "yours"),
        lambda: note_run(run.id, "a note"),
        lambda: process.start_run(run.id),
        lambda: new(tmp_path),
    )
    for doing in doings:
        with pytest.raises(RunError, match="The disk is full: make room"):
            doing()
    assert {path.name for path in {*disk.rglob("*")} - {*before}} <= {"lock", "log.txt"}, "no temporary file is left"
    assert [one.config.name for one in list_runs()] == ["mine"]
    assert "The disk is full" in actions.rename_chosen(run.id, "yours", "")[0]
    assert "The disk is full" in actions.act(process.start_run, run.id)
    for arguments in (("rename", run.id, "yours"), ("note", run.id, "x"), ("resume", run.id)):
        done = command("runs", *arguments)
        assert (done.exit_code, "The disk is full" in done.stderr) == (1, True), done.stderr
    delete_run(run.id)
    stone.unlink()
    assert new(tmp_path).config.name == "mine"
    assert runs.is_dir()


def test_a_run_that_cannot_be_started_is_not_left_behind(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    run = new(tmp_path)
    monkeypatch.setattr(process.subprocess, "Popen", full)
    with pytest.raises(RunError, match=r"“mine” could not be started\. The disk is full"):
        process.begin_run(run)
    assert list(runs.iterdir()) == []


def test_a_run_says_the_real_reason(disk: Path, runs: Path, tmp_path: Path) -> None:
    """Its worker has kept room for the last words; where another took that, the reader sees the full disk."""
    run = new(tmp_path)
    write_json(run.path / "status.json", {"status": "running"})
    worker = diary.Diary(run)
    worker.wait()
    write_json(run.path / "status.json", worker.status | {"status": "running"})
    stone = fill(disk)
    worker.say("failed", "The disk is full: make room, then resume.")
    assert (read_run(run.id).status, read_run(run.id).reason) == ("failed", "The disk is full: make room, then resume.")
    stone.unlink()
    write_json(run.path / "status.json", {"status": "running"})
    fill(disk)
    assert (read_run(run.id).status, read_run(run.id).reason) == ("interrupted", FULL_DISK)
    assert runs.is_dir()
    assert diary.ROOM >= LAST_WORDS


def test_the_command_line_says_so_too(disk: Path, tmp_path: Path) -> None:
    fill(disk)
    picture = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(picture)
    for arguments in (
        ("challenge", disk / "drawn", "--train", "2", "--test", "2", "--size", "32"),
        ("cutout", picture, disk / "cut.png", "--model", "challenge"),
    ):
        done = command(*arguments)
        assert (done.exit_code, "The disk is full: make room" in done.stderr) == (1, True), (arguments, done.stderr)
    assert not (disk / "cut.png").exists()
    assert not list(disk.rglob("*.tmp"))


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("old")

    def begin() -> None:
        with whole(file) as temporary:
            temporary.write_text("half")
            raise OSError(errno.ENOSPC, "full")

    with pytest.raises(OSError, match="full"):
        begin()
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("a.txt", "old")]


def test_no_handler_of_the_page_lets_a_system_error_escape() -> None:
    def handler() -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/srv/secret/place/file.txt")

    async def press() -> None:
        with Page() as page:
            gr.Button().click(handler, None, None)
        (called,) = page.fns.values()
        await page.process_api(called, [])

    with ThreadPoolExecutor(1) as thread, pytest.raises(gr.Error) as caught:  # see tests/test_app.py
        thread.submit(asyncio.run, press()).result()
    assert caught.value.message.startswith("“file.txt” may not be written or read here")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "The disk is full"),
        (RuntimeError("PytorchStreamWriter: file write failed"), "disk is full"),
        (OSError(errno.EROFS, "Read-only file system", "/a/b"), "“b” may not be written"),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "/a/b"), "“b” could not be written or read"),
        (RunError("There is no run “x”."), "There is no run “x”"),
    ],
)  # fmt: skip
def test_system_errors_in_words(error: Exception, words: str) -> None:
    assert re.search(words, in_words(error))
    assert is_full(error) == ("disk is full" in in_words(error))
