"""Files that are the same to the byte: in one part, in two parts, and under two classes.

A picture that is learned from and tested on makes the test easier than it is. One that is there twice counts twice, and
can be measured on in one copy after it was learned from in the other, because the split is drawn by file.
"""

from collections.abc import Iterable, Sequence

from smallimg.data.checks.examined import Examined, Picture
from smallimg.data.checks.finding import Finding
from smallimg.data.dataset import classes_in
from smallimg.data.wording import told

REMEDY = "take one of them out"
#: What is said of a part that a picture is repeated from.
ROLE = {"train": "which is learned from", "validation": "which is kept aside to measure on"}


def duplicates(examined: Examined) -> list[Finding]:
    """What is there more than once."""
    pairs = list(_same_bytes(examined.pictures))
    inside = [(later, first) for later, first in pairs if later.part == first.part]
    verb = "is the same picture as"
    return [
        *between_parts("duplicate-between-splits", verb, pairs),
        *within_part("duplicate-picture", verb, [pair for pair in inside if not _differ(*pair)]),
        *_unlike(examined.class_names, [pair for pair in inside if _differ(*pair)]),
    ]


def within_part(id: str, verb: str, pairs: Iterable[tuple[Picture, Picture]]) -> list[Finding]:
    """A finding of the pairs of one part each, if there are any.

    Args:
        pairs: (the later picture, the earlier one that it is like).
    """
    inside = [(later, first) for later, first in pairs if later.part == first.part]
    if not inside:
        return []
    message = told([f"{later.name} {verb} {first.name}" for later, first in inside])
    paths = tuple(dict.fromkeys(later.sample.path for later, _ in inside))
    return [Finding(id, "warning", message, REMEDY, len(inside), paths)]


def between_parts(id: str, verb: str, pairs: Iterable[tuple[Picture, Picture]]) -> list[Finding]:
    """A finding of the pairs of two parts each, if there are any."""
    leaks = [(later, first) for later, first in pairs if later.part != first.part]
    if not leaks:
        return []
    sentences = [
        f"{later.name} in the {later.part} split {verb} {first.name}, {ROLE[first.part]}" for later, first in leaks
    ]
    tested = any(later.part == "test" for later, _ in leaks)
    remedy = f"{REMEDY}, or {'the test is easier' if tested else 'what is measured is better'} than it should be"
    # What is tested on stays as it is, to be compared with.
    mended = tuple(dict.fromkeys(first.sample.path for _, first in leaks))
    return [Finding(id, "warning", told(sentences), remedy, len(leaks), mended)]


def _unlike(class_names: Sequence[str], pairs: Sequence[tuple[Picture, Picture]]) -> list[Finding]:
    if not pairs:
        return []
    sentences = [
        f"{later.name} is said to show {_shown(class_names, later)}, and {first.name}, the same picture, "
        f"{_shown(class_names, first)}"
        for later, first in pairs
    ]
    remedy = "keep the one that is right; where nobody can tell, take both out"
    paths = tuple(dict.fromkeys(one.sample.path for pair in pairs for one in pair))
    return [Finding("duplicate-of-another-class", "warning", told(sentences), remedy, len(pairs), paths)]


def _shown(class_names: Sequence[str], picture: Picture) -> str:
    return " and ".join(class_names[label] for label in sorted(classes_in(picture.sample)))


def _differ(one: Picture, other: Picture) -> bool:
    """Whether both have classes and no class is common."""
    shown = classes_in(one.sample), classes_in(other.sample)
    return all(shown) and not shown[0] & shown[1]


def _same_bytes(pictures: Iterable[Picture]) -> Iterable[tuple[Picture, Picture]]:
    """Each picture that was there before, with the first in its own part, and else the first in one before."""
    first: dict[tuple[str, bytes], Picture] = {}
    for picture in pictures:
        digest = picture.facts.digest
        places = dict.fromkeys([picture.part, "train", "validation"])
        before = next((first[part, digest] for part in places if (part, digest) in first), None)
        if before is not None:
            yield picture, before
        first.setdefault((picture.part, digest), picture)
