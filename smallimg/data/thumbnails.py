"""Small pictures of a set's pictures, made once and kept in a hidden folder of it.

Each is called by the time and size of its picture's file, which stay when that is moved or renamed.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from PIL import Image

from smallimg.pictures.images import flatten, open_local

SIDE = 96  # pixels; shown at half of that on sharp screens
_FOLDER = ".thumbnails"


def thumbnail(root: Path, picture: Path) -> bytes:
    """The small picture as WebP, its longer side `SIDE` pixels.

    Args:
        root: the set's folder.
        picture: in it or below.

    Raises:
        ImageError: when the picture does not open.
    """
    kept = root / _FOLDER / _name(picture)
    if kept.is_file():
        return kept.read_bytes()
    small = flatten(open_local(picture, at_least=2 * SIDE))
    small.thumbnail((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=80, method=0)
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(buffer.getvalue())
    return buffer.getvalue()


def sweep_thumbnails(root: Path, pictures: Iterable[Path]) -> None:
    """Delete those of pictures that are no longer there; `pictures` are."""
    folder = root / _FOLDER
    if not folder.is_dir():
        return
    wanted = {_name(picture) for picture in pictures}
    for file in folder.iterdir():
        if file.name not in wanted:
            file.unlink(missing_ok=True)


def _name(picture: Path) -> str:
    status = picture.stat()
    return f"{status.st_mtime_ns:x}-{status.st_size:x}.webp"
