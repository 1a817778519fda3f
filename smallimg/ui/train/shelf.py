"""The sets that are here as cards: some of their pictures, what they are called, how much there is, since when."""

import base64
import time
from html import escape
from itertools import islice
from pathlib import Path

from smallimg.cli.wording import file_size
from smallimg.data.kept import KeptData, list_data
from smallimg.data.thumbnails import thumbnail
from smallimg.errors import ImageError
from smallimg.pictures.images import IMAGE_SUFFIXES
from smallimg.pictures.litter import walk_files

PICTURES = 4
#: So many cards have pictures; older sets are there by name.
MOST_WITH_PICTURES = 24
NOTHING = "Nothing yet: what you bring in, take with the camera or draw is found here the next time."


def shelf(chosen: str | None) -> str:
    """A card for each set, the newest first; a sentence where there is none.

    Args:
        chosen: the id of the one that is chosen.
    """
    sets = list_data()
    if not sets:
        return f'<p class="si-sentence">{NOTHING}</p>'
    cards = "".join(
        _card(one, is_chosen=one.id == chosen, with_pictures=at < MOST_WITH_PICTURES) for at, one in enumerate(sets)
    )
    return f'<ul class="si-shelf" aria-label="Sets that are here">{cards}</ul>'


def _card(one: KeptData, *, is_chosen: bool, with_pictures: bool) -> str:
    files = [file for file in walk_files(one.path) if not any(part[0] == "." for part in file.parts[-3:])]
    pictures = sorted(
        file for file in files if file.suffix.lower() in IMAGE_SUFFIXES and not file.parent.name.endswith("masks")
    )
    size = file_size(sum(file.stat().st_size for file in files))
    count = f"{len(pictures):,} {'picture' if len(pictures) == 1 else 'pictures'}"
    date = time.strftime("%d %b %Y", time.localtime(one.brought)).lstrip("0")
    shown = "".join(_small(one.path, pictures)) if with_pictures and not one.path.is_symlink() else ""
    return (
        f'<li><button type="button" data-set="{escape(one.id)}" aria-pressed="{str(is_chosen).lower()}">'
        f'<span class="si-shelf-pictures" aria-hidden="true">{shown}</span><strong>{escape(one.name)}</strong>'
        f"<span>{count} · {size}</span><span>{date}</span></button></li>"
    )


def _small(root: Path, pictures: list[Path]) -> list[str]:
    """Some of the pictures, from all over the set; those that do not open are passed over."""
    step = max(1, len(pictures) // PICTURES)
    found = []
    for file in islice(pictures[step // 2 :: step], PICTURES):
        try:
            content = base64.b64encode(thumbnail(root, file)).decode()
        except ImageError:
            continue
        found.append(f'<img src="data:image/webp;base64,{content}" alt="">')
    return found
