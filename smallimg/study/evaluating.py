"""From a bundle and a data set to a folder of files: all that `evaluate` and the page's "Evaluate" do.

metrics.json      all figures, see `smallimg.study.evaluation.evaluate`
predictions.csv   a row a picture, see `smallimg.study.rows`
submission.csv    Id, Category
cutouts.zip, crops.zip           the pictures, where they are wanted
comparison.json, comparison.csv  beside another bundle or setting, see `smallimg.study.comparison`
lesson.json, lesson.csv          with and without background removal and cropping, see `smallimg.study.lesson`
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from smallimg import DEFAULT_BUNDLE
from smallimg.data.dataset import Dataset, only_classes
from smallimg.errors import DataError, called
from smallimg.pipeline import Pipeline
from smallimg.study.comparison import Column, Comparison, compare, write_comparison
from smallimg.study.evaluation import Evaluation, evaluate, refuse_unknown_classes, write_evaluation
from smallimg.study.lesson import learn, switches_of
from smallimg.study.looking import Seen, Setting
from smallimg.study.picture_zips import picture_zips
from smallimg.study.rows import row_file, write_row

COMPARISON, LESSON = "comparison", "lesson"


@dataclass(frozen=True)
class Wanted:
    """What to measure, and what beside it.

    Attributes:
        model: a bundle's name or folder.
        background: who removes the background: "own", "none" or one of rembg's.
        given_boxes: whether it is told the true boxes.
        known_only: whether pictures of classes that a bundle does not know are left out; otherwise they are refused.
        against, against_background: another bundle, or the same with another background model, to hold it against.
        lesson: whether it is measured without background removal and without cropping too.
        names: what people call the two; by default as their folders.
        keep: which pictures to keep, of `smallimg.study.picture_zips.ZIPS`.
    """

    model: str = DEFAULT_BUNDLE
    background: str = "own"
    given_boxes: bool = False
    known_only: bool = False
    against: str | None = None
    against_background: str = "own"
    lesson: bool = False
    names: tuple[str, str] = ("", "")
    keep: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Findings:
    """What came of it; a comparison is None where none was wanted. `notes`: a sentence for what was done otherwise."""

    evaluation: Evaluation
    comparison: Comparison | None = None
    lesson: Comparison | None = None
    notes: tuple[str, ...] = ()


def measure(
    wanted: Wanted, dataset: Dataset, out: Path, *, progress: Callable[[int, int], None] | None = None
) -> Findings:
    """Measure and write the files to a folder.

    Args:
        progress: called with (pictures done, pictures in all), each picture as often as it is looked at.

    Raises:
        BundleError: when a bundle cannot be used, or has nothing that the lesson could switch off.
        DataError: when there is nothing to measure, or the folder cannot be written.
    """
    pipeline = Pipeline.load(wanted.model, background=wanted.background)
    other = None
    if wanted.against is not None:
        other = Pipeline.load(wanted.against, background=wanted.against_background)
    dataset, notes = _usable(dataset, [one for one in (pipeline, other) if one is not None], wanted)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error
    counter = _Passes(progress, 1 + (other is not None) + _passes_of_lesson(wanted, pipeline))
    setting = Setting(given_boxes=wanted.given_boxes)
    with row_file(out / "predictions.csv") as lines, picture_zips(out, wanted.keep) as zips:

        def take(seen: Seen) -> None:
            write_row(lines, seen.row)
            zips.take(seen)

        evaluation = evaluate(pipeline, dataset, setting=setting, keep=wanted.keep, take=take, progress=counter.next())
    write_evaluation(evaluation, dataset, out)
    comparison = lesson = None
    if other is not None:
        beside = evaluate(other, dataset, setting=setting, progress=counter.next())
        columns = [
            Column(name, found.metrics, found.rows)
            for name, found in zip(_names(wanted, pipeline, other), (evaluation, beside), strict=True)
        ]
        comparison = compare(columns, [(0, 1, f"{columns[1].name} in place of {columns[0].name}")])
        write_comparison(comparison, out, name=COMPARISON)
    if wanted.lesson:
        lesson = learn(
            pipeline, dataset, evaluation, given_boxes=wanted.given_boxes, progress=counter.next(counter.left)
        )
        write_comparison(lesson, out, name=LESSON)
    return Findings(evaluation, comparison, lesson, notes)


class _Passes:
    """The progress of several passes over the same pictures as that of one."""

    def __init__(self, progress: Callable[[int, int], None] | None, passes: int) -> None:
        self._progress, self._passes, self._done = progress, passes, 0

    @property
    def left(self) -> int:
        return self._passes - self._done

    def next(self, passes: int = 1) -> Callable[[int, int], None] | None:
        """The progress of the next pass, or of so many in one."""
        if self._progress is None:
            return None
        tell, before, all_of_them = self._progress, self._done, self._passes
        self._done += passes

        def progress(done: int, of: int) -> None:
            one = of // passes
            tell(before * one + done, all_of_them * one)

        return progress


def _passes_of_lesson(wanted: Wanted, pipeline: Pipeline) -> int:
    return len(switches_of(pipeline.bundle, wanted.background).settings) - 1 if wanted.lesson else 0


def _usable(dataset: Dataset, pipelines: list[Pipeline], wanted: Wanted) -> tuple[Dataset, tuple[str, ...]]:
    """The pictures that every pipeline can be right about, and a sentence for those that are left out."""
    notes: tuple[str, ...] = ()
    if wanted.known_only:
        known = set(dataset.class_names).intersection(*(one.class_names for one in pipelines))
        kept = only_classes(dataset, tuple(known))
        if not kept.samples:
            raise DataError(f"{dataset.origin}: no picture is of a class that {wanted.model} knows.")
        if missing := len(dataset.samples) - len(kept.samples):
            words = "1 picture is" if missing == 1 else f"{missing:,} pictures are"
            notes = (
                f"{words} left out, because {'a' if len(pipelines) > 1 else 'the'} bundle does not know their class.",
            )
        dataset = replace(kept, left_out=dataset.left_out)
    for one in pipelines:
        refuse_unknown_classes(dataset, one.class_names)
    return dataset, notes


def _names(wanted: Wanted, pipeline: Pipeline, other: Pipeline) -> tuple[str, str]:
    """What to call the two: by their bundles, or where that is one by what differs."""
    one, two = (name or found.name for name, found in zip(wanted.names, (pipeline, other), strict=True))
    if one != two:
        return one, two
    if pipeline.background == other.background:
        return f"{one} (first)", f"{two} (second)"
    return f"{one}, background {pipeline.background}", f"{two}, background {other.background}"
