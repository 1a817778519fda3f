"""Every object of a picture by itself, as HTML: its crop, and what it is."""

from dataclasses import replace
from html import escape

from smallimg.cli.wording import named, percent, share_said, why_unsure
from smallimg.results import Box, Prediction
from smallimg.ui.data_uri import data_uri


def named_boxes(prediction: Prediction) -> tuple[Box, ...]:
    """The objects' boxes as they are drawn, each with its name and how likely that is; none where fewer than two."""
    if len(prediction.objects) < 2:
        return ()
    return tuple(
        replace(one.boxes[0], name=one.answer or "?", score=share_said(one) or 0.0) for one in prediction.objects
    )


def objects_part(prediction: Prediction) -> str:
    """The objects side by side; nothing where fewer than two were named."""
    if len(prediction.objects) < 2:
        return ""
    items = ""
    for number, one in enumerate(prediction.objects, start=1):
        share, why = share_said(one), why_unsure(one)
        picture = data_uri(one.crop, longest_side=160) if one.crop is not None else ""
        says = f"<strong>{escape(named(one))}</strong>{f' {percent(share)}' if share is not None else ''}"
        items += (
            f'<li><img src="{picture}" alt="Object {number}: {escape(named(one))}"><p>{says}<br>'
            f"<span>{escape(why) + ', ' if why else ''}box score {percent(one.boxes[0].score)}</span></p></li>"
        )
    return (
        '<section class="si-gallery si-objects" aria-label="Every object"><h4>Every object</h4>'
        f"<ul>{items}</ul></section>"
    )
