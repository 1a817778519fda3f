"""What a finished run can do, picture by picture: figures, a confusion matrix that opens, the worst mistakes first.

Pure functions from `results.json` (see `smallimg.outcome`) to HTML.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from smallimg.errors import ImageError
from smallimg.images import open_image
from smallimg.ui.data_uri import data_uri
from smallimg.wording import percent

MOST_SHOWN = 24
FIGURES = (
    ("accuracy", "accuracy", "pictures named rightly"),
    ("precision", "precision", "of what was named so, right; mean of the classes"),
    ("recall", "recall", "of what is so, found; mean of the classes"),
    ("box_iou", "box IoU", "overlap of the best box with the true one"),
    ("mask_iou", "mask IoU", "overlap of the cut-out with the true one"),
)
#: Which cell of the matrix was clicked: "row,column".
CELL_CLICK = """
element.addEventListener("click", (event) => {
  const cell = event.target.closest("button[data-cell]");
  if (!cell) return;
  element.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
  cell.setAttribute("aria-pressed", "true");
  trigger("select", { index: 0, value: cell.dataset.cell });
});
"""


def outcome_card(outcome: Mapping[str, Any]) -> str:
    """The figures of a finished run, and its confusion matrix as a table of buttons."""
    metrics = outcome["metrics"]
    n = int(metrics.get("n", len(outcome["pictures"])))
    where = (
        "test pictures it never saw" if outcome["split"] == "test" else "validation pictures, kept aside in training"
    )
    given = ", with the true boxes given, since it has no detector" if outcome.get("given_boxes") else ""
    tiles = "".join(
        f'<li title="{hint}"><strong>{percent(float(metrics[name]))}</strong><span>{label}</span></li>'
        for name, label, hint in FIGURES
        if isinstance(metrics.get(name), int | float)
    )
    return (
        f'<section class="si-outcome" aria-label="What it can do"><h2>What it can do</h2>'
        f'<p class="si-sentence">Measured on {n} {where}{given}.</p><ul class="si-tiles">{tiles}</ul>'
        f"{_matrix(metrics)}</section>"
    )


def _matrix(metrics: Mapping[str, Any]) -> str:
    matrix, classes = metrics.get("confusion_matrix"), metrics.get("classes")
    if not matrix or not classes:
        return ""
    heads = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in classes)
    rows = ""
    for row, (name, counts) in enumerate(zip(classes, matrix, strict=True)):
        whole = max(sum(counts), 1)
        cells = ""
        for column, count in enumerate(counts):
            kind = "si-right" if row == column else "si-wrong"
            label = f"{count} of {sum(counts)} pictures of {name} were named {classes[column]}"
            cells += (
                f'<td><button type="button" class="{kind}" data-cell="{row},{column}" aria-pressed="false" '
                f'title="{escape(label)}" aria-label="{escape(label)}" style="--share:{count / whole:.3f}" '
                f"{'disabled' if not count else ''}>{count or '·'}</button></td>"
            )
        rows += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    return (
        '<h3>Which is taken for which</h3><p class="si-sentence">A row is what a picture shows, a column what it was '
        'taken for. Click a cell to see its pictures.</p><div class="si-scroll"><table class="si-matrix">'
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def pictures_of(outcome: Mapping[str, Any], cell: str) -> str:
    """The pictures of one cell of the matrix, those it was surest of first."""
    classes = outcome["metrics"].get("classes", [])
    try:
        row, column = (int(number) for number in cell.split(","))
        if min(row, column) < 0:
            return ""
        truth, label = classes[row], classes[column]
    except (ValueError, IndexError):
        return ""
    chosen = [one for one in outcome["pictures"] if (one["truth"], one["label"]) == (truth, label)]
    verb = "rightly named" if truth == label else "taken for"
    title = f"{len(chosen)} × {truth}, {verb} {label}" if truth != label else f"{len(chosen)} × {truth}, {verb}"
    return _gallery(outcome, chosen, title)


def worst_mistakes(outcome: Mapping[str, Any]) -> str:
    """The wrong answers, the surest of them first: there a network has learned something that is not so."""
    wrong = [
        one for one in outcome["pictures"] if one["truth"] is not None and one["label"] not in (None, one["truth"])
    ]
    if not wrong:
        has_answers = any(one["label"] for one in outcome["pictures"])
        return '<p class="si-sentence">There is no mistake to show.</p>' if has_answers else ""
    return _gallery(outcome, wrong, "The worst mistakes: wrong, and sure of it")


def _gallery(outcome: Mapping[str, Any], chosen: Sequence[Mapping[str, Any]], title: str) -> str:
    root = Path(outcome["root"])
    ranked = sorted(chosen, key=lambda one: -(one["probability"] or 0.0))
    items = ""
    for one in ranked[:MOST_SHOWN]:
        sure = percent(one["probability"]) if one["probability"] is not None else ""
        words = f"{escape(str(one['label']))} {sure}"
        if one["truth"] != one["label"]:
            words += f"<br><span>is: {escape(str(one['truth']))}</span>"
        items += f"<li>{_thumbnail(root, str(one['image']))}<p>{words}</p></li>"
    rest = len(ranked) - MOST_SHOWN
    more = f'<p class="si-sentence">… and {rest} more.</p>' if rest > 0 else ""
    return f'<section class="si-gallery"><h3>{escape(title)}</h3><ul>{items}</ul>{more}</section>'


def _thumbnail(root: Path, name: str) -> str:
    """A small picture; data that was moved or deleted since leaves its name in its place."""
    try:
        picture = data_uri(open_image(root / name), longest_side=112)
    except ImageError:
        return f'<div class="si-gone">{escape(name)} is gone</div>'
    return f'<img src="{picture}" alt="{escape(name)}" title="{escape(name)}">'
