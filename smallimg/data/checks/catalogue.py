"""Every check there is, in the order in which a report has them, and the pass that gathers what they need.

A check is a function from what was examined to findings. Those of what was read wrongly come first, see `reading`; what
needs a trained network lies in `smallimg.study`, and is added by whoever asks for a whole report.
"""

from collections.abc import Callable, Sequence

from smallimg.data.checks.boxes import boxes
from smallimg.data.checks.classes import few_pictures, only_in_test, uneven_classes
from smallimg.data.checks.constant import constant_pictures
from smallimg.data.checks.duplicates import duplicates
from smallimg.data.checks.examined import Examined, Picture
from smallimg.data.checks.facts import Looked
from smallimg.data.checks.finding import Finding
from smallimg.data.checks.masks_and_boxes import masks_and_boxes
from smallimg.data.checks.near_duplicates import near_duplicates
from smallimg.data.dataset import Dataset, place_below, share_classes

CHECKS: tuple[Callable[[Examined], Sequence[Finding]], ...] = (
    duplicates,
    near_duplicates,
    few_pictures,
    uneven_classes,
    only_in_test,
    constant_pictures,
    masks_and_boxes,
    boxes,
)
#: The order in which a report has them.
SEVERITIES = ("error", "warning", "note")
#: Warnings that are no matter of judgement: `check` fails because of them as it does because of errors.
CERTAIN = frozenset(
    {
        "duplicate-picture", "duplicate-between-splits", "duplicate-of-another-class", "few-pictures",
        "class-only-in-test", "class-without-picture", "mask-says-nothing",
    }
)  # fmt: skip


def examine(training: Dataset, test: Dataset | None, looked: Looked) -> Examined:
    """Put together what the checks are given.

    Args:
        training: what can be learned from, with its validation part.
        test: what is tested on; what is in it as well as in the training is found though nothing is known of it.
        looked: the facts of all their pictures.
    """
    # A class that is in the test only is no class of the training, and gets a label here.
    shared = share_classes([training, test] if test else [training])
    first = shared[0]
    parts = [("train", first.samples), ("validation", first.validation)]
    parts += [("test", shared[1].samples)] if test else []
    pictures = tuple(
        Picture(part, place_below(sample.path, training.root), sample, looked.facts(sample))
        for part, samples in parts
        for sample in samples
    )
    return Examined(training, shared[1] if test else None, first.class_names, pictures)


def run_checks(examined: Examined) -> list[Finding]:
    """What all checks find."""
    return [finding for check in CHECKS for finding in check(examined)]


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The same findings, the most severe first, and otherwise as they were."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))
