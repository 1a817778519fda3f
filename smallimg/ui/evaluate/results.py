"""The figures of an evaluation: tiles with their intervals, and tables by class and by size of object.

Pure functions from `metrics.json` to HTML.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from smallimg.cli.wording import percent
from smallimg.study.intervals import FEW, count_text, share_text
from smallimg.ui.evaluate import about
from smallimg.ui.evaluate.table import figure_table
from smallimg.ui.train.outcome import plausible, tile

Metrics = Mapping[str, Any]
_SIZES = {"small": "small, below 32 × 32 px", "medium": "medium", "large": "large, from 96 × 96 px on"}


def figures_card(metrics: Metrics, *, where: str = "", notes: Sequence[str] = ()) -> str:
    """All figures as tiles, by what they are of, and what has to be known beside them.

    Args:
        where: what was measured, in a sentence.
        notes: a sentence for what was done otherwise than asked, or could not be.
    """
    said = "".join(f'<p class="si-sentence">{escape(note)}</p>' for note in notes)
    parts = _part("Naming", _naming(metrics), about.fold(about.TILES), _in_words(metrics))
    parts += _part("Finding", _finding(metrics), about.fold(about.BOXES), "")
    parts += _part("Cutting out", _cutting(metrics), "", "")
    parts += _part("Every pixel", _segmenting(metrics), segment_table(metrics), "")
    if not metrics.get("named") and not metrics.keys() & {"box_iou", "mask_iou", "miou"}:
        parts = (
            '<p class="si-sentence">Nothing is known about these pictures, so nothing can be right or wrong: there are '
            "answers for each of them in <strong>submission.csv</strong> and <strong>predictions.csv</strong>, and no "
            "figures. Those it was least sure of are below.</p>"
        )
    return (
        '<section class="si-outcome" aria-label="Figures"><h2>How good it is</h2>'
        f'<p class="si-sentence">{escape(where)}</p>{said}{parts}</section>'
    )


def class_table(metrics: Metrics) -> str:
    """Precision, recall and F1 of each class, each with its interval; the weakest first."""
    by_class = metrics.get("by_class")
    if not by_class:
        return ""
    rows = [
        (
            name,
            f"{one['n']:,}",
            share_text(one["right"], one["n"]) if one["n"] else "none there",
            share_text(one["right"], one["named"]) if one["named"] else "never said",
            percent(one["f1"]) if one["f1"] is not None else "–",
        )
        for name, one in sorted(by_class.items(), key=lambda pair: (pair[1]["f1"] or 0.0, pair[0]))
    ]
    heads = (
        ("class", ""), ("pictures", ""), ("recall", "of what is so, named so"),
        ("precision", "of what was named so, is so"), ("F1", "their harmonic mean"),
    )  # fmt: skip
    return (
        f'<details class="si-about"{" open" if len(rows) <= 12 else ""}>'
        f"<summary>Every class, the weakest first ({len(rows)})</summary>{figure_table(heads, rows)}</details>"
    )


def size_table(metrics: Metrics) -> str:
    """How many pictures were named rightly and how well objects were found, by the size of the largest object."""
    sizes = metrics.get("by_size")
    if not sizes:
        return ""
    rows = [
        (
            _SIZES[name],
            f"{one['n']:,}",
            share_text(one["right"], one["named"]) if one.get("named") else "–",
            f"{one['box_iou']:.2f}" if "box_iou" in one else "–",
        )
        for name, one in sizes.items()
    ]
    heads = (("largest object", ""), ("pictures", ""), ("named rightly", ""), ("box IoU", "mean of the pictures"))
    return figure_table(heads, rows)


def threshold_words(metrics: Metrics, at: float) -> str:
    """What a threshold comes to, in a sentence or two; HTML, "" where nothing is counted."""
    counted, n = metrics.get("thresholds"), int(metrics.get("named", 0))
    if not counted or not n:
        return ""
    place = min(range(len(counted["from"])), key=lambda index: abs(counted["from"][index] - at))
    answered, right = int(counted["answered"][place]), int(counted["right"][place])
    if not answered:
        return f'<p class="si-sentence">From {percent(at)} on it would say “not sure” to all {n:,} pictures.</p>'
    rest = n - answered
    never = n - max(map(int, counted["answered"]))  # it is not for want of probability that these get no name
    some = "" if never == rest else f" on {'one' if never == 1 else f'{never:,}'} of them"
    whatever = f",{some} at any threshold: unlike what was learned, or two names too close to call" if never else ""
    silent = f" On the other {'one' if rest == 1 else f'{rest:,}'} it says “not sure”{whatever}." if rest else ""
    names, true = share_text(answered, n), share_text(right, answered)
    return (
        f'<p class="si-sentence">From <strong>{percent(at)}</strong> on it names <strong>{names}</strong> of the '
        f"pictures; of these names <strong>{true}</strong> are right.{silent}</p>"
    )


def _naming(metrics: Metrics) -> str:
    n = int(metrics.get("named", 0))
    if not n:
        return ""
    right = round(metrics["accuracy"] * n)
    answered, answered_right = metrics["answered"], metrics["answered_right"]
    tiles = tile(
        count_text(right, n), "accuracy", "the most probable class is the true one", detail=plausible(right, n)
    )
    if answered:
        tiles += tile(
            count_text(answered_right, answered),
            "of the names it said, right",
            "where it was sure enough to say one",
            detail=plausible(answered_right, answered),
        )
    silent = n - answered
    tiles += tile(
        count_text(silent, n), "no name said", "it was not sure, or said a group only", detail=plausible(silent, n)
    )
    for name, hint in (
        ("precision", "mean of the classes"),
        ("recall", "mean of the classes"),
        ("f1", "mean of the classes"),
    ):
        tiles += tile(percent(metrics[name]), "F1" if name == "f1" else name, hint, detail=hint)
    tiles += tile(
        f"{metrics['loss']:.2f}", "loss", "mean −log of the true class’s probability; 0 is best", detail="0 is best"
    )
    return tiles + tile(
        percent(metrics["calibration_error"]), "calibration error", "0 is best", detail="how far off its “percent” are"
    )


def _finding(metrics: Metrics) -> str:
    if "box_iou" not in metrics:
        return ""
    n = int(metrics["boxes_known"])
    good, none, looked = round(metrics["box_iou_50"] * n), int(metrics["without_box"]), int(metrics["looked_for_boxes"])
    tiles = tile(
        f"{metrics['box_iou']:.2f}",
        "box IoU",
        "overlap of the best box with the true one",
        detail="mean of the pictures",
    )
    tiles += tile(count_text(good, n), "box fits", "IoU of at least 0.5", detail=plausible(good, n))
    tiles += tile(
        count_text(none, looked), "no object found", "no box above the threshold", detail=plausible(none, looked)
    )
    if "map" in metrics:
        tiles += tile(
            f"{metrics['map']:.2f}",
            "mAP",
            "by COCO’s rules, IoU 0.5 … 0.95",
            detail=f"at IoU 0.5: {metrics['map_50']:.2f}",
        )
        for size, count in metrics["objects"].items():
            if count:
                objects = "1 object" if count == 1 else f"{count:,} objects"
                tiles += tile(f"{metrics[f'map_{size}']:.2f}", f"mAP, {size}", _SIZES[size], detail=objects)
    return tiles


def _cutting(metrics: Metrics) -> str:
    tiles = ""
    if "mask_iou" in metrics:
        tiles += tile(
            f"{metrics['mask_iou']:.2f}",
            "mask IoU",
            "overlap of the cut-out with the true one",
            detail="mean of the pictures",
        )
    if "mask_mae" in metrics:
        tiles += tile(f"{metrics['mask_mae']:.3f}", "mask error", "mean absolute difference", detail="0 is best")
    return tiles


def _segmenting(metrics: Metrics) -> str:
    if "miou" not in metrics:
        return ""
    classes = metrics["miou_classes"]
    tiles = tile(
        f"{metrics['miou']:.2f}",
        "mean IoU",
        "of each class its pixels that were found, by all that are its or were said to be",
        detail="of 1 class" if classes == 1 else f"mean of {classes} classes, all pictures together",
    )
    pictures = metrics["segmented"]
    of = "1 picture" if pictures == 1 else f"{pictures:,} pictures"
    return tiles + tile(percent(metrics["pixels_right"]), "pixels right", "background ones too", detail=f"of {of}")


def segment_table(metrics: Metrics) -> str:
    """The IoU of each class by its pixels, with their counts, the weakest first."""
    segments = metrics.get("segments")
    if not segments:
        return ""
    rows = [
        (name, f"{one['n']:,}", f"{one['intersection']:,}", f"{one['union']:,}", f"{one['iou']:.2f}")
        for name, one in sorted(segments.items(), key=lambda pair: (pair[1]["iou"], pair[0]))
    ]
    heads = (
        ("class", ""), ("pictures", "that show it"), ("pixels found", "intersection"),
        ("pixels of it, or said to be", "union"), ("IoU", ""),
    )  # fmt: skip
    return about.fold(figure_table(heads, rows), title=f"Every class by its pixels, the weakest first ({len(rows)})")


def _part(title: str, tiles: str, explained: str, words: str) -> str:
    return f'<h3>{title}</h3><ul class="si-tiles">{tiles}</ul>{words}{explained}' if tiles else ""


def _in_words(metrics: Metrics) -> str:
    n = int(metrics.get("named", 0))
    if not n or n >= FEW:
        return ""
    return (
        '<p class="si-sentence">So few pictures tell little: the range below a count is where the share may well lie '
        "(95 %). Precision, recall and F1 are means of even smaller counts.</p>"
    )
