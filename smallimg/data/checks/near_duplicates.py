"""Pictures that are nearly the same: saved again, in another size, a little brighter, or mirrored.

A perceptual hash (the signs of the lowest frequencies, after Zauner, 2010, "Implementation and Benchmarking of
Perceptual Image Hash Functions") finds the pairs that may be alike, all against all in blocks; their thumbnails then
decide, because hashes of plain pictures are alike too. The limits are measured on copies of photos (JPEG quality 20 to
90, 0.4 to 1.5 times the size, 0.85 to 1.2 times the brightness) against all pairs of different ones; see
benchmarks/README.md.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from smallimg.data.checks.duplicates import between_parts, within_part
from smallimg.data.checks.examined import Examined, Picture
from smallimg.data.checks.facts import COLOUR_SIDE, GREY_SIDE
from smallimg.data.checks.finding import Finding

Floats = NDArray[np.float32]
Pairs = NDArray[np.intp]

#: Of the 63 bits of two hashes, how many may differ.
BITS = 10
#: Greys that spread less than this around their mean are no picture to be told from others by.
LEAST_SPREAD = 4.0
#: How alike two thumbnails must be: the correlation of their greys, the largest difference of a pixel, and of a colour,
#: both in units of how far the greys spread. The last two tell small things on a large plain ground from each other.
CORRELATION, LARGEST, COLOURS = 0.985, 1.0, 0.8
#: Colours of pictures whose greys spread less are counted in these units, or their noise would count.
COLOUR_SPREAD = 10.0
#: So many pairs of hashes, and of thumbnails, are compared at once.
BLOCK, CHUNK = 1_000_000, 4_000


def near_duplicates(examined: Examined) -> list[Finding]:
    """What is nearly the same, in one part and between parts; what is the same to the byte is found elsewhere."""
    # Of files that are the same one is enough in each part, and none that hardly shows anything is compared.
    once = {(picture.part, picture.facts.digest): picture for picture in reversed(examined.pictures)}
    pictures = [picture for picture in once.values() if not picture.facts.is_constant][::-1]
    if len(pictures) < 2:
        return []
    greys = _bytes(pictures, "grey", np.uint8).reshape(-1, GREY_SIDE, GREY_SIDE)
    kept = np.flatnonzero(greys.std(axis=(1, 2)) >= LEAST_SPREAD)
    pictures = [pictures[index] for index in kept]
    alike = list(_alike(pictures, greys[kept]))
    verb = "is nearly the same picture as"
    return [
        *between_parts("near-duplicate-between-splits", verb, alike),
        *within_part("near-duplicate", verb, alike),
    ]


def _bytes(pictures: Sequence[Picture], which: str, dtype: type[np.generic]) -> NDArray[np.float32]:
    if not pictures:
        return np.zeros((0,), np.float32)
    joined = np.frombuffer(b"".join(getattr(picture.facts, which) for picture in pictures), dtype)
    return joined.reshape(len(pictures), -1).astype(np.float32)


def _alike(pictures: Sequence[Picture], greys: Floats) -> Iterator[tuple[Picture, Picture]]:
    """Each picture that is like one before it, with the first such of its own part, and the first of another."""
    if len(pictures) < 2:
        return
    levels = greys - greys.mean(axis=(1, 2), keepdims=True)
    spread = levels.std(axis=(1, 2))[:, None, None]
    levels /= spread
    halved = _bytes(pictures, "colours", np.int8).reshape(-1, COLOUR_SIDE, COLOUR_SIDE, 2)
    colours = 2 * halved / np.maximum(spread, COLOUR_SPREAD)[..., None]
    parts = np.array([picture.part for picture in pictures])
    digests = np.array([picture.facts.digest for picture in pictures])
    plain, mirrored = hashes(levels), hashes(levels[:, :, ::-1])
    block = max(1, BLOCK // len(pictures))
    for begin in range(0, len(pictures), block):
        rows = slice(begin, begin + block)
        found: dict[tuple[int, str], int] = {}
        for flipped, own in ((False, plain), (True, mirrored)):
            later, first = _candidates(own[rows], plain, begin)
            different = digests[later] != digests[first]
            later, first = later[different], first[different]
            for chunk in range(0, len(later), CHUNK):
                one, other = later[chunk : chunk + CHUNK], first[chunk : chunk + CHUNK]
                sure = _same_thumbnails(levels, colours, one, other, flipped=flipped)
                for a, b in zip(one[sure].tolist(), other[sure].tolist(), strict=True):
                    key = (a, str(parts[b]))
                    found[key] = min(b, found.get(key, b))
        for (a, _), b in sorted(found.items()):
            yield pictures[a], pictures[b]


def hashes(levels: Floats) -> NDArray[np.uint64]:
    """The perceptual hash of each thumbnail [n, side, side] of mean 0: uint64 [n], of which 63 bits are used."""
    side = levels.shape[1]
    turns = np.pi / side * np.outer(np.arange(8), np.arange(side) + 0.5)
    waves = np.cos(turns).astype(np.float32)
    low = np.einsum("ay,nyx,bx->nab", waves, levels, waves, optimize=True).reshape(len(levels), -1)[:, 1:]
    bits = low > np.median(low, axis=1, keepdims=True)
    packed: NDArray[np.uint64] = (bits.astype(np.uint64) << np.arange(63, dtype=np.uint64)).sum(1, dtype=np.uint64)
    return packed


def _candidates(own: NDArray[np.uint64], others: NDArray[np.uint64], begin: int) -> tuple[Pairs, Pairs]:
    """Which of the block's hashes are near one before them."""
    ends = begin + len(own)
    near = np.bitwise_count(own[:, None] ^ others[None, :ends]) <= BITS
    near &= np.arange(ends)[None] < np.arange(begin, ends)[:, None]
    rows, columns = np.nonzero(near)
    return rows + begin, columns


def _same_thumbnails(levels: Floats, colours: Floats, one: Pairs, other: Pairs, *, flipped: bool) -> NDArray[np.bool_]:
    mine, my_colours = levels[one], colours[one]
    if flipped:
        mine, my_colours = mine[:, :, ::-1], my_colours[:, :, ::-1]
    theirs = levels[other]
    correlation = (mine * theirs).mean(axis=(1, 2))
    largest = np.abs(mine - theirs).max(axis=(1, 2))
    apart = np.abs(my_colours - colours[other]).max(axis=(1, 2, 3))
    sure: NDArray[np.bool_] = (correlation >= CORRELATION) & (largest <= LARGEST) & (apart <= COLOURS)
    return sure
