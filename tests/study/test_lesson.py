"""The lesson: what can be switched off in a bundle, and what that changes for which stage."""

from pathlib import Path

import pytest

from smallimg.bundles.bundle import Bundle, Stage
from smallimg.data.formats import read_dataset
from smallimg.errors import BundleError
from smallimg.pipeline import Pipeline
from smallimg.study.evaluation import evaluate
from smallimg.study.lesson import learn, switches_of, what_removal_changes


def bundle(classifier: str | None = "image", detector: str | None = None, clear: float | None = None) -> Bundle:
    stages = {
        name: Stage("", {}, 32, reads=reads, clear_cutout=clear if name == "detector" else None)
        for name, reads in (("detector", detector), ("classifier", classifier))
        if reads
    }
    return Bundle(Path(), ("a", "b"), "own", stages)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (bundle("cutout", "image"), ""),
        (bundle(None, "image"), ""),
        (bundle("image"), "only where it looks: around the cut-out."),
        (bundle("image", "cutout"), "only where it looks: the detector, which reads cut-outs, decides that."),
        (bundle("image", "image", 0.9), "only where it looks: a clear cut-out’s box may stand for the detector’s."),
        (bundle("image", "image"), "changes nothing for it; nor for the detector, which reads the picture too."),
    ],
)
def test_what_removal_changes_for_stages_that_read_pictures(made: Bundle, words: str) -> None:
    said = what_removal_changes(made)
    assert said.endswith(words)
    assert bool(said) == bool(words)


def test_only_what_is_there_is_switched() -> None:
    assert switches_of(bundle("image", "image"), "own").settings == [
        (True, True), (False, True), (True, False), (False, False),
    ]  # fmt: skip
    assert switches_of(bundle("image", "image"), "none").settings == [(False, True), (False, False)]
    assert switches_of(bundle("image"), "u2netp").settings[0] == (True, True), "cropped around the cut-out"
    assert switches_of(bundle("image"), "none").settings == [(False, False)]


def test_a_real_bundle_is_looked_at_four_times(tiny_bundle: Path, tiny_challenge: Path) -> None:
    pipeline, dataset = Pipeline.load(tiny_bundle), read_dataset(tiny_challenge, split="test")
    whole = evaluate(pipeline, dataset)
    told: list[tuple[int, int]] = []
    lesson = learn(pipeline, dataset, whole, progress=lambda done, of: told.append((done, of)))
    assert [column.name for column in lesson.columns] == [
        "background removed, cut to the object", "background kept, cut to the object",
        "background removed, whole picture", "background kept, whole picture",
    ]  # fmt: skip
    assert [(pair.first, pair.second) for pair in lesson.pairs] == [(0, 1), (0, 2), (0, 3)]
    assert told[-1] == (24, 24)
    assert [done for done, _ in told] == list(range(1, 25))
    kept = evaluate(pipeline.with_background("none"), dataset)
    # Summed in another order a probability may differ in its last digits.
    assert [row.label for row in lesson.columns[1].rows] == [row.label for row in kept.rows]
    assert lesson.columns[0].rows == whole.rows


def test_a_bundle_without_anything_to_switch_off_says_so(tiny_bundle: Path, tiny_challenge: Path) -> None:
    dataset = read_dataset(tiny_challenge, split="test")
    pipeline = Pipeline.load(tiny_bundle, background="none")
    pipeline.bundle = Bundle(tiny_bundle, pipeline.class_names, "none", {"classifier": Stage("", {}, 32)})
    with pytest.raises(BundleError, match="there is nothing to switch off"):
        learn(pipeline, dataset, evaluate(Pipeline.load(tiny_bundle), dataset))
    pipeline.bundle = bundle(None, "image")
    with pytest.raises(BundleError, match="gives no names"):
        learn(pipeline, dataset, evaluate(Pipeline.load(tiny_bundle), dataset))
