"""Pictures that are nearly the same: saved again, in another size, a little brighter, or mirrored."""

from collections.abc import Iterator, Sequence

from smallimg.data.checks.duplicates import between_parts, within_part
from smallimg.data.checks.examined import Examined, Picture
from smallimg.data.checks.finding import Finding
from smallimg.data.checks.thumbnails import alike


def near_duplicates(examined: Examined) -> list[Finding]:
    """What is nearly the same, in one part and between parts; what is the same to the byte is found elsewhere."""
    # Of files that are the same one is enough in each part, and none that hardly shows anything is compared.
    once = {(picture.part, picture.facts.digest): picture for picture in reversed(examined.pictures)}
    pictures = [picture for picture in once.values() if not picture.facts.is_constant][::-1]
    pairs = list(_first_of_each_part(pictures))
    verb = "is nearly the same picture as"
    return [
        *between_parts("near-duplicate-between-splits", verb, pairs),
        *within_part("near-duplicate", verb, pairs),
    ]


def _first_of_each_part(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, Picture]]:
    """Each picture that is like one before it, with the first such of its own part, and the first of another."""
    for later, first in alike([picture.facts.thumbnail for picture in pictures]):
        found: dict[tuple[int, str], int] = {}
        for one, other in zip(later.tolist(), first.tolist(), strict=True):
            if pictures[one].facts.digest != pictures[other].facts.digest:
                key = (one, pictures[other].part)
                found[key] = min(other, found.get(key, other))
        for (one, _), other in sorted(found.items()):
            yield pictures[one], pictures[other]
