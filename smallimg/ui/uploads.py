"""Files that were sent and turned out to be of no use."""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

from gradio.utils import get_upload_folder, is_in_or_equal

#: Beside what was sent: a mark for each file that was of no use, with its path.
FORGOTTEN = ".forgotten"
#: How long a file stays from when it was of no use: longer than anybody waits who has sent the same.
KEPT_S = 600.0


def forget(files: Iterable[str | Path]) -> None:
    """Delete files that were sent and cannot be used, a little later; others stay.

    A file lies there once for all who have sent the same, and each of them is to hear what is wrong with it: it goes
    with the first that is forgotten after `KEPT_S`, unless it was sent again since.
    """
    folder = Path(get_upload_folder())
    with contextlib.suppress(OSError):
        marks = folder / FORGOTTEN
        marks.mkdir(parents=True, exist_ok=True)
        for file in map(Path, files):
            if is_in_or_equal(file, folder):
                (marks / hashlib.sha256(bytes(file)).hexdigest()).write_bytes(bytes(file))
        _sweep(marks)


def _sweep(marks: Path) -> None:
    """Delete what was forgotten long enough ago."""
    for mark in marks.iterdir():
        with contextlib.suppress(OSError):
            forgotten = mark.stat().st_mtime
            if time.time() - forgotten < KEPT_S:
                continue
            file = Path(os.fsdecode(mark.read_bytes()))
            mark.unlink()
            if file.stat().st_ctime <= forgotten:
                file.unlink()
                file.parent.rmdir()
