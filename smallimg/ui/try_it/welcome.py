"""What the page shows before there is a result: its head, the examples, the four steps, and its foot."""

from smallimg import __version__

# A mug, drawn once: steam, handle, body. Colours come from the style sheet. Everything that matters lies within the
# middle 96 of the 160 units, because a phone shows the drawings narrow.
_MUG = (
    '<g class="si-mug" transform="translate(-7.5)">'
    '<path class="si-steam" d="M70 34c-5-6 5-9 0-16M84 34c-5-6 5-9 0-16"/>'
    '<path class="si-handle" d="M99 54h8a12 12 0 0 1 0 28h-8"/>'
    '<path class="si-body-shape" d="M53 44h47v40a14 14 0 0 1-14 14H67a14 14 0 0 1-14-14z"/></g>'
)
_CHECKER = (
    '<defs><pattern id="si-checks" width="16" height="16" patternUnits="userSpaceOnUse">'
    '<rect class="si-check-a" width="16" height="16"/><path class="si-check-b" d="M0 0h8v8H0zM8 8h8v8H8z"/>'
    '</pattern></defs><rect width="160" height="120" fill="url(#si-checks)"/>'
)
_GROUND = '<rect class="si-ground" width="160" height="120"/>'
_BOX = '<rect class="si-frame-line" x="35" y="12" width="90" height="94" rx="2"/>'
_BARS = "".join(
    f'<rect class="si-bar-back" x="36" y="{y}" width="88" height="12" rx="6"/>'
    f'<rect class="si-bar-front" x="36" y="{y}" width="{width}" height="12" rx="6"/>'
    for y, width in ((24, 80), (54, 22), (84, 12))
)


def _drawing(shapes: str) -> str:
    return (
        '<svg viewBox="0 0 160 120" preserveAspectRatio="xMidYMid slice" aria-hidden="true" focusable="false">'
        f"{shapes}</svg>"
    )


_REMOVE = (
    "Remove the background",
    "A first network decides, pixel by pixel, what is object and what is not, and makes the rest transparent.",
    f'{_CHECKER}<path class="si-ground" d="M0 0h94L66 120H0z"/>{_MUG}',
)
_FIND = (
    "Find the object",
    "A second network proposes boxes and gives each a score: how sure it is that an object fills it.",
    _GROUND + _MUG + _BOX,
)
# A square of the picture, 92 of the 160 units wide; the picture ends below its upper edge.
_SQUARE = (
    '<rect class="si-table" width="160" height="120"/><svg x="34" y="14" width="92" height="92" viewBox="25 4 110 110">'
)
_CROP = (
    "Crop",
    "A square around the best box is cut from the picture, background and all; grey fills what lies beyond its edge.",
    f'{_SQUARE}{_GROUND}<path class="si-beyond" d="M0 0h160v15H0z"/>{_MUG}</svg>',
)
_CROP_OF_CUTOUT = (
    "Crop",
    "A square around the best box is cut out; plain grey stands where the background could mislead.",
    f'{_SQUARE}<path class="si-beyond" d="M0 0h160v120H0z"/>{_MUG}</svg>',
)
_NAME = (
    "Say what it is",
    "A third network gives every class it knows its share. Where none leads clearly, it says “not sure”.",
    _GROUND + _BARS,
)


def steps(*, cut_out: bool = False) -> str:
    """Shown where the results will be: the four steps, each with a drawing and a sentence.

    Args:
        cut_out: whether the last network looks at the cut-out; if not, at the picture with its background.
    """
    crop = _CROP_OF_CUTOUT if cut_out else _CROP
    told = (_REMOVE, _FIND, crop, _NAME)
    return (
        '<section class="si-steps" aria-label="How it works"><h2>What happens to a picture</h2><ol>'
        + "".join(
            f"<li>{_drawing(drawing)}<div><h3>{title}</h3><p>{sentence}</p></div></li>"
            for title, sentence, drawing in told
        )
        + "</ol></section>"
    )


def hero(*, is_public: bool) -> str:
    """The head of the page; a visitor of one that is open to the public does not sit at the machine."""
    where = "on the machine that this page comes from" if is_public else "on this machine"
    return _HERO.format(where=where)


_HERO = (
    '<header class="si-hero"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">'
    '<rect class="si-logo-frame" x="4" y="4" width="40" height="40" rx="9"/>'
    '<circle class="si-logo-object" cx="27" cy="27" r="10"/></svg>'
    "<div><h1>smallimg</h1><p>Drop a picture: its background goes, the object is found, cut out and named, by three "
    "small networks trained from scratch. Everything runs {where}.</p></div></header>"
)

#: The foot of the page.
FOOT = f'<footer class="si-foot">smallimg {__version__} · Apache-2.0</footer>'
