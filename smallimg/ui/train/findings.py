"""What the checks say of a data set, as cards: what it is, what to do, some of the pictures, and a button for it."""

from collections.abc import Sequence
from contextlib import suppress
from html import escape
from itertools import islice
from pathlib import Path

from smallimg.data.checks.finding import Finding
from smallimg.data.left_out import LEFT_OUT
from smallimg.errors import ImageError
from smallimg.pictures.images import flatten, open_local
from smallimg.ui.data_uri import data_uri

#: Severity → what it is called; what is only good to know stands apart, see `note_list`.
CALLED = {"error": "wrong", "warning": "doubtful"}
MOST_CARDS = 12
MOST_PICTURES = 6
SIDE = 96
#: What the button says to the page that looks closer, which learns from the pictures for a moment.
CLOSER = "closer"

_CLOSER = (
    f'<p class="si-left-out"><button type="button" data-finding="{CLOSER}">Look closer</button> learns from the '
    "pictures for a moment: do their backgrounds give the classes away, are labels probably wrong?</p>"
)


def finding_cards(
    findings: Sequence[Finding], *, can_start: bool = True, left_out: int = 0, closer: bool = False
) -> str:
    """A card for each finding that is wrong or doubtful, in their order, and how many pictures are left out already.

    A button's `data-finding` is the place of what it is about; none takes everything back.

    Args:
        findings: those of `smallimg.data.checks`.
        can_start: whether a training can start with the data as it is.
        left_out: how many pictures are not used, by `smallimg.data.left_out`.
        closer: whether to offer the checks that learn from the pictures.
    """
    told = {place: finding for place, finding in enumerate(findings) if finding.severity in CALLED}
    back = _left_out(left_out) if left_out else ""
    look = _CLOSER if closer else ""
    if not told:
        return f'<p class="si-sentence si-fine">Every row and every picture is sound.</p>{back}{look}'
    cards = "".join(_card(place, finding) for place, finding in islice(told.items(), MOST_CARDS))
    rest = len(told) - MOST_CARDS
    more = f'<p class="si-sentence">… and {rest} more: the report below has them all.</p>' if rest > 0 else ""
    return (
        f'<section class="si-findings" aria-label="What is wrong or doubtful"><h4>{_headline([*told.values()])}</h4>'
        f'<p class="si-sentence">{_remedy([*told.values()], can_start=can_start)}</p>{back}'
        f'<ul class="si-finding-list">{cards}</ul>{more}{look}</section>'
    )


def note_list(findings: Sequence[Finding]) -> str:
    """What is good to know, folded away: most of it says how the data was understood."""
    notes = [finding for finding in findings if finding.severity not in CALLED]
    if not notes:
        return ""
    lines = "".join(f"<li>{escape(finding.message)}</li>" for finding in notes)
    return f'<details class="si-notes"><summary>How it was read</summary><ul>{lines}</ul></details>'


def _headline(told: Sequence[Finding]) -> str:
    counts = [(sum(finding.severity == severity for finding in told), word) for severity, word in CALLED.items()]
    parts = [f"{count} thing{'s are' if count > 1 else ' is'} {word}" for count, word in counts if count]
    return escape(" and ".join(parts))


def _remedy(told: Sequence[Finding], *, can_start: bool) -> str:
    if not can_start:
        return "Mend the data and bring it again: nothing can start with it."
    if any(finding.severity == "error" for finding in told):
        return "Mend the data and bring it again, or start: what is wrong is left out of training."
    return "You can start as it is; each card says what would make it better."


def _card(place: int, finding: Finding) -> str:
    return (
        f'<li class="si-finding si-{finding.severity}"><p class="si-severity">{CALLED[finding.severity]}</p>'
        f"<p><strong>{escape(_sentence(finding.message))}</strong></p>"
        f'<p class="si-sentence">{escape(_sentence(finding.remedy))}</p>'
        f"{_pictures(finding)}{_button(place, finding)}</li>"
    )


def _pictures(finding: Finding) -> str:
    """The first few that it is about; one that does not open is what others speak of."""
    items = []
    for path in finding.pictures[:MOST_PICTURES]:
        with suppress(ImageError):
            picture = data_uri(flatten(open_local(path, at_least=2 * SIDE)), longest_side=SIDE)
            items.append(f'<img src="{picture}" alt="{escape(path.name)}" title="{escape(_place(path))}">')
    return f'<p class="si-finding-pictures">{"".join(items)}</p>' if items else ""


def _place(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _sentence(words: str) -> str:
    """Words as a card has them: the first one large, unless it is a file's name."""
    first = words.split(" ", 1)[0]
    return words if {".", "/", "_"} & set(first) else words[:1].upper() + words[1:]


def _button(place: int, finding: Finding) -> str:
    count = len(finding.pictures)
    if not count:
        return ""
    words = "Leave this one out" if count == 1 else f"Leave these {count:,} out"
    return f'<button type="button" data-finding="{place}">{words}</button>'


def _left_out(count: int) -> str:
    pictures = "1 picture is" if count == 1 else f"{count:,} pictures are"
    return (
        f'<p class="si-left-out">{pictures} left out of everything, by {LEFT_OUT}. '
        '<button type="button" data-finding="">Use them again</button></p>'
    )
