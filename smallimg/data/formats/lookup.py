"""Pictures found by the names that files of labels give them, which were right on another computer."""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from smallimg.data.wording import some
from smallimg.errors import DataError
from smallimg.pictures.images import IMAGE_SUFFIXES, list_images


class Pictures:
    """The pictures below a folder, by name.

    A name leads nowhere else: of one that is a path from another place only its end counts.
    """

    def __init__(self, root: Path, *, first: Iterable[Path] = ()) -> None:
        """Args: `root` is where all pictures lie; `first` the folders below it in which a name is looked for first."""
        self.root = root
        self.first = tuple(folder for folder in first if folder.is_dir())
        self._by_name: dict[str, list[Path]] | None = None

    def find(self, name: str) -> Path:
        """The picture of that name.

        Case, backslashes, folders before the name, how accents are written and a missing ending do not matter while
        one picture only can be meant.

        Raises:
            DataError: when there is no such picture, or there are several.
        """
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or not 0 < len(name) < 1000 or "\0" in name:
            raise DataError(f"{name[:80]!r} is no name of a picture")
        if ".." not in parts and not PurePosixPath(*parts).is_absolute() and parts[-1] not in ("", "."):
            for folder in self.first:
                path = folder.joinpath(*parts)
                if _is_picture(path):
                    return path
        found = self._candidates(parts[-1])
        for narrower in (
            lambda path: any(path.is_relative_to(folder) for folder in self.first),
            lambda path: _key(path.name) == _key(parts[-1]),
            lambda path: path.name == parts[-1],
            lambda path: _key(path.parent.name) == _key(parts[-2]) if len(parts) > 1 else True,
        ):
            found = [path for path in found if narrower(path)] or found
        if not found:
            raise DataError(f"there is no picture {name}")
        if len(found) > 1:
            places = [path.relative_to(self.root).as_posix() for path in found]
            raise DataError(f"{name} can be each of {some(places)}: give pictures names of their own")
        return found[0]

    def _candidates(self, name: str) -> list[Path]:
        if self._by_name is None:
            self._by_name = {}
            for path in sorted(self.root.rglob("*")):
                if _is_picture(path) and not any(part.startswith(".") for part in path.relative_to(self.root).parts):
                    for key in {_key(path.name), _key(path.stem)}:
                        self._by_name.setdefault(key, []).append(path)
        return self._by_name.get(_key(name), [])


def pictures_in(folder: Path) -> list[Path]:
    """The pictures in a folder and below, of which there may be none."""
    try:
        return list_images(folder)
    except DataError:
        return []


def unlisted(pictures: Sequence[Path], used: Iterable[Path], *, where: str) -> list[str]:
    """A sentence on the pictures that a file of labels does not speak of, if there are any."""
    rest = sorted(set(pictures) - set(used))
    if not rest:
        return []
    names = some([path.name for path in rest])
    verb = "picture is" if len(rest) == 1 else "pictures are"
    return [f"{len(rest):,} {verb} not in {where} and passed over: {names}"]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
