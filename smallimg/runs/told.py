"""What a file of JSON says, held against what it should say: files can be cut short, edited, or made up."""

import dataclasses
import types
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

#: Larger than any number that means something, and small enough to be reckoned with.
MOST = 1e300


def fits(value: Any, hint: Any) -> bool:
    """Whether a value, as JSON gives it, is of a type as Python writes it.

    `float` is any number but NaN and the infinities, `int` a whole one; neither is `true`. Of a tuple or a list each
    member is looked at, of a dict each value, of a dataclass each field.

    Args:
        value: of JSON.
        hint: str, int, float, bool, None, Any, `X | Y`, Literal, list[X], tuple[X, ...], dict[str, X] or a dataclass.
    """
    origin, inside = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return any(fits(value, one) for one in inside)
    if origin is Literal:
        return isinstance(value, str) and value in inside
    if origin in (list, tuple, Sequence):
        return isinstance(value, list | tuple) and all(fits(one, inside[0]) for one in value)
    if origin in (dict, Mapping):
        return isinstance(value, dict) and all(fits(one, inside[1]) for one in value.values())
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return isinstance(value, hint) and all(
            fits(getattr(value, one.name), hints[one.name]) for one in dataclasses.fields(hint)
        )
    return hint is Any or _is(value, hint)


def _is(value: Any, hint: Any) -> bool:
    """`fits` of a value that holds no others."""
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and -MOST < value < MOST
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) < value < 1 << 63
    return value is None if hint in (None, type(None)) else isinstance(value, hint)


def number(said: Mapping[str, Any], name: str, default: float = 0.0) -> float:
    """A number that a file of JSON says; `default` where it says none, or something else."""
    value = said.get(name)
    return float(value) if isinstance(value, int | float) and fits(value, float) else default


def count(said: Mapping[str, Any], name: str) -> int:
    """A whole number from 0 up that a file of JSON says; 0 where it says none, or something else."""
    value = said.get(name)
    return max(0, value) if isinstance(value, int) and fits(value, int) and abs(value) < 1e15 else 0
