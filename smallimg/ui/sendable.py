"""Text as it can be sent: names of files can be no UTF-8, and one of them would end all that a page listens to."""

from typing import Any

from gradio_client.utils import traverse


def sendable(value: Any) -> Any:
    """The same with question marks for what is no character, in every text within lists and mappings."""
    return traverse(value, _marked, _is_unsendable)


def _is_unsendable(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return True
    return False


def _marked(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
