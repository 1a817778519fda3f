"""What other programs leave lying about in folders and zips: never data, and never worth a word."""

import os
from collections.abc import Iterator
from pathlib import Path

#: In lower case; whatever begins with a dot is hidden and one of them as well.
LITTER = frozenset(
    {"__macosx", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "@eadir", "#recycle", "$recycle.bin",
     "system volume information", "lost+found", "icon\r", "__pycache__"}
)  # fmt: skip


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is hidden, or left there by a file manager, a camera or an editor."""
    return name.startswith(".") or name.casefold() in LITTER


def walk_files(folder: Path) -> Iterator[Path]:
    """Every file in `folder` and below, in no order, without litter; what cannot be listed is passed over."""
    for base, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not is_litter(name)]
        yield from (Path(base, name) for name in files if not is_litter(name))
