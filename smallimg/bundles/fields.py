"""What may stand in a bundle's description: each field's type and range, and a sentence where something else stands.

A description may come from anybody. What passes here can still describe a network that does not work, which building it
finds out; it cannot make a number out of a word, or a picture of no pixels.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from unicodedata import category

#: Side in pixels of the square that a network sees, least and most.
SIDES = (8, 2048)
#: What a field has to be: a test, and the words for it.
Rule = tuple[Callable[[Any], bool], str]


def _is_broken(text: str) -> bool:
    """JSON can hold half a character, which can be neither shown nor written."""
    return any(category(one) == "Cs" for one in text)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not _is_broken(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_number(value: Any) -> bool:
    """JSON knows `true`, which Python takes for 1, and Python's reader knows `NaN` and `Infinity`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_side(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and SIDES[0] <= value <= SIDES[1]


def _or_null(low: float, high: float) -> Callable[[Any], bool]:
    return lambda value: value is None or (_is_number(value) and low <= value <= high)


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value)) and len(set(value)) == len(value)


def _are_marks(value: Any) -> bool:
    return (
        isinstance(value, list)
        and all(map(_is_number, value))
        and len(value) != 1
        and all(low <= high for low, high in pairwise(value))
    )


BUNDLE: dict[str, Rule] = {
    "class_names": (_is_names, "a list of names, each of them once"),
    "background": (_is_text, "the name of a background model"),
    "stages": (_is_object, "an object with a stage a name"),
    "card": (_is_object, "an object"),
}
STAGE: dict[str, Rule] = {
    "architecture": (_is_text, "the name of an architecture"),
    "arguments": (_is_object, "an object of a network's arguments"),
    "input_size": (_is_side, f"a whole number of pixels from {SIDES[0]} to {SIDES[1]}"),
    "reads": (lambda value: value in ("image", "cutout"), "“image” or “cutout”"),
    "margin": (_or_null(0, 4), "null or a number from 0 to 4"),
    "room": (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    "clear_cutout": (_or_null(0, 1), "null or a number from 0 to 1"),
    "temperature": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    **dict.fromkeys(
        ("energy_marks", "likeness_marks"),
        (_are_marks, "a list of numbers in ascending order, none or at least two"),
    ),
    **dict.fromkeys(("whole_too", "quantised"), (lambda value: isinstance(value, bool), "true or false")),
    "middle_below": (_or_null(0, 1), "null or a number from 0 to 1"),
    **dict.fromkeys(
        ("unknown_below", "named_from", "group_from"),
        (lambda value: _is_number(value) and 0 <= value <= 1, "a number from 0 to 1"),
    ),
}
CARD: dict[str, Rule] = {
    **dict.fromkeys(
        ("about", "command", "data", "device", "limits", "recipe", "start"),
        (lambda value: isinstance(value, str) and not _is_broken(value), "a text"),
    ),
    "seed": (lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number"),
    "metrics": (
        lambda value: isinstance(value, dict) and all(one is None or _is_plain(one) for one in value.values()),
        "an object with a number or a text for each figure",
    ),
    "versions": (
        lambda value: isinstance(value, dict) and all(isinstance(one, str) for one in value.values()),
        "an object with a text for each package",
    ),
}
_NEEDED = ("architecture", "arguments", "input_size")


def fault_in(content: Any) -> str | None:
    """The first fault in what a bundle.json says, its format apart, in words; None where there is none."""
    return next(_faults(content), None)


def fault_in_stage(stage: Mapping[str, Any], *, of: str) -> str | None:
    """The first fault in some fields of a stage, in words that begin with `of`; None where there is none."""
    return next(_faulty(stage, STAGE, needed=(), of=of), None)


def _faults(content: Any) -> Iterator[str]:
    """In an order in which none is looked for where one before it is in the way."""
    if not isinstance(content, dict):
        yield f"it is an object, got {_shown(content)}"
        return
    yield from _faulty(content, BUNDLE, needed=tuple(BUNDLE), of="its")
    for name, stage in content["stages"].items():
        if not isinstance(stage, dict):
            yield f"its stage “{name}” is an object, got {_shown(stage)}"
        yield from (
            f"its {name} has a field “{field}” that this version does not know" for field in stage.keys() - STAGE
        )
        yield from _faulty(stage, STAGE, needed=_NEEDED, of=f"its {name}'s")
    names, groups = content["class_names"], content.get("groups", {})
    if not (isinstance(groups, dict) and all(map(_is_names, groups.values()))):
        yield f"its “groups” are lists of class names by the group's name, got {_shown(groups)}"
    if strangers := {one for classes in groups.values() for one in classes} - set(names):
        yield f"it groups classes that it does not have: {', '.join(sorted(strangers))}"
    classifier = content["stages"].get("classifier")
    if classifier is not None and classifier["arguments"].get("n_classes") != len(names):
        yield f"its classifier has {_shown(classifier['arguments'].get('n_classes'))} outputs for {len(names)} classes"
    segmenter = content["stages"].get("segmenter")
    if segmenter is not None and (there := segmenter["arguments"].get("n_classes")) != len(names):
        yield f"its segmenter tells {_shown(there)} classes apart, and there are {len(names)}"
    detector = content["stages"].get("detector")
    if detector is not None and (there := detector["arguments"].get("n_classes")) not in (None, len(names)):
        yield f"its detector names {_shown(there)} classes, and there are {len(names)}"
    yield from _faulty(content["card"], CARD, needed=(), of="its card's")


def _faulty(content: Mapping[str, Any], rules: Mapping[str, Rule], *, needed: Sequence[str], of: str) -> Iterator[str]:
    for field, (holds, words) in rules.items():
        if field not in content:
            if field in needed:
                yield f"{of} “{field}” is missing"
        elif not holds(content[field]):
            yield f"{of} “{field}” is {words}, got {_shown(content[field])}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode("utf-8")
    return text if len(text) <= 60 else f"{text[:60]}…"
