"""A study of conditions as HTML: what holds, its figures as tables, and a picture under all conditions."""

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
from PIL import Image

from smallimg.cli.wording import named, percent, share_said
from smallimg.errors import ImageError
from smallimg.pictures.images import open_local
from smallimg.pictures.preprocess import on_fill
from smallimg.results import Prediction
from smallimg.study.conditions.factors import Strengths
from smallimg.study.conditions.objects import Thing
from smallimg.study.conditions.original import crop
from smallimg.study.conditions.study import Study
from smallimg.study.conditions.tried import ALL, Cell, Change, of_size
from smallimg.study.intervals import count_text, interval_text
from smallimg.ui.data_uri import data_uri
from smallimg.ui.why.words import ABOUT, WORDS

#: Of a cell's objects; the others are counted.
MOST_SHOWN = 24
_VERDICTS = {"found": "Found", "not found": "Not found", "open": "Open"}


def study_head(study: Study, *, named_by: str) -> str:
    """What was tried, what has to be known beside, and what one can learn from it.

    Args:
        study: the study.
        named_by: who named the objects, for people.
    """
    items = "".join(
        f'<li class="si-claim-{one.verdict.split()[0]}"><strong>{_VERDICTS[one.verdict]}</strong>: '
        f"{escape(one.claim)} <small>{escape(one.figures)}</small></li>"
        for one in study.findings
    )
    notes = "".join(f'<p class="si-trust">{escape(note)}</p>' for note in study.notes)
    n = len(study.tried)
    many = "1 object" if n == 1 else f"{n:,} objects"
    return (
        f'<section class="si-why"><h3>Which factor is to blame?</h3><p class="si-sentence">{many}, named by '
        f"{escape(named_by)}.</p>{notes}<h3>What one can learn from it</h3>"
        f'<ul class="si-claims">{items}</ul></section>'
    )


def study_tables(study: Study) -> str:
    """The figures of both plots as tables, folded, and how to read them."""
    return (
        '<section class="si-why"><details class="si-about"><summary>The same figures as tables</summary>'
        f"<h3>Named rightly</h3>{_heat_table(study.cells)}<h3>What each factor changes, in points</h3>"
        f"{_change_table(study.changes)}</details>{ABOUT}</section>"
    )


def conditions_row(shown: Mapping[str, tuple[Image.Image, Prediction]]) -> str:
    """One picture under some conditions, in their order, each with what the network says."""
    items = ""
    for condition, (picture, prediction) in shown.items():
        share = share_said(prediction)
        words = escape(named(prediction)) + (f" · {percent(share)}" if share is not None else "")
        items += (
            f'<li><img src="{data_uri(picture, longest_side=320)}" alt="{WORDS[condition]}"><p><strong>'
            f"{WORDS[condition]}</strong><br>{words}</p></li>"
        )
    return f'<section class="si-gallery si-conditions"><ul>{items}</ul></section>'


def objects_of(study: Study, condition: str, size: str) -> str:
    """The objects of one size under one condition as they were photographed: those that were named wrongly first."""
    chosen = [one for one in of_size(study.tried, size) if condition in one.right]
    if not chosen:
        return ""
    ranked = sorted(chosen, key=lambda one: one.right[condition])
    items = ""
    for one in ranked[:MOST_SHOWN]:
        answer = "right" if one.right[condition] else "wrong"
        items += f"<li>{_object(one.thing)}<p>{escape(one.thing.label)} <span>{answer}</span></p></li>"
    rest = len(ranked) - MOST_SHOWN
    more = f'<p class="si-sentence">… and {rest:,} more, each in conditions.json.</p>' if rest > 0 else ""
    which = "objects" if size == ALL else f"{size} objects"
    right = sum(one.right[condition] for one in chosen)
    title = f"{WORDS[condition]}: {len(chosen):,} {which}, {right:,} of them right"
    return f'<section class="si-gallery"><h3>{escape(title)}</h3><ul>{items}</ul>{more}</section>'


def _object(thing: Thing) -> str:
    """The part of its picture around an object; data that was moved or deleted since leaves its name in its place."""
    name = thing.path.name
    try:
        picture = on_fill(open_local(thing.path))
    except ImageError:
        return f'<div class="si-gone">{escape(name)} is gone</div>'
    shown, _ = crop(picture, np.array(thing.box_xyxy, np.float32), strength=Strengths().margin)
    return f'<img src="{data_uri(shown, longest_side=112)}" alt="{escape(name)}" title="{escape(name)}">'


def _heat_table(cells: Sequence[Cell]) -> str:
    sizes, conditions = (
        list(dict.fromkeys(names)) for names in zip(*((c.size, c.condition) for c in cells), strict=True)
    )
    by_place = {(one.condition, one.size): one for one in cells}
    lines = ""
    for condition in conditions:
        row = ""
        for size in sizes:
            one = by_place[condition, size]
            row += (
                f'<td style="--share:{100 * one.accuracy:.0f}%"><strong>{count_text(one.correct, one.n)}</strong>'
                f"<small>{interval_text(one.correct, one.n)}</small></td>"
            )
        lines += f'<tr><th scope="row">{WORDS[condition]}</th>{row}</tr>'
    counts = {size: by_place[conditions[0], size].n for size in sizes}
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
        f"<thead><tr><td></td>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
