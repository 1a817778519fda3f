"""A study of conditions as HTML: what holds, accuracy by condition and size, and pictures under all conditions."""

from collections.abc import Sequence
from html import escape

from PIL import Image

from smallimg.cli.wording import named, percent, share_said
from smallimg.results import Prediction
from smallimg.study.conditions.factors import CONDITIONS
from smallimg.study.conditions.findings import Finding
from smallimg.study.conditions.tried import Cell, Change
from smallimg.study.intervals import count_text, interval_text
from smallimg.ui.data_uri import data_uri

#: What people call the conditions.
WORDS = {
    "orig_full": "Whole picture",
    "orig_crop": "Cropped to it",
    "downscale": "Fewer pixels",
    "motion_blur": "Motion blur",
    "occlusion": "Partly covered",
    "bg_blur": "Background blurred",
}
_VERDICTS = {"found": "Found", "not found": "Not found", "open": "Open"}
_ABOUT = """<details><summary>How to read this, and what it cannot tell</summary>
<p class="si-sentence">Every object is named six times. The whole picture, with and without its background blurred, is
looked at whole; the other four show the part around the object. So each differs by one thing from the one it is
compared with: the crop and the blurred background from the whole picture, the others from the crop. Where the object
is, is given: finding it is not what is tried here.</p>
<p class="si-sentence">The interval below a share says what other objects of the same kind may give, at 95 % (Wilson,
1927); a change is of the same objects, which tells more (Newcombe, 1998). “Open” means that these intervals leave it
open: with more objects it may be settled. How strongly a thing was changed decides how much it costs: compare sizes
within a row rather than rows.</p>
<p class="si-sentence">Photos of small and of large objects differ in more than size: what is small is often far away,
in a crowd, or of another kind.</p></details>"""


def study_view(
    cells: Sequence[Cell], changes: Sequence[Change], found: Sequence[Finding], *, n: int, model: str
) -> str:
    """All that is shown of a study.

    Args:
        cells, changes, found: its tables and what they say.
        n: how many objects.
        model: the models', for people.
    """
    items = "".join(
        f'<li class="si-claim-{one.verdict.split()[0]}"><strong>{_VERDICTS[one.verdict]}</strong>: '
        f"{escape(one.claim)} <small>({escape(one.figures)})</small></li>"
        for one in found
    )
    return (
        f'<section class="si-why"><h3>Which factor is to blame?</h3><p class="si-sentence">{n} objects, models '
        f"“{escape(model)}”. Named rightly:</p>{_heat_table(cells)}<h3>What one can learn from it</h3>"
        f'<ul class="si-claims">{items}</ul><h3>What each factor changes</h3>{_change_table(changes)}'
        f"{_ABOUT}</section>"
    )


def conditions_row(shown: Sequence[tuple[Image.Image, Prediction]]) -> str:
    """One picture under all conditions, in their order, each with what the network says."""
    items = ""
    for condition, (picture, prediction) in zip(CONDITIONS, shown, strict=True):
        share = share_said(prediction)
        words = escape(named(prediction)) + (f" · {percent(share)}" if share is not None else "")
        items += (
            f'<li><img src="{data_uri(picture, longest_side=320)}" alt="{WORDS[condition]}"><p><strong>'
            f"{WORDS[condition]}</strong><br>{words}</p></li>"
        )
    return f'<section class="si-gallery si-conditions"><ul>{items}</ul></section>'


def _heat_table(cells: Sequence[Cell]) -> str:
    sizes = list(dict.fromkeys(one.size for one in cells))
    by_place = {(one.condition, one.size): one for one in cells}
    lines = ""
    for condition in CONDITIONS:
        row = ""
        for size in sizes:
            one = by_place[condition, size]
            row += (
                f'<td style="--share:{100 * one.accuracy:.0f}%"><strong>{count_text(one.correct, one.n)}</strong>'
                f"<small>{interval_text(one.correct, one.n)}</small></td>"
            )
        lines += f'<tr><th scope="row">{WORDS[condition]}</th>{row}</tr>'
    counts = {size: by_place[CONDITIONS[0], size].n for size in sizes}
    heads = "".join(f'<th scope="col">{size}<small>{counts[size]} objects</small></th>' for size in sizes)
    return (
        '<div class="si-scroll" tabindex="0" role="region" aria-label="Named rightly, by condition and size">'
        f'<table class="si-heat-table"><thead><tr><td></td>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def _change_table(changes: Sequence[Change]) -> str:
    sizes = list(dict.fromkeys(one.size for one in changes))
    by_place = {(one.condition, one.size): one for one in changes}
    lines = ""
    for condition, against in dict.fromkeys((one.condition, one.against) for one in changes):
        row = ""
        for size in sizes:
            one = by_place[condition, size]
            low, high = (f"{100 * end:+.0f}" for end in (one.low, one.high))
            row += f"<td><strong>{100 * one.difference:+.0f}</strong><small>{low} … {high}</small></td>"
        lines += f'<tr><th scope="row">{WORDS[condition]}<small>beside {WORDS[against].lower()}</small></th>{row}</tr>'
    heads = "".join(f'<th scope="col">{size}</th>' for size in sizes)
    return (
        '<div class="si-scroll" tabindex="0" role="region" aria-label="Changes in points"><table class="si-heat-table">'
        f"<thead><tr><td>points</td>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
