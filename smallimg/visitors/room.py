"""How much of the disk visitors use, and how much one may still use."""

import os
from collections.abc import Iterable
from pathlib import Path

from smallimg.errors import OwnerError
from smallimg.visitors.asking import Asker, who_asks
from smallimg.visitors.limits import limits_here
from smallimg.visitors.owner import owned_folders

MB = 1_000_000


def make_way(base: Path) -> None:
    """See to it that the asker may have one more folder there.

    Raises:
        OwnerError: when they have as many as they may have, no room is left, or they cannot be told from others.
    """
    asker, limits = who_asks(), limits_here()
    if limits is None:
        return
    if not asker.ids:
        raise OwnerError(
            "Here every visitor has their own things, told apart by a cookie, and your browser sent none: allow "
            "cookies for this page, reload it, and try again."
        )
    if sum(folder.parent == base for folder in owned_folders(asker)) >= limits.kept:
        raise OwnerError(
            f"Each visitor can keep {limits.kept} trainings, {limits.kept} evaluations and {limits.kept} data sets "
            "here, and you have as many: delete one first."
        )
    room_for(1)


def room_for(size: int) -> int:
    """So many bytes, or what is left of the asker's room where that is less.

    Raises:
        OwnerError: when nothing is left.
    """
    limits = limits_here()
    if limits is None:
        return size
    mine = limits.disk_mb * MB - used_by(who_asks())
    if mine <= 0:
        raise OwnerError(
            f"Your things here take {limits.disk_mb:,} MB, as much as there is for each visitor: delete some first."
        )
    everybody = limits.disk_in_all_mb * MB - used_by(None)
    if everybody <= 0:
        raise OwnerError("There is no room left here for visitors' things: try again in a day or two.")
    return min(size, mine, everybody)


def largest_set(most: int) -> int:
    """How many bytes a data set of the asker's may have, `most` where no limit is lower."""
    limits = limits_here()
    return most if limits is None else min(most, limits.set_mb * MB)


def used_by(asker: Asker | None) -> int:
    """Bytes of a visitor's folders; of everybody's for None."""
    return size_of(owned_folders(asker))


def size_of(folders: Iterable[Path]) -> int:
    """Bytes of all files in some folders; a file that lies elsewhere too (see `os.link`) takes no room of its own."""
    size, left = 0, [*folders]
    while left:
        try:
            with os.scandir(left.pop()) as entries:
                for one in entries:
                    if one.is_dir(follow_symlinks=False):
                        left.append(Path(one.path))
                    elif (found := one.stat(follow_symlinks=False)).st_nlink == 1:
                        size += found.st_size
        except OSError:  # it was deleted meanwhile
            continue
    return size
