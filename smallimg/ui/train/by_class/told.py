"""What the page's script sends to the server, checked; and what goes wrong, as a sentence for it to show."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from smallimg.errors import DataError, ImageError, SmallimgError
from smallimg.ui.sendable import sendable

MOST_LETTERS = 300
Answer = dict[str, Any]


def told(function: Callable[[Any], Answer]) -> Callable[[Any], Answer]:
    """A server function whose errors become `{"error": sentence}`."""

    @wraps(function)
    def tell(data: Any) -> Answer:
        try:
            answer: Answer = sendable(function(data))
            return answer
        except (SmallimgError, OSError) as error:
            return {"error": sendable(sentence(error))}

    return tell


def sentence(error: Exception) -> str:
    """What went wrong, for people; of the system's errors only the reason."""
    if isinstance(error, OSError):
        return (
            f"The folder of data sets cannot be used ({error.strerror}): make room there, or let SMALLIMG_DATA name "
            "another."
        )
    return str(error)


def text(data: Any, name: str) -> str:
    """A text that was sent; empty where there is none.

    Raises:
        DataError: when something else was sent, or far too much.
    """
    sent = data.get(name, "") if isinstance(data, Mapping) else None
    if not isinstance(sent, str) or len(sent) > MOST_LETTERS:
        raise DataError("The page sent something that is no text: reload it.")
    return sent


def texts(data: Any, name: str, *, most: int) -> list[str]:
    """A list of texts that was sent.

    Raises:
        DataError: as `text`, or when there are more than `most`.
    """
    sent = data.get(name) if isinstance(data, Mapping) else None
    if not isinstance(sent, list) or len(sent) > most:
        raise DataError("The page sent something that is no list of pictures: reload it.")
    return [text({name: one}, name) for one in sent]


def picture(data: Any) -> tuple[Mapping[str, Any], str, bytes]:
    """What was sent with a picture, the picture's name, and its bytes.

    Raises:
        ImageError: when there is none, or more than one.
    """
    files = getattr(data, "files", [])
    if len(files) != 1:
        raise ImageError("The page sent no picture: reload it.")
    name, content = files[0]
    return data.data, (str(name or "") or "the picture")[-MOST_LETTERS:].replace("\\", "/").rpartition("/")[2], content
