"""A run that follows another: where it starts, what it keeps aside, and that it is measured on nothing it knows."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_data import save

from smallimg.bundles.calibration import FEWEST
from smallimg.data.by_class import move_pictures, open_set
from smallimg.data.dataset import Dataset, place_below
from smallimg.data.formats import read_dataset
from smallimg.errors import RunError
from smallimg.runs.again import again
from smallimg.runs.kept_aside import KEPT_ASIDE, keep_aside
from smallimg.runs.pictures import BEGAN_WITH, read_pictures
from smallimg.runs.run import Run, RunConfig, adopt_run, read_run


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    return tmp_path


@pytest.fixture
def pets(folders: Path) -> Path:
    """Ten cats and ten dogs, in folders that the page may change."""
    for number in range(20):
        save(folders / "data/pets-1" / ("cat", "dog")[number % 2] / f"{number:02}.png")
    return open_set("pets-1").path


def names(dataset: Dataset, part: str = "samples") -> set[str]:
    return {place_below(one.path, dataset.root) for one in getattr(dataset, part)}


def split(pets: Path, folder: Path, *, after: Path | None = None) -> Dataset:
    """What a run of that folder learns from, once it has begun."""
    folder.mkdir(exist_ok=True)
    return keep_aside(read_pictures(folder, str(pets), "train")[0], folder, after=after, seed=42)


def test_what_was_kept_aside_stays_aside_and_some_of_what_came_goes_there(pets: Path, folders: Path) -> None:
    split(pets, folders / "first")
    aside = set((folders / "first" / KEPT_ASIDE).read_text().splitlines())
    learned = names(read_dataset(pets)) - aside
    for number in range(20, 50):
        save(pets / "cat" / f"{number}.png")
    save(pets / "fox" / "1.png")
    save(pets / "fox" / "2.png")
    second = split(pets, folders / "second", after=folders / "first")
    held, kept = names(second, "validation"), names(second)
    assert aside <= held
    assert learned <= kept
    assert 2 <= len(held - aside) <= 12, "about a fifth of thirty, and one fox"
    assert {name.split("/")[0] for name in held} == {name.split("/")[0] for name in kept} == {"cat", "dog", "fox"}
    # Resumed, or followed by a third, it is the same again.
    (folders / "second/state").mkdir()
    (folders / "second/state/classifier.pt").touch()
    assert names(split(pets, folders / "second", after=folders / "first"), "validation") == held
    assert names(split(pets, folders / "third", after=folders / "second"), "validation") == held


def test_a_picture_that_was_moved_since_is_still_known(pets: Path, folders: Path) -> None:
    split(pets, folders / "first")
    aside = (folders / "first" / KEPT_ASIDE).read_text().splitlines()
    learned = sorted(names(read_dataset(pets)) - set(aside))
    cat, dog = (next(name for name in part if name.startswith("cat")) for part in (aside, learned))
    [cat_now, dog_now] = move_pictures(pets, [cat, dog], "dog")
    second = split(pets, folders / "second", after=folders / "first")
    assert cat_now in names(second, "validation")
    assert dog_now in names(second)
    # A run that was stopped goes on with it, too.
    (folders / "first/state").mkdir()
    (folders / "first/state/classifier.pt").touch()
    assert {cat_now, dog_now} <= names(read_pictures(folders / "first", str(pets), "train")[0])
    assert cat in (folders / "first" / BEGAN_WITH).read_text()


def finished(data: Path | str, *, validation: int = 0, **asked: Any) -> Run:
    """A finished run as its worker leaves it, as far as one that follows it asks."""
    run = adopt_run(RunConfig("pets: naming", str(data), **asked), {})
    for name in ("bundle.json", KEPT_ASIDE):
        (run.path / name).write_text("")
    (run.path / "status.json").write_text(f'{{"status": "finished", "validation": {validation}}}')
    return read_run(run.id)


def test_it_goes_on_from_the_same_features_or_from_all_that_was_learned(pets: Path) -> None:
    few = finished(pets, validation=7, start_from="everyday", start_mode="features", background="none")
    asked = again(few, replace(few.config, background="own"))
    assert (asked.start_from, asked.start_mode, asked.after) == (str(few.path.resolve()), "features", few.id)
    assert asked.background == "none", "it looks at what it looked at before, whatever suits new runs"
    assert asked.name == "pets: naming · 2"
    overrides = {
        "classifier": {"architecture": "cifar_cnn", "arguments": {}, "epochs": 3},
        "detector": {"input_size": 64},
    }
    many = finished(pets, validation=FEWEST, overrides=overrides)
    asked = again(many)
    assert (asked.start_from, asked.start_mode) == (str(many.path.resolve()), "all")
    assert asked.overrides == {"classifier": {"epochs": 3}}, "what its networks are, they bring along"


def test_where_its_word_could_not_be_trusted_it_starts_as_the_first_did(pets: Path) -> None:
    few = finished(pets, validation=FEWEST - 1)
    assert (again(few).start_from, again(few).after) == (None, few.id)
    older = finished(pets, validation=FEWEST)
    (older.path / KEPT_ASIDE).unlink()
    assert again(older).start_from is None, "nobody knows what it kept aside"


def test_numbers_go_on_and_what_was_brought_in_cannot_be_repeated(pets: Path) -> None:
    first = finished(pets)
    adopt_run(again(first), {})
    assert again(first).name == "pets: naming · 3"
    long = adopt_run(RunConfig("x" * 80, str(pets)), {})
    assert again(long).name == "x" * 76 + " · 2"
    with pytest.raises(RunError, match="was brought in without its pictures"):
        again(finished(""))
    shutil.rmtree(long.path)
