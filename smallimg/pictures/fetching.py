"""Why something could not be fetched, in words for people: what a network library says is written for its authors."""

import re
from urllib.error import HTTPError

from smallimg.errors import FULL, LOCKED


def why_not_fetched(error: BaseException) -> str:
    """The reason as a clause, for after "because": "the disk is full", "the server refuses (403)".

    Args:
        error: what was raised; the errors that it wraps are looked at too.
    """
    plain = next(filter(None, map(_plain, _chain(error))), None)
    # torchvision tries several servers, and hands on only what their errors said.
    told = re.search(r"HTTP Error (\d{3})", str(error))
    is_offline = isinstance(error, OSError) or "urlopen error" in str(error)
    return plain or (
        answered(int(told[1]))
        if told
        else "the internet cannot be reached from here"
        if is_offline
        else "what came is incomplete or damaged"
    )


def _plain(error: BaseException) -> str | None:
    if isinstance(error, HTTPError):
        return answered(error.code)
    if isinstance(error, TimeoutError):
        return "the server did not answer in time"
    number = error.errno if isinstance(error, OSError) else None
    if number in FULL:
        return "the disk is full"
    return "the folder it belongs in cannot be written" if number in LOCKED else None


def answered(code: int) -> str:
    """What a server's refusal means, as a clause: "the server has it no longer (404)"."""
    if code in (404, 410):
        return f"the server has it no longer ({code})"
    return f"the server refuses ({code})" if code < 500 else f"the server is out of order ({code})"


def _chain(error: BaseException) -> list[BaseException]:
    """The error and those inside it; urllib keeps the true one in `reason`."""
    chain: list[BaseException] = []
    next_one: object = error
    while isinstance(next_one, BaseException) and next_one not in chain:
        chain.append(next_one)
        next_one = getattr(next_one, "reason", None) or next_one.__cause__ or next_one.__context__
    return chain
