"""What is wrong, made from what is right, and how it has to end: in a result or in a sentence of ours, in time."""

import copy
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

from smallimg.errors import SmallimgError

LONGEST_S = 10

#: What may stand where something else belongs.
WRONG: tuple[Any, ...] = (None, True, -1, 0.5, 10**30, math.nan, "\ud800", [[1]], {"a": [1]})


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value in a piece of JSON, the whole of it too."""
    yield path
    inside = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


def with_value(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at one place."""
    if not path:
        return value
    changed = copy.deepcopy(content)
    at = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return changed


def without(content: Any, path: tuple[Any, ...]) -> Any:
    """A copy in which one place is missing."""
    changed = copy.deepcopy(content)
    at = changed
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return changed


def variants(content: Any) -> Iterator[tuple[str, Any]]:
    """Every place with every wrong value, and without it: what was done, and what it is then."""
    for path in places(content):
        for value in WRONG:
            yield f"{path} is {value!r}", with_value(content, path, value)
        if path:
            yield f"{path} is missing", without(content, path)


def ends_well(read: Callable[[], Any], what: str = "") -> None:
    """A result or a sentence of ours, within ten seconds of the processor; any other exception goes on to the test.

    Args:
        read: what is tried.
        what: was done to its input, for whoever reads of a failure.
    """
    started, said = time.process_time(), None
    try:
        read()
    except SmallimgError as error:
        said = str(error)
    assert said is None or (said.strip() and "Traceback" not in said), what
    assert time.process_time() - started < LONGEST_S, what
