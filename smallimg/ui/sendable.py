"""Text as it can be sent: names of files can be no UTF-8, and one of them would end all that a page listens to."""

from typing import Any


def sendable(value: Any) -> Any:
    """The same with question marks for what is no character, in every text within lists and mappings."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return value.encode("utf-8", "replace").decode("utf-8")
    elif isinstance(value, dict):
        return {sendable(name): sendable(one) for name, one in value.items()}
    elif type(value) in (list, tuple):
        return type(value)(map(sendable, value))
    return value
