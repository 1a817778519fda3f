"""Files that were sent and turned out to be of no use."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from gradio.utils import get_upload_folder, is_in_or_equal


def forget(files: Iterable[str | Path]) -> None:
    """Delete files that were sent and cannot be used; others stay.

    A file lies there once for all who have sent the same, and is of no more use to them.
    """
    for file in map(Path, files):
        if is_in_or_equal(file, get_upload_folder()):
            with contextlib.suppress(OSError):
                file.unlink()
                file.parent.rmdir()
