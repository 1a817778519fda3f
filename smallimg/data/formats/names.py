"""What folders are called: the parts of a data set, its pictures and its masks, however people spell them.

A name says what it is by its words: `Training`, `seg_train`, `DUTS-TR-Image`, `JPEGImages`. A word alone is sure; with
other words beside it (`train_station`, `with_mask`) it may be a class, and means something only where a second folder
answers it: `im_aug` beside `gt_aug`.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from smallimg.errors import DataError
from smallimg.pictures.images import IMAGE_SUFFIXES
from smallimg.pictures.litter import is_litter, walk_files

#: Part of a data set → how people and tools spell it, the usual way first.
SPLITS = {
    "train": ("train", "training", "trains", "trn", "trainval"),
    "validation": ("val", "valid", "validation", "validate", "validating", "dev", "eval"),
    "test": ("test", "testing", "tests", "tst"),
}
PICTURES = {
    "image", "images", "img", "imgs", "im", "ims", "picture", "pictures", "pic", "pics", "photo", "photos", "input",
    "inputs", "original", "originals", "rgb",
}  # fmt: skip
MASKS = {
    "mask", "masks", "gt", "gts", "groundtruth", "label", "labels", "annotation", "annotations", "ann", "anns", "anno",
    "annos", "segmentation", "segmentations", "target", "targets", "matte", "mattes", "alpha", "alphas", "truth",
}  # fmt: skip
#: Words that say a role by themselves, with no other folder to answer them.
SURE = {
    "image", "images", "img", "imgs", "im", "ims", "mask", "masks", "gt", "gts", "groundtruth", "label", "labels",
    "annotation", "annotations",
}  # fmt: skip
#: Endings of what data is described with: not pictures, and not passed over either.
DESCRIBES = {".csv", ".tsv", ".json", ".txt", ".xml", ".yaml", ".yml", ".md", ".cache", ".html", ".pdf"}
_SPLIT_OF = {word: split for split, known in SPLITS.items() for word in known}
#: Too short to mean anything alone.
_SHORT = {"tr": "train", "te": "test", "vd": "validation"}
_NOTHING = {"set", "sets", "data", "dataset", "split", "folder", "png", "jpg", "jpeg", "all", "new", "class"}


@dataclass(frozen=True)
class Meaning:
    """What a folder's name says: of which part it is, whether of pictures or masks, and its other words."""

    split: str | None
    kind: str | None
    rest: tuple[str, ...]
    is_sure: bool = False


@dataclass
class Layout:
    """The folders of a data set by what they are; only such as have pictures in or below them.

    Attributes:
        splits: part → its folder.
        pairs: part, None for the whole → (folder of pictures, folder of masks).
        classes: what can be nothing but a class.
        alone: folders of pictures or masks that no other folder answers.
        empty: folders without a picture.
    """

    splits: dict[str, Path] = field(default_factory=dict)
    pairs: dict[str | None, tuple[Path, Path]] = field(default_factory=dict)
    classes: list[Path] = field(default_factory=list)
    alone: list[Path] = field(default_factory=list)
    empty: list[Path] = field(default_factory=list)


def same(name: str) -> str:
    """One spelling for names that people take for the same: composed (NFC), in lower case, blanks as one."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def split_word(name: str) -> str:
    """`train`, `validation` or `test` for any spelling of it; any other name in lower case."""
    meant = meaning(name)
    return meant.split if meant.split and meant.kind is None and not meant.rest else same(name)


def meaning(name: str) -> Meaning:
    """What the words of a folder's name say."""
    words = _words(name)
    split = kind = None
    rest = []
    for word in words:
        part = _SPLIT_OF.get(word) or (_SHORT.get(word) if len(words) > 1 else None)
        role = "pictures" if word in PICTURES else "masks" if word in MASKS else None
        if part and split is None:
            split = part
        elif role and (kind is None or role == kind):
            kind = role
        elif word not in _NOTHING:
            rest.append(word)
    return Meaning(split, kind, tuple(rest), not rest and (split is not None or not SURE.isdisjoint(words)))


def _words(name: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFC", name))
    text = re.sub(r"[\W_]+", " ", spaced).casefold().replace("ground truth", "groundtruth")
    words: list[str] = []
    for word in text.split():
        # `trainimages`, `testset`, `jpegimages`: two of the words without a gap.
        halves = ((word[:cut], word[cut:]) for cut in range(2, len(word) - 1))
        known = [*_SPLIT_OF, *PICTURES, *MASKS, *_NOTHING]
        words += next((two for two in halves if two[0] in known and two[1] in known), (word,))
    return words


def visible(base: Path) -> list[Path]:
    """What is in a folder, sorted, without litter."""
    return sorted(entry for entry in base.iterdir() if not is_litter(entry.name)) if base.is_dir() else []


def has_pictures(folder: Path) -> bool:
    """Whether there is a picture in the folder or below."""
    return any(path.suffix.lower() in IMAGE_SUFFIXES for path in walk_files(folder))


def loose_pictures(folder: Path) -> list[Path]:
    """The pictures right in a folder, sorted."""
    return [path for path in visible(folder) if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()]


def sort_out(base: Path, *, in_split: bool = False) -> Layout:
    """What each folder in `base` is.

    Args:
        in_split: whether `base` is one part of the data already: a folder `train` in it is the class of trains then.

    Raises:
        DataError: when two folders are the same part, so that neither can be chosen.
    """
    layout = Layout()
    found: dict[Path, Meaning] = {}
    for folder in (entry for entry in visible(base) if entry.is_dir()):
        if has_pictures(folder):
            meant = meaning(folder.name)
            found[folder] = Meaning(None, meant.kind, meant.rest, meant.kind is not None) if in_split else meant
            if in_split and meant.split:
                found[folder] = replace(found[folder], rest=(meant.split, *meant.rest), is_sure=False)
        else:
            layout.empty.append(folder)
    _find_pairs(layout, found)
    paired = {folder for pair in layout.pairs.values() for folder in pair}
    for folder, meant in found.items():
        others = [other for one, other in found.items() if one != folder]
        if folder in paired:
            continue
        if meant.split and meant.kind != "masks" and _is_split(folder, meant, others):
            _put(layout.splits, meant.split, folder)
        elif meant.kind and meant.is_sure:
            layout.alone.append(folder)
        else:
            layout.classes.append(folder)
    return layout


def _is_split(folder: Path, meant: Meaning, others: list[Meaning]) -> bool:
    """Whether a split's word in a name says so: it is alone, another split is called likewise, or it holds folders."""
    answered = any(other.split and other.split != meant.split and other.rest == meant.rest for other in others)
    return meant.is_sure or answered or not loose_pictures(folder)


def _find_pairs(layout: Layout, found: dict[Path, Meaning]) -> None:
    pictures = [folder for folder, meant in found.items() if meant.kind == "pictures"]
    masks = [folder for folder, meant in found.items() if meant.kind == "masks"]
    for folder in pictures:
        key = (found[folder].split, found[folder].rest)
        answers = [mask for mask in masks if (found[mask].split, found[mask].rest) == key]
        if len(answers) == 1:
            _put(layout.pairs, found[folder].split, (folder, answers[0]))
        elif answers:
            names = ", ".join(f"{mask.name}/" for mask in answers)
            raise DataError(f"{names}: more than one folder of masks for {folder.name}/: leave one there.")
    for mask in masks:  # train/ beside train_masks/
        split, rest = found[mask].split, found[mask].rest
        for folder, meant in found.items():
            if split and (meant.split, meant.kind, meant.rest) == (split, None, rest) and loose_pictures(folder):
                _put(layout.pairs, split, (folder, mask))
    if not layout.pairs and len(pictures) == len(masks) == 1 and len(found) == 2:
        layout.pairs[None] = (pictures[0], masks[0])


def _put(where: dict[Any, Any], key: str | None, value: Path | tuple[Path, Path]) -> None:
    if key in where:
        first, second = (one[0].name if isinstance(one, tuple) else one.name for one in (where[key], value))
        raise DataError(
            f"{first}/ and {second}/ may both be the {key or 'pictures'} part: keep one of them, or rename the other."
        )
    where[key] = value


def split_folder(root: Path, split: str) -> Path | None:
    """The folder of a part in `root`, in any spelling of its name; None where there is none."""
    if (root / split).is_dir() and any(entry.name == split for entry in root.iterdir()):
        return root / split
    wanted = split_word(split)
    folders = [entry for entry in visible(root) if entry.is_dir() and split_word(entry.name) == wanted]
    return folders[0] if len(folders) == 1 else None


def enter(folder: Path) -> Path:
    """A part's folder without the folder of the same name that some zips put into it: `seg_train/seg_train/`."""
    inside = [entry for entry in visible(folder) if entry.is_dir() and has_pictures(entry)]
    if len(inside) == 1 and not loose_pictures(folder) and same(inside[0].name) == same(folder.name):
        return inside[0]
    return folder


def passed_over(folder: Path) -> list[str]:
    """A sentence for files in a folder and below that are neither pictures nor what data is described with."""
    return kinds_told(Counter(path.suffix.lower() for path in walk_files(folder)))


def kinds_told(kinds: Counter[str]) -> list[str]:
    """A sentence for files, by their endings, that are neither pictures nor what data is described with."""
    read = IMAGE_SUFFIXES | DESCRIBES
    other = [(kind or "without an ending", count) for kind, count in kinds.most_common() if kind not in read]
    if not other:
        return []
    total = sum(count for _, count in other)
    listed = ", ".join(f"{kind} ({count:,})" for kind, count in other[:5])
    return [f"{total:,} {'file is' if total == 1 else 'files are'} of a kind smallimg does not read: {listed}"]
