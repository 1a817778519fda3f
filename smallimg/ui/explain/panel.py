"""“What did it look at?” as HTML: the picture with its heat, what can be asked, and how far to trust it.

Pure functions from values to strings; whatever comes from outside is escaped.
"""

from collections.abc import Iterable, Sequence
from html import escape

from PIL import Image

from smallimg.cli.wording import percent
from smallimg.study.explain.catalogue import ABOUT, BOX_ABOUT, About
from smallimg.study.explain.question import Question
from smallimg.study.explain.trust import Trust
from smallimg.ui.data_uri import data_uri

#: Longer side of the picture that is shown, in pixels.
SIDE = 720
VERDICTS = {"good": "Can be trusted here", "fair": "With care", "poor": "Do not trust it"}
TITLES = {"class": "What did it look at?", "box": "What does the box depend on?"}


def explanation_panel(
    picture: Image.Image,
    heat: Image.Image,
    question: Question,
    *,
    said: str,
    about: About,
    class_names: Sequence[str],
    trust: str,
) -> str:
    """All of the panel, within its section.

    Args:
        picture: RGB or RGBA.
        heat: RGBA, of the same shape, from `smallimg.study.explain.overlay.colours`.
        question: what was asked, to be shown in the choices.
        said: what the network says of it, plain text.
        about: the method.
        class_names: what can be asked about, the likeliest first.
        trust: HTML of `trust_part` or `measuring`.
    """
    width, height = picture.size
    frame = (
        f'<div class="si-frame"><div class="si-canvas si-heat" style="--w:{width};--h:{height}">'
        f'<img src="{data_uri(picture, longest_side=SIDE)}" alt="The picture" width="{width}" height="{height}">'
        f'<img class="si-heat-layer" src="{data_uri(heat, longest_side=SIDE)}" alt="Warm where it matters" '
        f'width="{width}" height="{height}"></div></div>'
    )
    return (
        f'<header><h4>{TITLES[question.kind]}</h4><button type="button" class="si-ask" data-close-explain '
        'aria-label="Close what it looked at">Close</button></header>'
        f'<div class="si-explain-body"><div class="si-explain-picture">{frame}'
        '<label class="si-opacity"><span>Heat</span><input type="range" min="0" max="100" value="80" '
        f'aria-label="How strongly the heat is shown"></label>{_LEGEND}</div>'
        f'<div class="si-explain-words"><div class="si-choices">{_choices(question, class_names)}</div>'
        f'<p class="si-said"><strong>{escape(said)}</strong></p><p class="si-sentence">{escape(about.tells)}</p>'
        f"{trust}{_more(about)}</div></div>"
    )


def measuring() -> str:
    """What stands in place of the trust while it is measured."""
    return (
        '<p class="si-trust si-measuring" role="status">How far can it be trusted? Hiding parts of it to find out …</p>'
    )


def trust_part(trust: Trust) -> str:
    """How far to trust the map: in a word, in a sentence, and in figures behind a fold."""
    figures = trust.faithfulness
    instead = " Try another way to show it." if trust.verdict == "poor" else ""
    orders = {"this map": figures.map, "at random": figures.random, "the middle first": figures.middle}
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f"<td>{value:.2f}</td>" for value in (one.deletion, one.insertion, one.gain))
        + "</tr>"
        for name, one in orders.items()
    )
    return (
        f'<p class="si-trust si-{trust.verdict}" role="status"><strong>{VERDICTS[trust.verdict]}.</strong> '
        f"{escape(trust.sentence)}{instead}</p>"
        "<details><summary>How that was measured</summary>"
        '<p class="si-sentence">The places are hidden one after the other, the warmest first (deletion: the faster the '
        "answer goes, the smaller), or shown one after the other (insertion: the sooner it comes, the larger). The "
        "gain is insertion less deletion; the same is done in two orders that know nothing. Petsiuk et al., 2018.</p>"
        '<div class="si-scroll"><table><thead><tr><th scope="col">what comes first</th><th scope="col">deletion</th>'
        f'<th scope="col">insertion</th><th scope="col">gain</th></tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="si-sentence">With the network’s weights shuffled, the map is like this one to '
        f"{trust.sameness:.2f} (rank correlation: 0 is not at all, 1 is the same, −1 the same turned over). "
        "A map that stays the same would show the picture and nothing that was learned. Adebayo et al., "
        "2018.</p></details>"
    )


def unexplained(sentence: str, question: Question) -> str:
    """The panel where there is no map: why."""
    return (
        f'<header><h4>{TITLES[question.kind]}</h4><button type="button" class="si-ask" data-close-explain>Close'
        f'</button></header><p class="si-notice" role="alert">{escape(sentence)}</p>'
    )


def said_of(question: str, share: float, *, kind: str) -> str:
    """What the network says of what was asked, in a phrase."""
    if kind == "box":
        return f"The box: score {percent(share)} by the detector alone"
    return f"Why {question}: {percent(share)}"


def _choices(question: Question, class_names: Sequence[str]) -> str:
    methods = BOX_ABOUT if question.kind == "box" else ABOUT
    fields = [_select("method", "Shown by", ((name, one.title) for name, one in methods.items()), question.method)]
    if question.kind == "class":
        names = [(name, name) for name in class_names]
        asks = ABOUT[question.method].asks_class
        fields.append(_select("label", "Why", names, question.label or "", off=not asks))
        others = [("", "anything else"), *(pair for pair in names if pair[0] != question.label)]
        fields.append(_select("against", "rather than", others, question.against or "", off=not asks))
    return "".join(fields)


def _select(field: str, words: str, options: Iterable[tuple[str, str]], chosen: str, *, off: bool = False) -> str:
    lines = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(text)}</option>'
        for value, text in options
    )
    disabled = ' disabled title="This method does not ask about a name"' if off else ""
    return f'<label><span>{words}</span><select data-ask="{field}"{disabled}>{lines}</select></label>'


def _more(about: About) -> str:
    scale = "can" if about.is_comparable else "cannot"
    return (
        f'<details><summary>What it cannot tell</summary><p class="si-sentence">{escape(about.cannot)}</p>'
        f'<p class="si-sentence">Heat {scale} be compared between pictures: {escape(about.scale)}.</p>'
        f'<p class="si-sentence">{escape(about.title)}: {escape(about.source)}.</p></details>'
    )


_LEGEND = '<p class="si-legend"><span>cold</span><i aria-hidden="true"></i><span>warm: it matters</span></p>'
