"""Several processes: what two learn together is what one learns alone, and one of them writes and speaks."""

import json
import math
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from command_line import run
from pair import RECIPE, X, in_processes, said, train

from smallimg.errors import TrainingError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.training.device import place_on
from smallimg.training.loop import Keep
from smallimg.training.processes import LOST, Processes, one_voice, processes_here

ALL = ("--stage", "remover", "--stage", "detector", "--stage", "classifier")
#: What float32 sums in another order may come to, after four epochs.
NEAR = 1e-4


def of_one(folder: Path) -> dict[str, Any]:
    """What one process learns; in `folder`, what it has kept when it was stopped."""
    stopped = said(lambda: train(two_epochs_in(folder / "one")))
    return {"plain": train(), "norm": train(norm=True), "stopped": stopped}


def of_two(folder: Path, challenge: Path) -> dict[str, Any]:
    """What each of two says, asked at once: starting them takes longer than this."""
    told: dict[str, Any] = {"plain": train(), "norm": train(norm=True)}
    told["stopped"] = said(lambda: train(two_epochs_in(folder / "two")))
    if processes_here().is_first:
        shutil.copytree(folder / "two", folder / "two stopped")
    told["resumed"] = train(Keep(folder / "two"))
    told["kept of one"] = train(Keep(folder / "one"))
    told["poisoned"] = said(lambda: train(poisoned=5))
    told["too many"] = said(lambda: train(recipe=replace(RECIPE, batch_size=1)))
    options = ("--out", folder / "bundle", "--epochs", 1, "--state", folder / "state")
    result = run("train", challenge, *ALL, *options)
    return told | {"trained": (result.exit_code, result.stdout, result.stderr)}


def two_epochs_in(folder: Path) -> Keep:
    """Stops a training in its third epoch, of six steps each."""
    asked = iter(range(10_000))
    return Keep(folder, lambda: next(asked) >= 12)


def go_on(folder: Path) -> dict[str, Any]:
    """What comes of a training that was stopped there."""
    return train(Keep(folder))


def one_breaks_off() -> None:
    """The second process goes wrong, which the first hears of when it waits for it."""
    with one_voice(lambda: typer.Exit(1)) as here:
        if here.index == 1:
            raise TrainingError("Here it went wrong.")
        here.wait()


def one_is_gone() -> None:
    """The second process leaves without a word, as one does that the system has killed."""
    here = processes_here()
    here.wait()
    if here.index == 1:
        os._exit(1)
    here.wait()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pair")


@pytest.fixture(scope="module")
def one(places: Path) -> dict[str, Any]:
    (told,) = in_processes(1, of_one, places)
    return told


@pytest.fixture(scope="module")
def two(places: Path, tiny_challenge: Path, one: dict[str, Any]) -> list[dict[str, Any]]:
    return in_processes(2, of_two, places, tiny_challenge)


def same(one: dict[str, Any], other: dict[str, Any], *, epochs: int = RECIPE.epochs) -> None:
    """Hold that two trainings had the same curve, over the last of their epochs, and came to the same weights."""
    assert len(one["curve"]) >= len(other["curve"]) == epochs
    for mine, theirs in zip(one["curve"][-epochs:], other["curve"], strict=True):
        assert list(mine) == list(theirs)
        assert theirs == pytest.approx(mine, abs=NEAR)
    assert other["best"] == pytest.approx(one["best"], abs=NEAR)
    for name, value in one["weights"].items():
        assert _flat(other["weights"][name]) == pytest.approx(_flat(value), abs=NEAR), name


def _flat(value: Any) -> list[float]:
    return [number for one in value for number in _flat(one)] if isinstance(value, list) else [value]


def test_two_learn_what_one_learns(one: dict[str, Any], two: list[dict[str, Any]]) -> None:
    """Losses, accuracy over all pictures, validation: with a last batch that is too small to be shared, too."""
    curve = one["plain"]["curve"]
    assert curve[0]["loss"] > curve[-1]["loss"] + 0.02, "there is something to compare"
    for told in two:
        same(one["plain"], told["plain"])


@pytest.mark.parametrize("kind", ["plain", "norm", "resumed"])
def test_both_end_with_the_same_weights_figures_and_random_numbers(two: list[dict[str, Any]], kind: str) -> None:
    assert two[0][kind] == two[1][kind]


def test_batch_norm_sees_a_share_and_comes_near(one: dict[str, Any], two: list[dict[str, Any]]) -> None:
    losses, shared = ([epoch["loss"] for epoch in told["norm"]["curve"]] for told in (one, two[0]))
    assert shared != losses
    assert shared == pytest.approx(losses, abs=0.15)


def test_two_go_on_where_two_were_stopped(one: dict[str, Any], two: list[dict[str, Any]]) -> None:
    assert [told["stopped"] for told in two] == ["Stopped: The tiny was stopped in epoch 3 of 4."] * 2
    same(one["plain"], two[0]["resumed"], epochs=2)


def test_two_go_on_where_one_was_stopped(one: dict[str, Any], two: list[dict[str, Any]]) -> None:
    assert one["stopped"].startswith("Stopped: ")
    for told in two:
        same(one["plain"], told["kept of one"], epochs=2)


@pytest.mark.usefixtures("two")
def test_one_goes_on_where_two_were_stopped(one: dict[str, Any], places: Path) -> None:
    (resumed,) = in_processes(1, go_on, places / "two stopped")
    same(one["plain"], resumed, epochs=2)


def test_a_loss_that_is_no_number_ends_both_with_the_sentence(two: list[dict[str, Any]]) -> None:
    for told in two:
        assert told["poisoned"].startswith("TrainingError: The tiny's loss became nan in epoch 1")


def test_more_processes_than_pictures_of_a_batch_are_refused(two: list[dict[str, Any]]) -> None:
    for told in two:
        assert told["too many"].startswith("TrainingError: 2 processes cannot share batches of 1: start fewer")


def test_the_first_alone_tells_and_writes(two: list[dict[str, Any]], places: Path) -> None:
    (code, printed, progress), silent = two[0]["trained"], two[1]["trained"]
    assert code == 0, progress
    assert silent == (0, "", "")
    assert printed == f"Bundle written to {places / 'bundle'}\n"
    assert ", in 2 processes\n" in progress
    for stage in ("remover", "detector", "classifier"):
        assert progress.count(f"{stage} 1/1  ") == 1
    kept = {path.stem.partition("_")[0] for path in (places / "state").iterdir()}
    assert kept >= {"remover", "detector", "classifier", "masks"}
    assert not list(places.rglob("*.tmp"))


@pytest.mark.usefixtures("two")
def test_their_bundle_predicts(places: Path, tiny_challenge: Path) -> None:
    picture = open_image(min((tiny_challenge / "test").iterdir()))
    assert len(Pipeline.load(places / "bundle").predict(picture).probabilities) == 8
    card = json.loads((places / "bundle" / "bundle.json").read_text())["card"]
    assert card["device"] == "on the processor, in 32-bit numbers, in 2 processes"
    assert card["device"] in (places / "bundle" / "README.md").read_text("utf-8")
    figures = card["metrics"]
    assert figures.keys() >= {"background val_iou", "detector val_map", "classifier accuracy"}
    assert all(math.isfinite(value) for value in figures.values())


def test_where_one_goes_wrong_it_speaks_and_the_other_ends() -> None:
    assert in_processes(2, said, one_breaks_off) == ["Exit: 1", "TrainingError: Here it went wrong."]


def test_where_one_is_gone_the_other_says_so() -> None:
    assert in_processes(2, said, one_is_gone) == [f"TrainingError: {LOST}", None]


def test_alone_nothing_is_asked_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert processes_here() == Processes()
    assert Processes().gather(3) == [3]
    assert len(Processes().share(X)) == len(X)


@pytest.mark.parametrize(
    ("kind", "fast", "processes", "precision", "pins", "sentence"),
    [
        ("cpu", False, 1, "no", False, "on the processor, in 32-bit numbers"),
        ("cpu", True, 2, "bf16", False, "on the processor, in 16-bit numbers, in 2 processes"),
        ("cuda", True, 1, "bf16", True, "on the GPU (Some), in 16-bit numbers"),
        ("cuda", False, 4, "no", True, "on 4 GPUs (Some), in 32-bit numbers"),
        ("mps", True, 1, "no", False, "on the GPU (Some), in 32-bit numbers"),
    ],
)
def test_what_is_chosen_on_a_device(
    kind: str, fast: bool, processes: int, precision: str, pins: bool, sentence: str
) -> None:
    place = place_on(kind, name="" if kind == "cpu" else "Some", fast_bfloat16=fast, processes=processes)
    assert (place.precision, place.pins, str(place)) == (precision, pins, sentence)
