"""Who asks: the machine's own user, or a visitor of a page that is open to the public.

The command line, a worker and a local page ask as the machine, which may do everything. An open page says for every
request who it is (`smallimg.ui.visitors.gate`); what lies below asks here, so that no function has to be told.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Asker:
    """Who asks.

    Attributes:
        ids: what is marked with one of these is theirs; the first marks what they make. A visitor whose browser keeps
            no cookie has none: they can look at pictures, and keep nothing.
        is_machine: whether it is the machine's own user.
    """

    ids: tuple[str, ...] = ()
    is_machine: bool = False


MACHINE = Asker(is_machine=True)
NOBODY = Asker()
_NOW: ContextVar[Asker] = ContextVar("asker", default=MACHINE)


def who_asks() -> Asker:
    """Whose request is being answered."""
    return _NOW.get()


@contextmanager
def asking(asker: Asker) -> Iterator[None]:
    """Answer a request of theirs within this block."""
    before = _NOW.set(asker)
    try:
        yield
    finally:
        _NOW.reset(before)
