"""What a finished run can do, picture by picture: a confusion matrix that opens, the worst mistakes first.

Pure functions from `results.json` (see `smallimg.runs.outcome`) to HTML.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from smallimg.cli.wording import percent
from smallimg.data.put_right import Standings
from smallimg.errors import ImageError
from smallimg.pictures.images import open_local
from smallimg.results import NAMED_FROM
from smallimg.ui.data_uri import data_uri
from smallimg.ui.put_right.seen import since_words

MOST_SHOWN = 48
_PUT_RIGHT = (
    '<p class="si-sentence">Is it the set that is wrong? Click a picture and say what it shows, or leave it out; then '
    "train again.</p>"
)


def confusion_matrix(outcome: Mapping[str, Any]) -> str:
    """Which class is taken for which, as a table of buttons; nothing where there are no classes.

    A button's `data-cell` is its "row,column".
    """
    metrics = outcome["metrics"]
    unsure = Counter((one["truth"], one["label"]) for one in outcome["pictures"] if _answer(one) is None)
    matrix, classes = metrics.get("confusion_matrix"), metrics.get("classes")
    if not matrix or not classes:
        return ""
    heads = "".join(f'<th scope="col" title="{escape(name)}"><span>{escape(name)}</span></th>' for name in classes)
    rows = ""
    for row, (name, counts) in enumerate(zip(classes, matrix, strict=True)):
        whole = max(sum(counts), 1)
        cells = ""
        for column, count in enumerate(counts):
            kind = "si-right" if row == column else "si-wrong"
            label = f"{count} of {sum(counts)} pictures of {name} were taken for {classes[column]}"
            if silent := unsure[name, classes[column]]:
                label += f", {silent} of them not surely"
            cells += (
                f'<td><button type="button" class="{kind}" data-cell="{row},{column}" aria-pressed="false" '
                f'title="{escape(label)}" aria-label="{escape(label)}" style="--share:{count / whole:.3f}" '
                f"{'disabled' if not count else ''}>{count or '·'}</button></td>"
            )
        rows += f'<tr><th scope="row">{escape(name)}</th>{cells}</tr>'
    return (
        '<h3>Which is taken for which</h3><p class="si-sentence">A row is what a picture shows, a column what it was '
        "taken for, sure of it or not. Click a cell to see its pictures.</p>"
        f'<div class="si-scroll"><table class="si-matrix"><thead><tr><td></td>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
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
    title = f"{len(chosen)} × {truth}, {'rightly ' if truth == label else ''}taken for {label}"
    if silent := sum(_answer(one) is None for one in chosen):
        title += f"; not sure of {'it' if len(chosen) == 1 else 'any' if silent == len(chosen) else silent}"
    return gallery(outcome, chosen, title)


def worst_mistakes(outcome: Mapping[str, Any]) -> str:
    """The wrong answers, the surest of them first: there a network has learned something that is not so.

    What it was not sure of, it would not have said: those pictures follow by themselves.
    """
    wrong = [
        one for one in outcome["pictures"] if one["truth"] is not None and one["label"] not in (None, one["truth"])
    ]
    said = [one for one in wrong if _answer(one) is not None]
    unsaid = [one for one in wrong if _answer(one) is None]
    galleries = ""
    if said:
        galleries = gallery(outcome, said, "Wrong, and sure of it: the worst mistakes")
    elif any(one["label"] and one["truth"] for one in outcome["pictures"]):
        galleries = f'<p class="si-sentence">There is no mistake {"that it was sure of" if unsaid else "to show"}.</p>'
    if unsaid:
        galleries += gallery(outcome, unsaid, "Wrong, and not sure: the closest class is another")
    return galleries + (_PUT_RIGHT if wrong and outcome.get("of") else "")


def _answer(one: Mapping[str, Any]) -> str | None:
    """What was said of a picture, None for “not sure”; results of an older kind tell only how probable it was."""
    if "answer" not in one:
        return one["label"] if (one["probability"] or 0.0) >= NAMED_FROM else None
    answer: str | None = one["answer"]
    return answer


def gallery(
    outcome: Mapping[str, Any], chosen: Sequence[Mapping[str, Any]], title: str, *, as_they_come: bool = False
) -> str:
    """Some of an outcome's pictures, each with what was said of it: the surest first, or in the order they come in.

    Where the outcome says whose it is (`of`, see `smallimg.ui.put_right.seen`), each opens and can be put right.
    """
    standings = Standings(Path(outcome["root"]))
    ranked = chosen if as_they_come else sorted(chosen, key=lambda one: -(one["probability"] or 0.0))
    items = "".join(_item(standings, one, of=outcome.get("of", "")) for one in ranked[:MOST_SHOWN])
    rest = len(ranked) - MOST_SHOWN
    more = f'<p class="si-sentence">… and {rest:,} more.</p>' if rest > 0 else ""
    return f'<section class="si-gallery"><h3>{escape(title)}</h3><ul>{items}</ul>{more}</section>'


def _item(standings: Standings, one: Mapping[str, Any], *, of: str) -> str:
    name, truth = str(one["image"]), one["truth"]
    since = standings.of(name)
    sure = f" {percent(one['probability'])}" if one["probability"] is not None else ""
    words = f"{escape(str(one['label']))}{sure}"
    if one["label"] is None:
        words = "nothing was named"
    elif _answer(one) is None:
        words = f"not sure <span>(closest: {words})</span>"
    if truth not in (None, one["label"]):
        words += f"<br><span>is: {escape(str(truth))}</span>"
    picture = _thumbnail(since.path, name)
    if of and picture.startswith("<img"):
        label = f"Open {escape(name)}, to put it right"
        picture = (
            f'<button type="button" data-of="{escape(of)}" data-mistake="{escape(name)}" title="{label}" '
            f'aria-label="{label}">{picture}</button>'
        )
    put = since_words(since, truth)
    mended = f'<p class="si-since" {"" if put else "hidden"}>{escape(put)}</p>' if of else ""
    return f"<li>{picture}<p>{words}</p>{mended}</li>"


def _thumbnail(path: Path, name: str) -> str:
    """A small picture; data that was moved or deleted since leaves its name in its place."""
    try:
        picture = data_uri(open_local(path, at_least=224), longest_side=112)
    except ImageError:
        return f'<div class="si-gone">{escape(name)} is gone</div>'
    return f'<img src="{picture}" alt="{escape(name)}" title="{escape(name)}">'
