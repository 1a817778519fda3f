"""The cut-outs and crops of an evaluation, a zip each, written picture by picture."""

import zipfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath

from smallimg.errors import DataError, called
from smallimg.study.looking import Seen

#: Kind of picture → its zip.
ZIPS = {"cutouts": "cutouts.zip", "crops": "crops.zip"}


class PictureZips:
    """Zips that are open; `take` is that of `smallimg.study.evaluation.evaluate`."""

    def __init__(self, zips: dict[str, zipfile.ZipFile]) -> None:
        self._zips = zips
        self._names: dict[str, set[str]] = {kind: set() for kind in zips}

    def take(self, seen: Seen) -> None:
        """Write what there is of a picture: as PNG, below its place in the data."""
        for kind, content in seen.files.items():
            place = PurePosixPath(seen.row.picture)
            name = place.with_suffix(".png").as_posix()
            if name in self._names[kind]:  # a.jpg and a.png must not become one
                name = f"{place}.png"
            self._names[kind].add(name)
            self._zips[kind].writestr(name, content)


@contextmanager
def picture_zips(out: Path, kinds: Collection[str]) -> Iterator[PictureZips]:
    """Zips of those kinds in a folder; until all is there each is called `….part`.

    Raises:
        DataError: when they cannot be written.
    """
    parts = {kind: out / f"{ZIPS[kind]}.part" for kind in kinds}
    try:
        with ExitStack() as stack:  # stored: PNG files do not get smaller
            yield PictureZips({kind: stack.enter_context(zipfile.ZipFile(part, "w")) for kind, part in parts.items()})
        for kind, part in parts.items():
            part.replace(out / ZIPS[kind])
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
