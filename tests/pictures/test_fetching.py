"""Why something could not be fetched, in plain words, whatever library says it in whose."""

import errno
import socket
from email.message import Message
from urllib.error import HTTPError, URLError

import pytest

from smallimg.pictures.fetching import why_not_fetched


def wrapped(error: Exception) -> Exception:
    """An error as libraries raise it: from another one, which has the reason."""
    try:
        raise RuntimeError("HTTPSConnectionPool(host='x', port=443): Max retries exceeded") from error
    except RuntimeError as outer:
        return outer


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (HTTPError("http://x/y.zip", 404, "Not Found", Message(), None), "the server has it no longer (404)"),
        (HTTPError("http://x/y.zip", 403, "Forbidden", Message(), None), "the server refuses (403)"),
        (HTTPError("http://x/y.zip", 503, "Busy", Message(), None), "the server is out of order (503)"),
        (URLError(socket.gaierror(-2, "Name or service not known")), "the internet cannot be reached from here"),
        (URLError(ConnectionRefusedError(111, "Connection refused")), "the internet cannot be reached from here"),
        (URLError(TimeoutError("timed out")), "the server did not answer in time"),
        (wrapped(TimeoutError()), "the server did not answer in time"),
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (wrapped(OSError(errno.ENOSPC, "No space left on device")), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), "the folder it belongs in cannot be written"),
        (RuntimeError("File not found or corrupted."), "what came is incomplete or damaged"),
        (
            RuntimeError("Error downloading a:\nTried b, got:\n<urlopen error x>\n"),
            "the internet cannot be reached from here",
        ),
        (RuntimeError("Error downloading a:\nTried b, got:\nHTTP Error 404: x\n"), "the server has it no longer (404)"),
        (EOFError(), "what came is incomplete or damaged"),
        (URLError("no route to host"), "the internet cannot be reached from here"),
    ],
    ids=str,
)
def test_the_reason_is_in_plain_words(error: Exception, words: str) -> None:
    assert why_not_fetched(error) == words


def test_errors_in_a_circle_come_to_an_end() -> None:
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__cause__, other.__cause__ = other, one
    assert why_not_fetched(one) == "what came is incomplete or damaged"
