"""Where a network looks in a whole data set, as HTML: a table, and the pictures where it looked beside the object."""

from collections.abc import Sequence
from html import escape

from smallimg.cli.wording import without_names
from smallimg.study.explain.seen import Seen, SetSeen
from smallimg.study.explain.set_table import Row
from smallimg.study.explain.sheet import caption, least_inside_first
from smallimg.study.intervals import share_text
from smallimg.ui.cards import notice
from smallimg.ui.data_uri import data_uri

MOST_SHOWN = 16
_SIZES = {"all": "all", "small": "small (below 1 %)", "medium": "medium (1–5 %)", "large": "large (from 5 %)"}
_ABOUT = """<details><summary>How to read this, and what it cannot tell</summary>
<p class="si-sentence">Of all the warmth on a picture, the table says how much lies on the object: within its mask where
there is one, else within its box. “By chance” is the object’s share of the picture: so much would lie on it if the map
were the same everywhere. The 95 % interval is of the mean, by drawing the pictures again and again.</p>
<p class="si-sentence">Little heat on the object when the answer is right is a warning: the network may know the place,
not the thing. Much heat on it when the answer is wrong means that it looked at the right thing and mistook it. But a
map shows only what its method can: see how far single ones can be trusted in “Try it”. And a network that looks at the
crop around the object has most of its heat there in any case.</p>
<p class="si-sentence">Share of heat inside: Wang et al., 2020 (Score-CAM). Hottest place: the pointing game, Zhang et
al., 2016.</p></details>"""


def set_view(found: SetSeen, rows: Sequence[Row], *, title: str, model: str) -> str:
    """All that is shown of a data set.

    Args:
        found: what was looked at.
        rows: its table.
        title: the method's name for people.
        model: the models'.
    """
    n = len(found.seen)
    part = f"{n} of {found.of:,} pictures, drawn at random" if n < found.of else f"{n} pictures"
    known = [one for one in found.seen if one.is_right is not None]
    right = share_text(sum(one.is_right is True for one in known), len(known)) if known else ""
    named = f" Named rightly: {escape(right)}." if right else ""
    trouble = notice(without_names(found.unnamed))
    trouble += notice(f"{len(found.errors)} could not be read: {found.errors[0]}") if found.errors else ""
    galleries = gallery(
        least_inside_first(found.seen, is_right=False), "Wrong answers, those that looked beside the object first"
    ) + gallery(
        least_inside_first(found.seen, is_right=True), "Right answers, those that looked beside the object first"
    )
    if not known:
        galleries = gallery(found.seen, "What it looked at")
    return (
        f'<section class="si-inside"><h3>Does it look at the object?</h3><p class="si-sentence">{part}, models '
        f"“{escape(model)}”, {escape(title)} of the most probable name of each.{named}</p>{trouble}{_table(rows)}"
        f"{_ABOUT}{galleries}</section>"
    )


def gallery(chosen: Sequence[Seen], title: str) -> str:
    """Small pictures with their heat; nothing where there are none."""
    if not chosen:
        return ""
    items = ""
    for one in chosen[:MOST_SHOWN]:
        name = escape(one.path.name)
        words = "<br>".join(map(escape, caption(one)))
        items += f'<li><img src="{data_uri(one.shown)}" alt="{name}" title="{name}"><p>{words}</p></li>'
    rest = len(chosen) - MOST_SHOWN
    more = f'<p class="si-sentence">… and {rest} more.</p>' if rest > 0 else ""
    return f'<section class="si-gallery"><h3>{escape(title)}</h3><ul>{items}</ul>{more}</section>'


def _table(rows: Sequence[Row]) -> str:
    if not rows:
        return '<p class="si-sentence">No picture here has a box or a mask: where its object is nobody knows.</p>'
    lines = ""
    for row in rows:
        interval = f" <small>{row.low:.2f}–{row.high:.2f}</small>" if row.n > 1 else ""
        lines += (
            f'<tr class="{"si-sum" if row.size == "all" else ""}"><th scope="row">{row.answer}</th>'
            f'<td>{_SIZES[row.size]}</td><td class="si-number">{row.n}</td><td class="si-share"><span class="si-bar">'
            f'<i style="width:{100 * row.share:.0f}%"></i></span></td>'
            f"<td><strong>{row.share:.2f}</strong>{interval}</td>"
            f"<td>{row.area:.2f}</td><td>{escape(share_text(row.hits, row.n))}</td></tr>"
        )
    heads = ("answer", "object", "pictures", "", "heat on the object", "by chance", "hottest place on it")
    head = "".join(f'<th scope="col">{name}</th>' if name else '<td class="si-share"></td>' for name in heads)
    return (
        '<div class="si-scroll" tabindex="0" role="region" aria-label="Heat on the object"><table><thead><tr>'
        f"{head}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
