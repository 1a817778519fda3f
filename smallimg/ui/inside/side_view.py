"""Detectors side by side in HTML: their boxes on one picture, and their figures on a set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from PIL import Image

from smallimg.cli.wording import percent
from smallimg.pictures.preprocess import on_fill
from smallimg.results import Prediction
from smallimg.study.detectors import Measured
from smallimg.training.architectures import ARCHITECTURES
from smallimg.ui.cards import with_boxes
from smallimg.ui.data_uri import data_uri
from smallimg.ui.evaluate.table import figure_table
from smallimg.ui.train.cards import roughly

HEADS = [
    ("model", ""),
    ("detector", "its architecture"),
    ("mAP50", "average precision of boxes with an IoU of 0.5 and more, by COCO's rules"),
    ("mAP", "the mean over the IoUs 0.5, 0.55, … 0.95"),
    ("small", "mAP of objects up to 32 × 32 pixels"),
    ("medium", "mAP of objects up to 96 × 96 pixels"),
    ("large", "mAP of larger objects"),
    ("IoU", "of its best box with the true one that it fits best, mean"),
    ("ms", "a picture, with all that it needs: its proposals, and the cut-out where it looks at that; median"),
    ("search, ms", "how many of these selective search takes"),
    ("training", "how long its detector was trained here"),
    ("MB", "of its file"),
]


@dataclass(frozen=True)
class Beside:
    """One model's boxes in a picture."""

    name: str
    architecture: str
    said: Prediction
    megabytes: float


def pictures_html(image: Image.Image, beside: Sequence[Beside]) -> str:
    """The picture once for each model, with that one's boxes, the fastest first."""
    picture = data_uri(on_fill(image))
    cards = []
    for one in sorted(beside, key=lambda one: one.said.milliseconds["total"]):
        boxes = one.said.boxes
        found = f"{len(boxes)} {'box' if len(boxes) == 1 else 'boxes'}" if boxes else "no object found"
        best = f", the best {percent(boxes[0].score)} sure" if boxes else ""
        of_cutout = " Its best box is the one around the cut-out." if boxes and boxes[0].of_cutout else ""
        known = ARCHITECTURES["detector"].get(one.architecture)
        idea = f"{known.idea[:1].upper()}{known.idea[1:]}." if known else ""
        cards.append(
            f"<li><h4>{escape(one.name)}</h4><p class='si-facts'>{escape(one.architecture)}</p>"
            f"{with_boxes(boxes, one.said.size_wh, picture, f'what {one.name} finds: {found}')}"
            f"<p class='si-beside-price'><strong>{one.said.milliseconds['total']:.0f} ms</strong>, "
            f"{one.megabytes:.1f} MB; {found}{best}.{of_cutout}</p><p class='si-sentence'>{escape(idea)}</p></li>"
        )
    return f"<ol class='si-beside'>{''.join(cards)}</ol>"


def compared_table(measured: Sequence[Measured], seconds: Mapping[str, float | None]) -> str:
    """The figures, a row a model.

    Args:
        measured: of each.
        seconds: how long each one's detector was trained here, where that is known.
    """
    rows = []
    for one in measured:
        sizes = [_share(one.figures.get(f"map_{size}")) for size in ("small", "medium", "large")]
        trained = seconds.get(one.name)
        rows.append([
            one.name, one.architecture, _share(one.figures["map_50"]), _share(one.figures["map"]), *sizes,
            f"{one.iou:.2f}", f"{one.milliseconds:.0f}", f"{one.search_ms:.0f}" if one.search_ms else "–",
            roughly(trained) if trained else "–", f"{one.megabytes:.1f}",
        ])  # fmt: skip
    objects = measured[0].figures["objects"]
    counted = ", ".join(f"{count:,} {size}" for size, count in objects.items() if count)
    words = (
        f"{measured[0].n:,} pictures with known boxes; objects: {counted}. Milliseconds of this machine, beside "
        "whatever else it does. With few pictures, small differences say nothing."
    )
    return f"{figure_table(HEADS, rows)}<p class='si-sentence'>{escape(words)}</p>"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
