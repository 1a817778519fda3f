"""What a finished run can do, in figures: tiles, what they are worth, and the confusion matrix below them.

Pure functions from `results.json` (see `smallimg.runs.outcome`) to HTML.
"""

from collections.abc import Mapping
from typing import Any

from smallimg.cli.wording import percent
from smallimg.study.intervals import FEW, count_text, interval_text
from smallimg.ui.train.mistakes import confusion_matrix

#: Figures that are no shares of pictures: means, over classes or over pictures, which have no interval of a count.
MEANS = (
    ("precision", "precision", "of what was named so, right; mean of the classes"),
    ("recall", "recall", "of what is so, found; mean of the classes"),
    ("box_iou", "box IoU", "overlap of the best box with the true one, mean of the pictures"),
    ("mask_iou", "mask IoU", "overlap of the cut-out with the true one, mean of the pictures"),
    (
        "miou",
        "mean IoU by pixel",
        "of each class its pixels found, by all that are its or said to be; mean of the classes",
    ),
)


def outcome_card(outcome: Mapping[str, Any]) -> str:
    """The figures of a finished run, and its confusion matrix as a table of buttons."""
    metrics = outcome["metrics"]
    n = int(metrics.get("n", len(outcome["pictures"])))
    pictures = f"{n} {'picture' if n == 1 else 'pictures'}"
    where = f"{pictures} of the test split, which training never saw"
    if outcome["split"] != "test":
        where = (
            f"{pictures} kept aside in training (validation), since the data has no test pictures to go by. Training "
            "chose its best epochs by them: on new pictures expect a little less"
        )
    given = " The true boxes were given, since it has no detector." if outcome.get("given_boxes") else ""
    tiles = _accuracy_tiles(outcome) + "".join(
        tile(percent(float(metrics[name])), label, hint)
        for name, label, hint in MEANS
        if isinstance(metrics.get(name), int | float)
    )
    return (
        f'<section class="si-outcome" aria-label="What it can do"><h2>What it can do</h2>'
        f'<p class="si-sentence">Measured on {where}.{given}</p><ul class="si-tiles">{tiles}</ul>'
        f"{_in_words(outcome)}{confusion_matrix(outcome)}</section>"
    )


def tile(figure: str, label: str, hint: str, *, detail: str = "") -> str:
    """One figure in large, what it is called, and below it how far it can be trusted; HTML."""
    small = f"<small>{detail}</small>" if detail else ""
    return f'<li title="{hint}"><strong>{figure}</strong><span>{label}</span>{small}</li>'


def _accuracy_tiles(outcome: Mapping[str, Any]) -> str:
    """How many pictures the whole bundle named rightly; beside it the classifier alone, if that saw the same ones."""
    right, n = _counted(outcome)
    if not n:
        return ""
    itself = ", from the boxes it found" if _finds_boxes(outcome) else ""
    tiles = tile(
        count_text(right, n),
        f"accuracy{itself}",
        "pictures whose most probable class is the true one, sure of it or not",
        detail=plausible(right, n),
    )
    alone = outcome.get("classifier_alone")
    if not alone:
        return tiles
    told = round(float(alone["accuracy"]) * n)
    if not itself and told == right:  # it sees the same pictures in the same way: one figure
        return tiles
    return tiles + tile(
        count_text(told, n),
        f"naming alone{', from the true boxes' if itself else ''}",
        f"the validation accuracy of the curve at epoch {int(alone['epoch'])}, the one that was kept",
        detail=plausible(told, n),
    )


def _in_words(outcome: Mapping[str, Any]) -> str:
    """What the tiles leave open: why two figures differ, how often it kept silent, and what few pictures can tell."""
    metrics, (right, n) = outcome["metrics"], _counted(outcome)
    if not n:
        return ""
    sentences = []
    if isinstance(answered := metrics.get("answered"), int):
        true = int(metrics["answered_right"])
        names = f"; {_of_these(true, answered)}" if answered else ""
        others = "one" if n - answered == 1 else str(n - answered)
        silent = f" On the other {others} it said “not sure”." if 0 < answered < n else ""
        silent = " It said “not sure” on all of them." if not answered else silent
        sentences.append(f"It gave a name to {answered} of {n}{names}.{silent}")
    alone = outcome.get("classifier_alone")
    if alone and _finds_boxes(outcome):
        sentences.append(
            f"The curve (epoch {int(alone['epoch'])} was kept) shows naming alone, told where the object is. "
            "All networks together find the box themselves first, in the same pictures."
        )
    elif alone and round(float(alone["accuracy"]) * n) != right:
        sentences.append(
            f"The curve (epoch {int(alone['epoch'])} was kept) was measured on these pictures as training holds them, "
            "made smaller; the bundle opens the files themselves, as you will."
        )
    if n < FEW:
        sentences.append(
            "So few pictures tell little: the interval below a count is where its accuracy may well lie (95 %)."
            + (" Precision and recall are means of even smaller counts." if "precision" in metrics else "")
        )
    return f'<p class="si-sentence">{" ".join(sentences)}</p>' if sentences else ""


def _of_these(right: int, n: int) -> str:
    if n == 1:
        return f"that name is {'right' if right else 'wrong'}"
    return f"{right} of these {n} names {'is' if right == 1 else 'are'} right ({interval_text(right, n)})"


def plausible(right: int, n: int) -> str:
    """What stands below the tile of a count: "between 65 and 100 %"."""
    return f"between {interval_text(right, n, between=' and ')}"


def _counted(outcome: Mapping[str, Any]) -> tuple[int, int]:
    """(rightly named, pictures whose class is known), by the confusion matrix; zeros where there is none."""
    matrix = outcome["metrics"].get("confusion_matrix") or []
    return sum(row[at] for at, row in enumerate(matrix)), sum(map(sum, matrix))


def _finds_boxes(outcome: Mapping[str, Any]) -> bool:
    """Whether it found itself what naming alone was told; of pictures without boxes nobody was told."""
    metrics = outcome["metrics"]
    return "detector" in metrics.get("milliseconds", {}) and metrics.get("box_iou") is not None
