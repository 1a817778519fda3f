"""A prediction as HTML: one row of five cards, or six, each with its picture and one plain sentence.

Pure functions from values to strings. Every name that comes from outside is escaped; every colour comes from the style
sheet (`style.css`), so that light and dark need no second version.
"""

from collections.abc import Sequence
from html import escape

import numpy as np
from PIL import Image

from smallimg.bundles.bundle import Stage
from smallimg.cli.wording import file_size, listed, milliseconds, named_objects, names_of_boxes, percent
from smallimg.pictures.frames import MOST_COUNTED
from smallimg.pictures.preprocess import FILL
from smallimg.results import NAMED_FROM, Box, Prediction
from smallimg.ui import pixels
from smallimg.ui.data_uri import data_uri
from smallimg.ui.objects import named_boxes, objects_part

MAX_BARS = 10
#: A network that tells more classes than these apart shows its best few: its list of ten would be noise.
MANY, FEW_BARS = 20, 4
#: Of the object that a detector draws in its box: the colour over it, seen on light and dark pictures, and how strong.
MASK_COLOUR, MASK_OPACITY = (53, 201, 181), 130
FINER_LABEL = "Finer cut-out (pre-trained)"
_OPEN = (
    '<svg viewBox="0 0 20 20" aria-hidden="true" focusable="false">'
    '<path d="M12 3h5v5M17 3l-6 6M8 17H3v-5M3 17l6-6"/></svg>'
)


def picture_row(
    name: str,
    image: Image.Image,
    prediction: Prediction,
    *,
    size: int,
    index: int = 0,
    large: str = "",
    classifier: Stage | None = None,
    pretrained: Sequence[tuple[str, float]] = (),
) -> str:
    """The row of a picture: what it is called, what was found, and a card for the picture and each stage.

    Args:
        name: what to call the picture; any text.
        image: the picture as opened, RGB or RGBA, of the prediction's size.
        prediction: what the pipeline found in it.
        size: bytes of the file.
        index: its place among all, which its buttons name.
        large: the address of the picture in full, for a look at it in large; without one the small one does.
        classifier: how the crop was made.
        pretrained: what a network that others trained says of the crop, best first, to compare.
    """
    width, height = prediction.size_wh
    times = prediction.milliseconds
    picture = data_uri(image)
    shown = _image(picture, image.size, f"The picture {name}", kind="si-whole")
    cards = [
        _card("Picture", shown, _as_it_came(prediction)),
        _background_card(prediction, name, picture, index),
        _box_card(prediction, name, picture, index),
        _crop_card(prediction, name, classifier, is_clear=image.mode == "RGBA"),
        _class_card(prediction, times.get("classifier"), pretrained, index),
        *([_pixels_card(prediction, name, picture)] if prediction.segmentation is not None else []),
    ]
    total = f'<span class="si-time">{milliseconds(times["total"])} in all</span>' if "total" in times else ""
    return (
        f'<article class="si-row" aria-label="Results for {escape(name)}" data-large="{escape(large)}">'
        f'<header><h3>{escape(name)}</h3><p class="si-facts">{width} × {height} px · {file_size(size)}</p>'
        f"{_verdict(prediction)}{total}</header>"
        f'<ol class="si-cards">{"".join(cards)}</ol>{objects_part(prediction)}</article>'
    )


def _as_it_came(prediction: Prediction) -> str:
    """Of several in a file, which picture this is."""
    if prediction.frame is None:
        return "The picture as it came."
    place, count = prediction.frame
    many = f"{count}" if count < MOST_COUNTED else f"{count:,} or more"
    return f"Picture {place} of {many} in its file, as it came; the others are not looked at."


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


def results_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """All results as a table that scrolls sideways where there is no room for it."""
    heads = "".join(f'<th scope="col">{escape(head)}</th>' for head in headers)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        '<h2>All results</h2><div class="si-scroll" tabindex="0" role="region" aria-label="All results"><table>'
        f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _verdict(prediction: Prediction) -> str:
    """The answer in a word or two, for the head of the row."""
    if several := named_objects(prediction):
        return f'<p class="si-verdict"><strong>{escape(several)}</strong></p>'
    if prediction.sure_label is not None:
        share = percent(prediction.probabilities[prediction.sure_label])
        return f'<p class="si-verdict"><strong>{escape(prediction.sure_label)}</strong> {share}</p>'
    if prediction.sure_group is not None:
        share = percent(prediction.groups[prediction.sure_group])
        return f'<p class="si-verdict"><strong>{escape(prediction.sure_group)}</strong> {share}, not sure which</p>'
    if prediction.label is not None:
        return '<p class="si-verdict si-unsure"><strong>not sure</strong></p>'
    if prediction.box is not None:
        return f'<p class="si-verdict">one object, box score {percent(prediction.box.score)}</p>'
    return ""


def _card(title: str, body: str, sentence: str, time: float | None = None, *, kind: str = "", below: str = "") -> str:
    """One card: `body`, `sentence` and `below` are HTML, escaped by whoever wrote it."""
    clock = f'<span class="si-time">{milliseconds(time)}</span>' if time is not None else ""
    return (
        f'<li class="si-card {kind}"><h4>{title}{clock}</h4>'
        f'<div class="si-body">{body}</div><p class="si-sentence">{sentence}</p>{below}</li>'
    )


def _image(source: str, size_wh: tuple[int, int], description: str, *, kind: str = "", overlay: str = "") -> str:
    """A picture in a square frame that opens large, with `overlay` in percent of the picture on top of it."""
    width, height = size_wh
    return (
        f'<div class="si-frame"><div class="si-canvas {kind}" style="--w:{width};--h:{height}">'
        f'<img src="{source}" alt="{escape(description)}" width="{width}" height="{height}">{overlay}'
        f'</div><button type="button" class="si-open" aria-label="Open large: {escape(description)}" '
        f'title="Open large">{_OPEN}</button></div>'
    )


def _off(title: str, sentence: str) -> str:
    """The card of a stage that did not run."""
    return _card(title, '<div class="si-frame si-off">off</div>', f"This stage is off: {sentence}")


def _background_card(prediction: Prediction, name: str, picture: str, index: int) -> str:
    title = "Background removed"
    if prediction.cutout is None:
        return _off("Background", "the background stays.")
    kept = opaque_share(prediction.cutout)
    if kept > 0.995:
        sentence = "Nothing was removed: the whole picture goes on."
    elif kept < 0.005:
        sentence = "Nearly everything was taken for background and removed."
    else:
        sentence = f"{percent(1 - kept)} of the picture was taken for background and removed."
    width, height = prediction.size_wh
    slider = (  # the picture lies over the cut-out, and as much of it is seen as the slider says
        f'<img class="si-before" src="{picture}" alt="{escape(name)} with its background" '
        f'width="{width}" height="{height}"><i class="si-grip" aria-hidden="true"></i>'
        f'<input class="si-slide" type="range" min="0" max="100" value="0" '
        f'aria-label="From the cut-out to the picture: {escape(name)}">'
    )
    image = _image(
        data_uri(prediction.cutout),
        prediction.size_wh,
        f"{name} without its background",
        kind="si-whole si-checker si-compare",
        overlay=slider,
    )
    save = (
        f'<button type="button" class="si-save" data-save="{index}" '
        f'aria-label="Save the cut-out of {escape(name)} as PNG">Save as PNG</button>'
    )
    finer = (
        f'<button type="button" class="si-save" data-finer="{index}" title="by a network that others trained, once '
        f'downloaded (4 MB)" aria-label="{FINER_LABEL} of {escape(name)}">{FINER_LABEL}</button>'
    )
    below = f'<div class="si-buttons">{save}{finer}</div>'
    return _card(title, image, sentence, prediction.milliseconds.get("background"), below=below)


def opaque_share(cutout: Image.Image) -> float:
    """How much of a picture a cut-out, RGBA, has kept, 0 … 1."""
    alpha = cutout.getchannel("A").resize((64, 64), Image.Resampling.BOX)
    return sum(alpha.tobytes()) / 255 / 64**2


def _box_card(prediction: Prediction, name: str, picture: str, index: int) -> str:
    title, times = "Object found", prediction.milliseconds
    if "detector" not in times:
        return _off("Object", "nothing was searched for.")
    drawn = named_boxes(prediction) or prediction.boxes
    count = len(drawn)
    if prediction.box is None:
        title, found = "No object found", f"{name}: no object found"
        sentence = "No box scored enough. A lower threshold shows weaker guesses."
    else:
        score = percent(prediction.box.score)
        found = f"{name} with a box around the object, score {score}"
        sentence = f"An object is in this box; score <strong>{score}</strong>."
        if count > 1:
            sentence = f"{count} boxes; the thick one is the best, score <strong>{score}</strong>."
        if said := names_of_boxes(prediction):
            sentence += f" In them the detector sees: <strong>{escape(said)}</strong>."
        if any(box.mask is not None for box in drawn):
            sentence += " What it takes for the object is coloured."
        if prediction.box.of_cutout:
            sentence += " It is the box around the cut-out, which is clear here."
        if several := named_objects(prediction):
            sentence = f"{count} objects, each named by itself: <strong>{escape(several)}</strong>."
    image = with_boxes(drawn, prediction.size_wh, picture, found)
    below = explain_button("box", "What does it depend on?", index) if prediction.box is not None else ""
    return _card(title, image, sentence, times["detector"], below=below)


def with_boxes(boxes: Sequence[Box], size_wh: tuple[int, int], picture: str, description: str) -> str:
    """A picture with boxes drawn on it, the first of them the thickest.

    Args:
        boxes: in pixels of the picture as opened.
        size_wh: its width and height.
        picture: where it is shown from.
        description: what is seen, for who cannot.
    """
    overlay = "".join(_box(box, size_wh, best=box is boxes[0]) for box in reversed(boxes))
    return _image(picture, size_wh, description, kind="si-whole", overlay=overlay)


def explain_button(kind: str, words: str, index: int) -> str:
    """A button that asks why; `kind` is what is asked about, "class" or "box", `index` the picture's place."""
    button = f'<button type="button" class="si-ask" data-explain="{kind}" data-index="{index}">{words}</button>'
    return f'<div class="si-buttons">{button}</div>'


def _box(box: Box, size_wh: tuple[int, int], *, best: bool) -> str:
    """A box drawn in percent of the picture: crisp at any size, and no second picture to send."""
    width, height = size_wh
    place = (
        f"left:{100 * box.x1 / width:.2f}%;top:{100 * box.y1 / height:.2f}%;"
        f"width:{100 * (box.x2 - box.x1) / width:.2f}%;height:{100 * (box.y2 - box.y1) / height:.2f}%"
    )
    kind = "si-box si-best" if best else "si-box"
    inside = " si-inside" if box.y1 < height * 0.12 else ""  # no room above the box: the tag goes into it
    said = f"{escape(box.name)} {percent(box.score)}" if box.name is not None else percent(box.score)
    tag = f'<span class="si-tag{inside}">{said}</span>' if best or box.name is not None else ""
    return f'<div class="{kind}" style="{place}" aria-hidden="true">{_mask(box)}{tag}</div>'


def _mask(box: Box) -> str:
    """What of the box is the object, as a colour over it; nothing where the detector does not draw."""
    if box.mask is None:
        return ""
    tint = Image.new("RGBA", box.mask.size, MASK_COLOUR)
    tint.putalpha(box.mask.point([0] * 128 + [MASK_OPACITY] * 128))
    return f'<img class="si-mask" src="{data_uri(tint)}" alt="">'


def _crop_card(prediction: Prediction, name: str, classifier: Stage | None, *, is_clear: bool) -> str:
    title = "Crop"
    if prediction.crop is None:
        return _off(title, "a crop is only made to be named.")
    crop = _image(data_uri(prediction.crop), prediction.crop.size, f"The crop of {name}")
    what, bars = "the whole picture", " and grey bars that make it a square"
    if prediction.box is not None:
        what, bars = "the best box", " and grey bars beyond the picture’s edge"
    elif prediction.cutout is not None and np.asarray(prediction.cutout.getchannel("A")).max() > 127:
        what, bars = "what the background left over", " and grey bars beyond the picture’s edge"
    if classifier is not None and classifier.margin is None:
        sentence = f"{what.capitalize()}, stretched to a square"
    else:
        sentence = "The whole picture" if what == "the whole picture" else f"A square around {what}"
    if classifier is not None and classifier.reads == "cutout" and prediction.cutout is not None:
        sentence += ", plain grey where the background was"
    elif is_clear:
        sentence += ", plain grey where the picture is transparent"
    else:
        sentence += ", with the background that is there"
        if _has_bars(prediction.crop):
            sentence += bars
    seen = "all that the last network gets to see"
    if classifier is not None and classifier.whole_too:
        looks, count = "at the middle of the whole picture", "two"
        surest = prediction.box.score if prediction.box else 0.0
        if classifier.middle_below is not None and surest < classifier.middle_below:
            looks, count = "twice at the middle of the picture", "three"
        seen = f"the last network looks at this and {looks}, and its answer is the mean of the {count}"
    return _card(title, crop, f"{sentence}: {seen}.")


def _has_bars(crop: Image.Image) -> bool:
    """Whether a crop reaches beyond the picture, so far that it is seen: a strip along one of its edges is filling."""
    pixels = np.asarray(crop)
    deep = max(1, len(pixels) // 40)
    strips = (pixels[:deep], pixels[-deep:], pixels[:, :deep], pixels[:, -deep:])
    return any(bool((strip == FILL).all()) for strip in strips)


def _class_card(prediction: Prediction, time: float | None, pretrained: Sequence[tuple[str, float]], index: int) -> str:
    title, kind = "What it is", "si-classes"
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    if not ranked:
        return _off(title, "the object gets no name.")
    bars = _bars(ranked[: MAX_BARS if len(ranked) <= MANY else FEW_BARS])
    sure = escape(prediction.sure_label or "")
    if prediction.level == "group":
        sentence = f"No single name is sure enough. {_why_unsure(prediction, ranked)}"
    elif prediction.level is None:
        kind += " si-unsure"
        sentence = f"<strong>Not sure.</strong> {_why_unsure(prediction, ranked)}"
    elif ranked[0][1] >= 0.8:
        sentence = f"This is most likely: <strong>{sure}</strong>."
    else:
        sentence = f"Probably <strong>{sure}</strong>; the network is not quite sure."
    if prediction.sure_group not in (None, prediction.sure_label):
        group = f"{escape(prediction.sure_group)}, {percent(prediction.groups[prediction.sure_group])}"
        sentence += f" As a group: <strong>{group}</strong>."
    if len(ranked) > MANY:
        sentence += f" It knows {len(ranked)} kinds; the likeliest {FEW_BARS} are shown."
    elif len(ranked) > MAX_BARS:
        sentence += f" {len(ranked) - MAX_BARS} less likely classes are not shown."
    below = explain_button("class", "What did it look at?", index)
    if pretrained:
        below += (
            f'<section class="si-pretrained"><h5>Pre-trained on ImageNet, not ours</h5>{_bars(pretrained)}</section>'
        )
    return _card(title, bars, sentence, time, kind=kind, below=below)


def _pixels_card(prediction: Prediction, name: str, picture: str) -> str:
    found = prediction.segmentation
    assert found is not None, "asked before"
    said = listed([f"{one} {percent(share)}" for one, share in found.shares.items()]) or "background only"
    described = f"{name} with every pixel coloured by its class: {said}"
    image = _image(picture, prediction.size_wh, described, kind="si-whole", overlay=pixels.overlay(found))
    time = prediction.milliseconds.get("segmenter")
    return _card("Every pixel", image, pixels.sentence(found), time, below=pixels.legend(found))


def _bars(ranked: Sequence[tuple[str, float]]) -> str:
    """Names with their probabilities, and a bar for each."""
    lines = "".join(
        f'<li><span class="si-name" title="{escape(name)}">{escape(name)}</span>'
        f'<span class="si-value">{percent(share)}</span>'
        f'<span class="si-bar" aria-hidden="true"><i style="width:{100 * share:.1f}%"></i></span></li>'
        for name, share in ranked
    )
    return f'<ol class="si-bars">{lines}</ol>'


def _why_unsure(prediction: Prediction, ranked: Sequence[tuple[str, float]]) -> str:
    """Why no name is said aloud, and which would be the closest; HTML."""
    (best, share), *others = ranked
    closest = f"{escape(best)}, {percent(share)}"
    if prediction.doubt == "unlike":
        familiar = prediction.familiarity or 0.0
        than = f"than {percent(1 - familiar).replace('>', 'more than')}" if familiar else "than every one"
        return (
            f"It looks like nothing this network has learned: stranger to it {than} of the objects it was checked "
            f"with. The closest is {closest}, which need not mean anything."
        )
    if prediction.doubt == "unlikely" or not others:
        least = "half" if prediction.named_from == NAMED_FROM else f"the {percent(prediction.named_from)}"
        needed = "" if prediction.named_from == NAMED_FROM else " that a name needs here"
        return f"No class has {least} of the probability{needed}. The closest is {closest}."
    return f"Two are too close to call: {closest}, and {escape(others[0][0])}, {percent(others[0][1])}."
