"""A prediction as HTML: one row of five cards, each with its picture and one plain sentence.

Pure functions from values to strings. Every name that comes from outside is escaped; every colour comes from the style
sheet (`style.css`), so that light and dark need no second version.
"""

from collections.abc import Sequence
from html import escape

from PIL import Image

from smallimg.results import Box, Prediction
from smallimg.ui.data_uri import data_uri

MAX_BARS = 10


def percent(value: float) -> str:
    """A share of one as a whole percentage, which claims neither 0 nor 100 unless it is exactly that."""
    if 0 < value < 0.005:
        return "<\u00a01\u00a0%"
    if 0.995 <= value < 1:
        return ">\u00a099\u00a0%"
    return f"{100 * value:.0f}\u00a0%"


def milliseconds(value: float) -> str:
    """A time as people read it: "0.4 ms", "38 ms" or "2.1 s"."""
    if value >= 1000:
        return f"{value / 1000:.1f}\u00a0s"
    return f"{value:.0f}\u00a0ms" if value >= 1 else f"{value:.1f}\u00a0ms"


def file_size(size: int) -> str:
    """A number of bytes as "820 B", "31 kB" or "2.4 MB"."""
    if size < 1000:
        return f"{size}\u00a0B"
    return f"{size / 1000:.0f}\u00a0kB" if size < 1_000_000 else f"{size / 1_000_000:.1f}\u00a0MB"


def picture_row(name: str, image: Image.Image, prediction: Prediction, *, size: int) -> str:
    """The row of a picture: what it is called, what was found, and a card for the picture and each stage.

    Args:
        name: what to call the picture; any text.
        image: the picture as opened, RGB or RGBA, of the prediction's size.
        prediction: what the pipeline found in it.
        size: bytes of the file.
    """
    width, height = prediction.size_wh
    times = prediction.milliseconds
    picture = data_uri(image)
    cards = [
        _card("Picture", _image(picture, image.size, f"The picture {name}"), "The picture as it came."),
        _background_card(prediction, name, times.get("background")),
        _box_card(prediction, name, picture, times.get("detector")),
        _crop_card(prediction, name),
        _class_card(prediction, times.get("classifier")),
    ]
    total = f'<span class="si-time">{milliseconds(times["total"])}</span>' if "total" in times else ""
    return (
        f'<article class="si-row" aria-label="Results for {escape(name)}">'
        f'<header><h3>{escape(name)}</h3><p class="si-facts">{width} × {height} px · {file_size(size)}</p>'
        f"{_verdict(prediction)}{total}</header>"
        f'<ol class="si-cards">{"".join(cards)}</ol></article>'
    )


def problem_row(name: str, sentence: str) -> str:
    """The row of a file that could not be read: its name, and why."""
    return (
        f'<article class="si-row si-problem" role="alert" aria-label="Problem with {escape(name)}">'
        f'<header><h3>{escape(name)}</h3><p class="si-facts">not read</p></header><p>{escape(sentence)}</p></article>'
    )


def notice(sentence: str) -> str:
    """One sentence about all the pictures, or nothing for an empty one."""
    return f'<p class="si-notice" role="status">{escape(sentence)}</p>' if sentence else ""


def results(rows: Sequence[str], summary: str) -> str:
    """The rows of all pictures, after a line that sums them up."""
    return (
        f'<section class="si-results" aria-label="Results"><p class="si-summary" role="status">{escape(summary)}</p>'
        f"{''.join(rows)}</section>"
    )


def _verdict(prediction: Prediction) -> str:
    """The answer in a word or two, for the head of the row."""
    if prediction.label is not None:
        share = percent(prediction.probabilities[prediction.label])
        if not prediction.is_known:
            return '<p class="si-verdict si-unsure"><strong>not sure</strong></p>'
        return f'<p class="si-verdict"><strong>{escape(prediction.label)}</strong> {share}</p>'
    if prediction.box is not None:
        return f'<p class="si-verdict">one object, box score {percent(prediction.box.score)}</p>'
    return ""


def _card(title: str, body: str, sentence: str, time: float | None = None, *, kind: str = "") -> str:
    """One card: `body` is HTML; `sentence` is HTML too, escaped by whoever wrote it."""
    clock = f'<span class="si-time">{milliseconds(time)}</span>' if time is not None else ""
    return (
        f'<li class="si-card {kind}"><h4>{title}{clock}</h4>'
        f'<div class="si-body">{body}</div><p class="si-sentence">{sentence}</p></li>'
    )


def _image(source: str, size_wh: tuple[int, int], description: str, *, kind: str = "", overlay: str = "") -> str:
    """A picture in a square frame, with `overlay` in percent of the picture on top of it."""
    width, height = size_wh
    return (
        f'<div class="si-frame"><div class="si-canvas {kind}" style="--w:{width};--h:{height}">'
        f'<img src="{source}" alt="{escape(description)}" width="{width}" height="{height}">{overlay}</div></div>'
    )


def _off(title: str, sentence: str) -> str:
    """The card of a stage that did not run."""
    return _card(title, '<div class="si-frame si-off">off</div>', f"This stage is off: {sentence}")


def _background_card(prediction: Prediction, name: str, time: float | None) -> str:
    title = "Background removed"
    if prediction.cutout is None:
        return _off("Background", "the background stays.")
    alpha = prediction.cutout.getchannel("A").resize((64, 64), Image.Resampling.BOX)
    kept = sum(alpha.tobytes()) / 255 / 64**2
    if kept > 0.995:
        sentence = "Nothing was removed: the whole picture goes on."
    elif kept < 0.005:
        sentence = "Nearly everything was taken for background and removed."
    else:
        sentence = f"{percent(1 - kept)} of the picture was taken for background and removed."
    picture = _image(
        data_uri(prediction.cutout), prediction.size_wh, f"{name} without its background", kind="si-checker"
    )
    return _card(title, picture, sentence, time)


def _box_card(prediction: Prediction, name: str, picture: str, time: float | None) -> str:
    title = "Object found"
    if "detector" not in prediction.milliseconds:
        return _off("Object", "nothing was searched for.")
    count = len(prediction.boxes)
    if prediction.box is None:
        image = _image(picture, prediction.size_wh, f"{name}: no object found")
        return _card("No object found", image, "No box scored enough. A lower threshold shows weaker guesses.", time)
    score = percent(prediction.box.score)
    # Weakest first, so that the best box is painted on top.
    boxes = "".join(_box(box, prediction.size_wh, best=box is prediction.box) for box in reversed(prediction.boxes))
    image = _image(picture, prediction.size_wh, f"{name} with a box around the object, score {score}", overlay=boxes)
    sentence = f"An object is in this box; score <strong>{score}</strong>."
    if count > 1:
        sentence = f"{count} boxes; the thick one is the best, score <strong>{score}</strong>."
    if prediction.box.of_cutout:
        sentence += " It is the box around the cut-out, which is clear here."
    return _card(title, image, sentence, time)


def _box(box: Box, size_wh: tuple[int, int], *, best: bool) -> str:
    """A box drawn in percent of the picture: crisp at any size, and no second picture to send."""
    width, height = size_wh
    place = (
        f"left:{100 * box.x1 / width:.2f}%;top:{100 * box.y1 / height:.2f}%;"
        f"width:{100 * (box.x2 - box.x1) / width:.2f}%;height:{100 * (box.y2 - box.y1) / height:.2f}%"
    )
    kind = "si-box si-best" if best else "si-box"
    inside = " si-inside" if box.y1 < height * 0.12 else ""  # no room above the box: the tag goes into it
    tag = f'<span class="si-tag{inside}">{percent(box.score)}</span>' if best else ""
    return f'<div class="{kind}" style="{place}" aria-hidden="true">{tag}</div>'


def _crop_card(prediction: Prediction, name: str) -> str:
    title = "Crop"
    if prediction.crop is None:
        return _off(title, "a crop is only made to be named.")
    crop = _image(data_uri(prediction.crop), prediction.crop.size, f"The crop of {name}", kind="si-checker")
    what = "What lies in and around the best box"
    if prediction.box is None:
        what = "The whole picture" if prediction.cutout is None else "What the background left over"
    return _card(title, crop, f"{what}: all that the last network gets to see.")


def _class_card(prediction: Prediction, time: float | None) -> str:
    title, kind = "What it is", "si-classes"
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    if not ranked:
        return _off(title, "the object gets no name.")
    bars = "".join(
        f'<li><span class="si-name">{escape(name)}</span><span class="si-value">{percent(share)}</span>'
        f'<span class="si-bar" aria-hidden="true"><i style="width:{100 * share:.1f}%"></i></span></li>'
        for name, share in ranked[:MAX_BARS]
    )
    best, share = ranked[0]
    if share >= 0.8 or len(ranked) == 1:
        sentence = f"This is most likely: <strong>{escape(best)}</strong>."
    elif share >= 2 * ranked[1][1]:
        sentence = f"Probably <strong>{escape(best)}</strong>; the network is not quite sure."
    else:
        sentence = f"Perhaps <strong>{escape(best)}</strong>, perhaps {escape(ranked[1][0])}: the network cannot tell."
    if prediction.group is not None:
        group = f"{escape(prediction.group)}, {percent(prediction.groups[prediction.group])}"
        sentence += f" As a group: <strong>{group}</strong>."
    if not prediction.is_known:
        kind += " si-unsure"
        others = percent(1 - (prediction.familiarity or 0)).replace(">", "more than")
        sentence = (
            "<strong>Not sure.</strong> It looks like nothing this network has learned: stranger to it than "
            f"{others} of the objects it was checked with. "
            f"The closest is {escape(best)}, which need not mean anything."
        )
    if len(ranked) > MAX_BARS:
        sentence += f" {len(ranked) - MAX_BARS} less likely classes are not shown."
    return _card(title, f'<ol class="si-bars">{bars}</ol>', sentence, time, kind=kind)
