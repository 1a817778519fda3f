"""The lesson in one switch: what removing the background and cutting to the object do for naming it."""

from collections.abc import Callable
from dataclasses import dataclass

from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import Dataset
from smallimg.errors import BundleError
from smallimg.pipeline import Pipeline
from smallimg.study.comparison import Column, Comparison, compare
from smallimg.study.evaluation import Evaluation, evaluate
from smallimg.study.looking import Setting

Report = Callable[[int, int], None]
NOTHING = "This bundle removes no background and looks for no object: there is nothing to switch off."


@dataclass(frozen=True)
class Switches:
    """What a pipeline does before it names things, and so what can be switched off."""

    removes: bool
    crops: bool

    @property
    def settings(self) -> list[tuple[bool, bool]]:
        """(with removal, with cropping) of each column, everything on first."""
        return [
            (removes, crops)
            for crops in ((True, False) if self.crops else (False,))
            for removes in ((True, False) if self.removes else (False,))
        ]


def switches_of(bundle: Bundle, background: str) -> Switches:
    """What can be switched off in a bundle behind a background model, "own" or another."""
    removes = (bundle.background if background == "own" else background) != "none"
    return Switches(removes, crops=removes or "detector" in bundle.stages)


def learn(
    pipeline: Pipeline,
    dataset: Dataset,
    whole: Evaluation,
    *,
    given_boxes: bool = False,
    progress: Report | None = None,
) -> Comparison:
    """The same bundle with and without background removal, with and without cropping.

    Without cropping the classifier sees the whole picture; without removal everything is as with the background model
    "none".

    Args:
        whole: what it did with everything on.
        given_boxes: whether it was told the true boxes for that.
        progress: called with (pictures done, pictures in all) of all settings.

    Raises:
        BundleError: when the bundle names nothing, or there is nothing to switch off.
    """
    bundle = pipeline.bundle
    switches = switches_of(bundle, pipeline.background)
    if "classifier" not in bundle.stages:
        raise BundleError(f"{pipeline.name} gives no names: the lesson needs a bundle with a classifier.")
    if not (switches.removes or switches.crops):
        raise BundleError(f"{pipeline.name}: {NOTHING}")
    columns = [Column(_name(*switches.settings[0], switches), whole.metrics, whole.rows)]
    for done, (removes, crops) in enumerate(switches.settings[1:]):
        setting = Setting(given_boxes=given_boxes and crops, remove_background=removes, crop=crops)
        found = evaluate(
            pipeline, dataset, setting=setting, progress=_shifted(progress, done, len(switches.settings) - 1)
        )
        columns.append(Column(_name(removes, crops, switches), found.metrics, found.rows))
    place = {setting: index for index, setting in enumerate(switches.settings)}
    pairs = []
    if switches.removes:
        pairs.append((place[True, switches.crops], place[False, switches.crops], "The background stays"))
    if switches.crops:
        pairs.append((place[switches.removes, True], place[switches.removes, False], "The picture stays whole"))
    if len(place) == 4:
        pairs.append((place[True, True], place[False, False], "Both, the picture as it came"))
    note = what_removal_changes(bundle) if switches.removes else ""
    return compare(columns, pairs, [note] if note else [])


def what_removal_changes(bundle: Bundle) -> str:
    """A sentence where a stage looks at pictures and not at cut-outs, so that removing the background changes nothing
    for it; "" where the classifier looks at cut-outs.
    """
    classifier, detector = bundle.stages.get("classifier"), bundle.stages.get("detector")
    if classifier is None or classifier.reads == "cutout":
        return ""
    begins = (
        "The classifier of this bundle reads the picture and not its cut-out, so that removing the background changes "
    )
    if detector is None:
        return f"{begins}nothing in what it sees, only where it looks: around the cut-out."
    if detector.reads == "cutout":
        return (
            f"{begins}nothing in what it sees, only where it looks: the detector, which reads cut-outs, decides that."
        )
    if detector.clear_cutout is not None:
        return (
            f"{begins}nothing in what it sees, only where it looks: a clear cut-out’s box may stand for the detector’s."
        )
    return f"{begins}nothing for it; nor for the detector, which reads the picture too."


def _name(removes: bool, crops: bool, switches: Switches) -> str:
    parts = ["background removed" if removes else "background kept"] if switches.removes else []
    parts += ["cut to the object" if crops else "whole picture"] if switches.crops else []
    return ", ".join(parts)


def _shifted(progress: Report | None, before: int, passes: int) -> Report | None:
    """The progress of one of several passes as that of all."""
    return None if progress is None else lambda done, of: progress(before * of + done, passes * of)
