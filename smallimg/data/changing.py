"""One change of a set at a time, whichever process makes it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smallimg.data.kept import name_of_data
from smallimg.errors import DataError


@contextmanager
def changing(root: Path, *, lock: str = ".lock") -> Iterator[None]:
    """Wait for whoever else changes the set, and let nobody in until this is done.

    Args:
        root: the set's folder.
        lock: the hidden file that stands for what is changed; one holds it once only, see `flock(2)`.

    Raises:
        DataError: when the set cannot be changed at all, or a file operation inside fails.
    """
    try:
        with (root / lock).open("w") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise DataError(
            f"The set in “{name_of_data(root)}” cannot be changed ({error.strerror}): make room there."
        ) from error
