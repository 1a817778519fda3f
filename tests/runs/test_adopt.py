"""Bundles as zips: the shipped one goes out and comes in, and what is no bundle stays out."""

import errno
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from light import anew_in_this_process
from PIL import Image

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.bundles.bundle import OTHERS as OTHERS_FILE
from smallimg.bundles.zipped import FILES, export_bundle
from smallimg.errors import BundleError, RunError
from smallimg.networks.others import read_others
from smallimg.pipeline import Pipeline
from smallimg.runs.adopt import import_bundle
from smallimg.runs.run import list_runs

SHIPPED = CHECKPOINTS / "challenge"
#: It has no segmenter, and keeps nothing of other things.
THERE = [name for name in FILES if (SHIPPED / name).is_file()]


def zipped(source: Path, archive: Path, *, top: str = "") -> Path:
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(source.iterdir()):
            file.write(path, f"{top}{path.name}")
    return archive


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A copy of the shipped bundle, to be damaged."""
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested is what a run is called and keeps; that its networks are written anew is tested elsewhere."""
    monkeypatch.setattr("smallimg.runs.adopt.write_anew", lambda _: "")


def rewrite(bundle: Path, change: Callable[[dict], object]) -> None:
    file = bundle / "bundle.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")


def test_out_and_in_again(bundle: Path, runs: Path, tmp_path: Path) -> None:
    for name in ("config.json", "log.txt", "notes.md", "lock"):
        (bundle / name).write_text("{}")
    archive = export_bundle(bundle, tmp_path / "new" / "mine.zip")
    assert archive == tmp_path / "new" / "mine.zip"
    assert [path.name for path in archive.parent.iterdir()] == ["mine.zip"], "no temporary file is left"
    with zipfile.ZipFile(archive) as file:
        assert sorted(file.namelist()) == sorted(f"mine/{name}" for name in THERE)

    with anew_in_this_process():
        run = import_bundle(archive, folder=runs)
    assert (run.config.name, run.config.data) == ("mine", "")
    assert run.config.note.startswith("Brought in from mine.zip. It learned from ")
    assert (run.status, run.bundle_ready) == ("finished", True)
    assert set(run.config.stages) == {"remover", "detector", "classifier"}
    assert [one.id for one in list_runs(runs)] == [run.id]
    picture = Image.linear_gradient("L").convert("RGB")
    told = [Pipeline.load(path).predict(picture).probabilities for path in (bundle, run.path)]
    assert told[0] == told[1]


def test_what_it_knows_of_other_things_goes_out_and_comes_in(runs: Path, tmp_path: Path) -> None:
    """Or a small set that starts from it there would name strangers, without a word."""
    everyday = Path(shutil.copytree(CHECKPOINTS / "everyday", tmp_path / "everyday"))
    leave_one(everyday)
    with anew_in_this_process():
        run = import_bundle(export_bundle(everyday, tmp_path / "mine.zip"), folder=runs)
        known = read_others(run.path)
        assert known is not None
        assert torch.equal(known, read_others(everyday))
        (everyday / OTHERS_FILE).write_bytes(b"nothing")
        with pytest.raises(RunError, match=r"it does not work: others\.safetensors is damaged: fetch or train"):
            import_bundle(export_bundle(everyday, tmp_path / "other.zip"), folder=runs)
    assert [one.id for one in list_runs(runs)] == [run.id]


@pytest.mark.usefixtures("as_it_is")
def test_files_may_lie_at_the_top_and_the_run_gets_a_name(bundle: Path, runs: Path, tmp_path: Path) -> None:
    archive = zipped(bundle, tmp_path / f"{'long ' * 40}.zip")
    assert len(import_bundle(archive, folder=runs).config.name) <= 80
    assert import_bundle(archive, folder=runs, name="Of Anna").config.name == "Of Anna"


def leave_one(bundle: Path) -> None:
    """Of its networks the classifier."""

    def leave(content: dict) -> None:
        content["background"] = "none"
        content["stages"] = {"classifier": content["stages"]["classifier"]}

    rewrite(bundle, leave)
    for name in ("background.onnx", "detector.onnx"):
        (bundle / name).unlink()


@pytest.mark.usefixtures("as_it_is")
def test_a_part_of_a_bundle_is_one(bundle: Path, runs: Path, tmp_path: Path) -> None:
    leave_one(bundle)
    run = import_bundle(zipped(bundle, tmp_path / "part.zip", top="part/"), folder=runs)
    assert run.config.stages == ("classifier",)


DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no bundle.json": (lambda path: (path / "bundle.json").unlink(), "no trained model.* found was .onnx"),
    "no JSON": (lambda path: (path / "bundle.json").write_text("{"), "damaged"),
    "a list": (lambda path: (path / "bundle.json").write_text("[]"), "damaged"),
    "no stages": (lambda path: rewrite(path, lambda content: content["stages"].clear()), "no stages"),
    "another format": (lambda path: rewrite(path, lambda content: content.update(format=99)), "format 99"),
    "other weights": (
        lambda path: (shutil.copy(path / "detector.onnx", path / "classifier.onnx"), leave_one(path)),
        r"it does not work: classifier\.onnx does not hold the weights",
    ),
    "a class too many": (
        lambda path: rewrite(path, lambda content: content["class_names"].append("more")),
        "does not work",
    ),
    "huge input": (
        lambda path: rewrite(path, lambda content: content["stages"]["detector"].update(input_size=100_000)),
        "from 8 to 2048, got 100000",
    ),
    "huge argument": (
        lambda path: rewrite(path, lambda content: content["stages"]["classifier"]["arguments"].update(widths=[9**9])),
        "limit is 2048",
    ),
    "no number": (
        lambda path: rewrite(path, lambda content: content["stages"]["detector"].update(input_size="x")),
        "does not work",
    ),
    "unknown background": (lambda path: rewrite(path, lambda content: content.update(background="../x")), "unknown"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_what_does_not_work_stays_out(bundle: Path, runs: Path, tmp_path: Path, kind: str) -> None:
    damage, words = DAMAGE[kind]
    damage(bundle)
    archive = zipped(bundle, tmp_path / "bad.zip", top="bad/")
    with anew_in_this_process(), pytest.raises(RunError, match=words) as caught:
        import_bundle(archive, folder=runs)
    assert str(caught.value).startswith("bad.zip ")
    assert "smallimg-" not in str(caught.value), "names the temporary folder"
    assert list_runs(runs) == []


OTHERS: dict[str, tuple[dict[str, bytes], str]] = {
    "two": (
        {"a/bundle.json": b"{}", "b/bundle.json": b"{}"},
        r"holds 2 trained models \(a, b\): zip and bring in one at a time",
    ),
    "data set": (
        {"cats/1.jpg": b"x", "dogs/2.PNG": b"x", "train.csv": b"x", "__MACOSX/cats/1.jpg": b"x"},
        r"holds pictures \(2 of them\) and no trained model: to learn from them, .* “1 · Pictures”",
    ),
    "zip in zip": ({"inner.zip": b"x", ".hidden": b"x"}, r"holds another zip \(inner\.zip\): unpack it once"),
    "texts": ({"a.txt": b"x", "b.txt": b"x", "README": b"x"}, r"found was \.txt \(2\), no ending \(1\)"),
    "empty": ({}, "nothing at all"),
    "hidden only": ({"__MACOSX/bundle.json": b"{}"}, "nothing at all"),
    "many": (
        {"bundle.json": b"{}"} | {f"{number}.md": b"" for number in range(1000)},
        r"holds 1,001 files and the limit is 1,000: take the zip",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_bundle_is_called_what_it_is(runs: Path, tmp_path: Path, kind: str) -> None:
    files, words = OTHERS[kind]
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    with pytest.raises(RunError, match=words) as caught:
        import_bundle(tmp_path / "other.zip", folder=runs)
    assert str(caught.value).startswith("other.zip ")
    assert "give the folder" not in str(caught.value)
    assert not runs.exists()


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "it is empty"), (b"\x89PNG\r\n", "it is a picture"), (b"no zip", "it is no zip")]
)
def test_what_is_no_zip_is_called_what_it_is(runs: Path, tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "no.zip").write_bytes(content)
    with pytest.raises(RunError, match=rf"^no\.zip was not brought in, because it could not be unpacked: {words}"):
        import_bundle(tmp_path / "no.zip", folder=runs)


@pytest.mark.usefixtures("as_it_is")
def test_the_name_travels_in_the_bundle(bundle: Path, runs: Path, tmp_path: Path) -> None:
    archive = export_bundle(bundle, tmp_path / "challenge-1125-101500.zip", name="Mugs & cups")
    with zipfile.ZipFile(archive) as file:
        assert file.read("challenge-1125-101500/README.md").decode().startswith("# Mugs & cups\n")
    assert "name" not in json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["card"]
    names = [import_bundle(archive, folder=runs).config.name for _ in range(3)]
    assert names == ["Mugs & cups", "Mugs & cups (2)", "Mugs & cups (3)"]


@pytest.mark.parametrize("said", [7, None, "", "  \n ", ["a"], {"a": 1}, "x" * 500, " two\n lines "])
@pytest.mark.usefixtures("as_it_is")
def test_any_name_in_a_bundle_becomes_one_a_run_can_have(bundle: Path, runs: Path, tmp_path: Path, said: Any) -> None:
    rewrite(bundle, lambda content: content["card"].update(name=said))
    archive = zipped(bundle, tmp_path / "mine.zip")
    expected = {"x" * 500: "x" * 80, " two\n lines ": "two lines"} if isinstance(said, str) else {}
    name = expected.get(said, "mine") if isinstance(said, str) else "mine"
    assert import_bundle(archive, folder=runs).config.name == name
    again = import_bundle(archive, folder=runs).config.name
    assert again.endswith(" (2)")
    assert len(again) <= 80


@pytest.mark.usefixtures("as_it_is")
def test_files_that_are_no_bundles_are_not_kept(bundle: Path, runs: Path, tmp_path: Path) -> None:
    for name in ("config.json", "status.json", "extra.md", "run.py"):
        (bundle / name).write_text("{}")
    run = import_bundle(zipped(bundle, tmp_path / "more.zip"), folder=runs)
    assert {path.name for path in run.path.iterdir()} == {*THERE, "config.json", "status.json"}
    assert run.config.name == "more"


def test_a_folder_without_a_bundle_is_not_exported(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        export_bundle(tmp_path, tmp_path / "x.zip")
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="could not be written"):
        export_bundle(SHIPPED, tmp_path / "file" / "x.zip")


@pytest.mark.usefixtures("as_it_is")
def test_a_full_disk_leaves_nothing_behind(runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = export_bundle(SHIPPED, tmp_path / "mine.zip")
    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(RunError, match=r"No space left on device.*make room"):
        import_bundle(archive, folder=runs)
    assert list(runs.iterdir()) == []
