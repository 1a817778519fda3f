"""What is kept of a picture to tell whether another is nearly the same, and the rule that tells it.

A perceptual hash (the signs of the lowest frequencies, after Zauner, 2010, "Implementation and Benchmarking of
Perceptual Image Hash Functions") finds the pairs that may be alike, all against all in blocks; the thumbnails then
decide, because hashes of plain pictures are alike too. The limits are measured on copies of photos (JPEG quality 20 to
90, 0.4 to 1.5 times the size, 0.85 to 1.2 times the brightness) against all pairs of different ones; see
benchmarks/README.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Pairs = NDArray[np.intp]

#: Pixels of a thumbnail's sides: of its grey and of its colours.
GREY_SIDE, COLOUR_SIDE = 16, 8
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


@dataclass(frozen=True, eq=False, slots=True)
class Thumbnail:
    """A picture as small as can be: 384 bytes.

    Attributes:
        grey: `GREY_SIDE` pixels a side, row by row, a byte each.
        colours: red − grey and blue − grey of `COLOUR_SIDE` pixels a side, halved, a signed byte each.
    """

    grey: bytes
    colours: bytes


def thumbnail(picture: Image.Image) -> Thumbnail:
    """Of an RGB picture of any size."""
    small = picture.resize((GREY_SIDE, GREY_SIDE), Image.Resampling.BOX)
    grey = small.convert("L")
    colours = np.asarray(small.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX), np.int16)
    light = np.asarray(grey.resize((COLOUR_SIDE, COLOUR_SIDE), Image.Resampling.BOX), np.int16)
    off_grey = (colours[..., ::2] - light[..., None]) // 2  # red and blue; green follows from them and the grey
    return Thumbnail(grey.tobytes(), off_grey.astype(np.int8).tobytes())


def alike(thumbnails: Sequence[Thumbnail]) -> Iterator[tuple[Pairs, Pairs]]:
    """All pairs that show nearly the same, mirrored or not, as (places of the later ones, places of the earlier ones).

    Those that hardly show anything are like none. The pairs come in blocks, in the order of the later ones.
    """
    greys = _stacked([one.grey for one in thumbnails], np.uint8).reshape(-1, GREY_SIDE, GREY_SIDE)
    kept = np.flatnonzero(greys.std(axis=(1, 2)) >= LEAST_SPREAD)
    if len(kept) < 2:
        return
    levels = greys[kept] - greys[kept].mean(axis=(1, 2), keepdims=True)
    spread = levels.std(axis=(1, 2))[:, None, None]
    levels /= spread
    halved = _stacked([thumbnails[index].colours for index in kept.tolist()], np.int8).reshape(
        -1, COLOUR_SIDE, COLOUR_SIDE, 2
    )
    colours = 2 * halved / np.maximum(spread, COLOUR_SPREAD)[..., None]
    plain, mirrored = hashes(levels), hashes(levels[:, :, ::-1])
    block = max(1, BLOCK // len(kept))
    for begin in range(0, len(kept), block):
        rows = slice(begin, begin + block)
        found: list[tuple[Pairs, Pairs]] = []
        for flipped, own in ((False, plain), (True, mirrored)):
            later, first = _candidates(own[rows], plain, begin)
            for chunk in range(0, len(later), CHUNK):
                one, other = later[chunk : chunk + CHUNK], first[chunk : chunk + CHUNK]
                sure = _same(levels, colours, one, other, flipped=flipped)
                found.append((one[sure], other[sure]))
        if found:
            later, first = (kept[np.concatenate(part)] for part in zip(*found, strict=True))
            yield later, first


def groups(thumbnails: Sequence[Thumbnail]) -> NDArray[np.int64]:
    """A number for each, [n]: those that show nearly the same, directly or by others between them, have the same."""
    from scipy.sparse import coo_array  # it comes with scikit-learn, and takes a moment
    from scipy.sparse.csgraph import connected_components

    n = len(thumbnails)
    first: dict[tuple[bytes, bytes], int] = {}  # also of those that show too little to be compared
    same = [first.setdefault((one.grey, one.colours), place) for place, one in enumerate(thumbnails)]
    pairs = [(np.arange(n), np.array(same, np.intp)), *alike(thumbnails)]
    rows, columns = (np.concatenate(part) for part in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(n, n))
    found: NDArray[np.int64] = connected_components(graph, directed=False)[1]
    return found


def hashes(levels: Floats) -> NDArray[np.uint64]:
    """The perceptual hash of each thumbnail [n, side, side] of mean 0: uint64 [n], of which 63 bits are used."""
    side = levels.shape[1]
    turns = np.pi / side * np.outer(np.arange(8), np.arange(side) + 0.5)
    waves = np.cos(turns).astype(np.float32)
    low = np.einsum("ay,nyx,bx->nab", waves, levels, waves, optimize=True).reshape(len(levels), -1)[:, 1:]
    bits = low > np.median(low, axis=1, keepdims=True)
    packed: NDArray[np.uint64] = (bits.astype(np.uint64) << np.arange(63, dtype=np.uint64)).sum(1, dtype=np.uint64)
    return packed


def _stacked(parts: Sequence[bytes], dtype: type[np.generic]) -> Floats:
    joined = np.frombuffer(b"".join(parts), dtype)
    return joined.reshape(len(parts), -1).astype(np.float32) if parts else np.zeros((0,), np.float32)


def _candidates(own: NDArray[np.uint64], others: NDArray[np.uint64], begin: int) -> tuple[Pairs, Pairs]:
    """Which of the block's hashes are near one before them."""
    ends = begin + len(own)
    near = np.bitwise_count(own[:, None] ^ others[None, :ends]) <= BITS
    near &= np.arange(ends)[None] < np.arange(begin, ends)[:, None]
    rows, columns = np.nonzero(near)
    return rows + begin, columns


def _same(levels: Floats, colours: Floats, one: Pairs, other: Pairs, *, flipped: bool) -> NDArray[np.bool_]:
    mine, my_colours = levels[one], colours[one]
    if flipped:
        mine, my_colours = mine[:, :, ::-1], my_colours[:, :, ::-1]
    theirs = levels[other]
    correlation = (mine * theirs).mean(axis=(1, 2))
    largest = np.abs(mine - theirs).max(axis=(1, 2))
    apart = np.abs(my_colours - colours[other]).max(axis=(1, 2, 3))
    sure: NDArray[np.bool_] = (correlation >= CORRELATION) & (largest <= LARGEST) & (apart <= COLOURS)
    return sure
