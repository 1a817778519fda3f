"""Networks by the names that bundles and recipes have for them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torch import nn

from smallimg.errors import TrainingError, first_line

Network = TypeVar("Network", bound=nn.Module)


def built(constructors: Mapping[str, Callable[..., Network]], name: str, arguments: Mapping[str, Any]) -> Network:
    """A new network.

    Raises:
        TrainingError: when there is none of that name, or none can be built of those arguments.
    """
    if name not in constructors:
        raise TrainingError(f"This version knows no network “{name}”, only {', '.join(constructors)}: update smallimg.")
    try:
        return constructors[name](**arguments)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise TrainingError(
            f"No {name} can be built of {dict(arguments)} ({type(error).__name__}: {first_line(error)}): "
            "take the arguments of a recipe, or of a bundle that was not changed."
        ) from error
