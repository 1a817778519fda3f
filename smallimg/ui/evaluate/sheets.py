"""Pictures of an evaluation side by side: sure and wrong, right and unsure, without an object, and those that flip."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from smallimg.study.comparison import Column, Comparison, Pair, flipped
from smallimg.study.comparison_words import verdict
from smallimg.study.intervals import share_text
from smallimg.study.picks import confident_mistakes, least_sure, unsure_hits, without_box
from smallimg.study.rows import Row
from smallimg.ui.evaluate import about
from smallimg.ui.evaluate.table import figure_table
from smallimg.ui.train.mistakes import gallery

#: Every picture has its place in this order; only the first few are worth looking at.
MOST_UNSURE = 18
#: A figure of a column and what it is called; the first has its interval.
_FIGURES = (
    ("precision", "precision"), ("recall", "recall"), ("f1", "F1"), ("loss", "loss"),
    ("calibration_error", "calibration error"), ("box_iou", "box IoU"), ("map", "mAP"), ("mask_iou", "mask IoU"),
)  # fmt: skip


def contact_sheets(metrics: Mapping[str, Any], rows: Sequence[Row], root: str, *, of: str = "") -> str:
    """The sheets of one evaluation; those without pictures are not there. For `of` see `sheet`."""
    known = metrics.get("named", 0)
    parts = (
        ("Mistakes, the surest first ({n})", confident_mistakes(rows) if known else []),
        ("Right, but least sure", unsure_hits(rows)[:MOST_UNSURE] if known else []),
        ("No object found ({n})", without_box(rows) if "detector" in metrics.get("milliseconds", {}) else []),
        ("Least sure", least_sure(rows)[:MOST_UNSURE] if not known else []),
    )
    sheets = "".join(
        sheet(root, chosen, title.replace("{n}", f"{len(chosen):,}"), of=of) for title, chosen in parts if chosen
    )
    if known and not parts[0][1]:
        sheets = f'<p class="si-sentence">There is no mistake among these pictures.</p>{sheets}'
    broken = [row for row in rows if row.error]
    sheets += _broken(broken) if broken else ""
    return f"{sheets}{about.fold(about.SHEETS)}" if sheets else ""


def sheet(root: str, rows: Sequence[Row], title: str, *, of: str = "") -> str:
    """Some pictures in the order they come in, with what was said of each; `of` whom, see `gallery`."""
    return gallery({"root": root, "of": of}, [row.as_picture() for row in rows], title, as_they_come=True)


def comparison_card(comparison: Comparison, root: str, *, title: str, explained: str, of: str = "") -> str:
    """Columns side by side, what each pair of them comes to, and the pictures that flip."""
    columns, pairs = comparison.columns, comparison.pairs
    notes = "".join(f'<p class="si-sentence">{escape(note)}</p>' for note in comparison.notes)
    verdicts = "".join(
        f"<li><strong>{escape(pair.title)}:</strong> {escape(verdict(pair))}.</li>" for pair in pairs if pair.n
    )
    flips = "".join(_flips(comparison, pair, root, of) for pair in pairs if pair.only_first + pair.only_second)
    return (
        f'<section class="si-outcome" aria-label="{escape(title)}"><h2>{escape(title)}</h2>'
        f'{_side_by_side(columns)}<ul class="si-verdicts">{verdicts}</ul>{notes}'
        f"{about.fold(explained)}{flips}</section>"
    )


def _side_by_side(columns: Sequence[Column]) -> str:
    """A row a column of the comparison, because there are few figures that all of them have."""
    there = [(name, words) for name, words in _FIGURES if any(name in column.metrics for column in columns)]
    rows = []
    for column in columns:
        right, n = int(column.metrics.get("right", 0)), int(column.metrics.get("named", 0))
        figures = [f"{column.metrics[name]:.2f}" if name in column.metrics else "–" for name, _ in there]
        rows.append([column.name, share_text(right, n) if n else "–", *figures])
    return figure_table([("", ""), ("named rightly", ""), *((words, "") for _, words in there)], rows)


def _flips(comparison: Comparison, pair: Pair, root: str, of: str) -> str:
    lost, won = flipped(comparison, pair)
    galleries = ""
    for flips, words in ((lost, "right before, wrong now"), (won, "wrong before, right now")):
        if flips:
            galleries += sheet(root, [after for _, after in flips], f"{len(flips):,} {words}", of=of)
    return f'<details class="si-about"><summary>Pictures that flip: {escape(pair.title)}</summary>{galleries}</details>'


def _broken(rows: Sequence[Row]) -> str:
    items = "".join(f"<li>{escape(row.name)}: {escape(row.error)}</li>" for row in rows[:20])
    rest = len(rows) - 20
    more = f"<li>… and {rest:,} more, each in predictions.csv</li>" if rest > 0 else ""
    return (
        f'<details class="si-about"><summary>Not measured ({len(rows):,})</summary>'
        f'<ul class="si-verdicts">{items}{more}</ul></details>'
    )
