"""Text as it can be sent: names of files can be no UTF-8, and one of them would end all that a page listens to."""

from typing import Any

from smallimg.files import as_utf8


def sendable(value: Any) -> Any:
    """The same with question marks for what is no character, in every text within lists and mappings."""
    if isinstance(value, str):
        return as_utf8(value)
    if isinstance(value, dict):
        return {sendable(name): sendable(one) for name, one in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(sendable, value))
    return value
