"""Find the file that a name means, though it is written in another way than the file is called.

Tables come from other systems: with backslashes, with folders before the name, without the ending, in other case, with
accents in two characters instead of one. A name finds its file where only one file can be meant.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from smallimg.data.formats.names import same
from smallimg.data.wording import were
from smallimg.errors import DataError
from smallimg.pictures.images import IMAGE_SUFFIXES
from smallimg.pictures.litter import walk_files

#: What people put to a mask's name, after or before that of its picture: `p00_mask.png`, `gt-p00.png`.
_MASK_WORDS = "masks?|gt|ground[ _-]?truth|labels?|seg|segmentation|segm|matte|alpha|annotation|anno|target|binary"
_AFFIX = re.compile(rf"^(?:{_MASK_WORDS})[ ._-]+|[ ._-]+(?:{_MASK_WORDS})$|(?<=\d)(?:mask|gt)$", re.IGNORECASE)


class Files:
    """The pictures in some folders, by what they may be called."""

    def __init__(self, folders: Sequence[Path], *, root: Path) -> None:
        self.folders = folders
        self.root = root
        self._by_name: dict[str, list[Path]] | None = None
        self._paths: list[Path] = []

    def find(self, name: str) -> Path:
        """The picture that a name means.

        Raises:
            DataError: when there is none, or there are several.
        """
        relative = Path(name)
        if not 0 < len(name) < 256 or ".." in re.split(r"[/\\]", name) or "\0" in name:
            raise DataError(f"{name[:80]!r} is no name of a picture")
        if not relative.is_absolute():
            for folder in (*self.folders, *([self.root] if len(relative.parts) > 1 else [])):
                path = folder / relative
                if relative.suffix and path.is_file() and path.suffix.lower() in IMAGE_SUFFIXES:
                    return path
        found = self._meant(name)
        if len(found) > 1:
            listed = ", ".join(path.name for path in found[:4])
            raise DataError(f"{name} can be more than one picture ({listed}): write the name in full")
        if found:
            return found[0]
        for folder in () if relative.is_absolute() else self.folders:
            if (folder / relative).is_file():  # of another kind: opening it says what is wrong
                return folder / relative
        if relative.is_absolute():
            raise DataError(f"{name[:80]!r} is no name of a picture")
        raise DataError(f"there is no picture {name}")

    def place(self, path: Path) -> Path:
        """Where it lies below its folder."""
        folder = next((one for one in self.folders if path.is_relative_to(one)), self.root)
        return path.relative_to(folder)

    def paths(self) -> list[Path]:
        """All of them, sorted."""
        self._index()
        return self._paths

    def _meant(self, name: str) -> list[Path]:
        """The files of that name with fewer and fewer of its folders, with its ending or, if there is none, any."""
        index = self._index()
        parts = [part for part in re.split(r"[/\\]+", re.sub(r"^[A-Za-z]:", "", name)) if part not in ("", ".")]
        for first in range(len(parts)):
            key = same("/".join(parts[first:]))
            if found := index.get(key):
                return found
        return []

    def _index(self) -> dict[str, list[Path]]:
        if self._by_name is None:
            names: dict[str, set[Path]] = defaultdict(set)
            for folder in self.folders:
                for path in walk_files(folder):
                    if path.suffix.lower() not in IMAGE_SUFFIXES:
                        continue
                    self._paths.append(path)
                    parts = path.relative_to(folder).parts
                    # By the whole of its place first: the name alone may be there in several folders.
                    for at in {0, len(parts) - 1}:
                        whole = PurePosixPath(*parts[at:])
                        names[same(str(whole))].add(path)
                        names[same(str(whole.with_suffix("")))].add(path)
            self._paths.sort()
            self._by_name = {name: sorted(paths) for name, paths in names.items()}
        return self._by_name


class Masks:
    """The masks in a folder, each to be claimed by one picture.

    Attributes:
        unclaimed: those that no picture has claimed yet, sorted.
        renamed: how many were found under another name than their picture's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.renamed = 0
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        self._exact: dict[Path, Path] = {}
        self._rivals: dict[str, int] = {}
        self.unclaimed: set[Path] = set()
        for path in sorted(walk_files(folder)):
            if path.suffix.lower() in IMAGE_SUFFIXES:
                place = path.relative_to(folder)
                self.unclaimed.add(path)
                stems = [same(place.with_suffix("").as_posix()), same(place.stem)]
                stems += [same(_AFFIX.sub("", place.with_suffix("").as_posix())), same(_AFFIX.sub("", place.stem))]
                for stem in dict.fromkeys(stems):
                    self._by_stem[stem].append(path)

    def expect(self, places: Iterable[Path]) -> None:
        """Tell it all pictures there are, relative to their folder: two of one stem cannot share a mask."""
        self._rivals = {}
        for place in places:
            stem = same(place.with_suffix("").as_posix())
            self._rivals[stem] = self._rivals.get(stem, 0) + 1

    def claim(self, place: Path) -> Path:
        """The mask of the picture at this place below its folder.

        Raises:
            DataError: when there is none, or which one cannot be told.
        """
        stem = place.with_suffix("").as_posix()
        whole = self._by_stem.get(same(place.as_posix()), [])  # a.jpg.png, which says of which of two it is
        if len(whole) == 1:
            return self._take(whole[0], by=place.as_posix())
        if self._rivals.get(same(stem), 0) > 1:
            raise DataError("another picture differs by its ending only, so that neither's mask is known: rename one")
        found = self._by_stem.get(same(stem)) or self._by_stem.get(same(place.stem)) or []
        exact = [mask for mask in found if same(mask.relative_to(self.folder).with_suffix("").as_posix()) == same(stem)]
        found = exact or found
        if len(found) > 1:
            listed = ", ".join(mask.name for mask in found[:4])
            raise DataError(f"more than one mask can be its own ({listed}): leave one of them")
        if not found:
            raise DataError("its mask is missing")
        return self._take(found[0], by=stem)

    def _take(self, mask: Path, *, by: str) -> Path:
        self.renamed += mask.relative_to(self.folder).with_suffix("").as_posix() != by
        self.unclaimed.discard(mask)
        return mask

    def notes(self) -> list[str]:
        """How many were found under another name, as a sentence."""
        if not self.renamed:
            return []
        return [f"{were(self.renamed, 'mask')} in {self.folder.name}/ found under another name than the picture's"]
