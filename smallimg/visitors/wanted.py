"""Whether work that takes long is still wanted: those who answer a request know, and what lies below asks here.

The command line, a worker and a test want everything that they ask for. A page says for every request how to find out
(`smallimg.ui.patience`); loops over pictures, rows and bytes ask as they go, so that no function has to be told.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: Raises `smallimg.errors.Stopped` where it is not.
Check = Callable[[], None]


def _always() -> None:
    return


_NOW: ContextVar[Check] = ContextVar("wanted", default=_always)


def still_wanted() -> None:
    """Go on, or end here.

    Raises:
        Stopped: when nobody wants what is being worked on any more.
    """
    _NOW.get()()


@contextmanager
def wanted_while(check: Check) -> Iterator[None]:
    """Work within this block until the check raises."""
    before = _NOW.set(check)
    try:
        yield
    finally:
        _NOW.reset(before)
