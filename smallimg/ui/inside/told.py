"""A detector's steps as JSON for the page: pictures as data URIs, maps and many boxes as bytes in base64."""

import base64
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.bundles.sessions import Floats
from smallimg.pictures.preprocess import letterbox, on_fill
from smallimg.study.explain.overlay import STOPS
from smallimg.study.inside.steps import Cut, Level, Rated
from smallimg.study.inside.suppression import put_aside_by
from smallimg.ui.data_uri import data_uri
from smallimg.ui.inside.words import steps_in_words

if TYPE_CHECKING:
    from smallimg.study.inside.detector import Seen

#: Side in pixels of the picture below the boxes.
SIDE = 480
#: Boxes of a step that are sent; the best.
MOST = 400
#: Moved boxes of a level that are sent: of more, the page shows the anchors alone.
MOST_MOVED = 20_000
#: Of a coordinate that is sent in 16 bits: parts of a pixel.
PARTS = 8
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(21))


def steps_json(image: Image.Image, seen: "Seen", *, model: str, architecture: str, class_names: tuple[str, ...]) -> str:
    """All that the page draws of one picture.

    Args:
        image: as it was opened.
        seen: what the detector did with it.
        model: whose detector it is, for what the page asks of it later.
        architecture: of the detector.
        class_names: what its labels mean; none where it names nothing.
    """
    steps, best = seen.steps, seen.prediction.box
    cutout = seen.prediction.cutout
    reads_cutout = seen.reads_cutout and cutout is not None
    source = cutout if reads_cutout and cutout is not None else image
    candidates = _first(steps.candidates, MOST)
    overlaps = sorted({*THRESHOLDS, round(steps.overlap, 2)})
    words = steps_in_words(
        steps, architecture, reads_cutout=reads_cutout, of_cutout=best is not None and best.of_cutout
    )
    told = {
        "model": model,
        "side": steps.side,
        "picture": data_uri(letterbox(on_fill(source), max(SIDE, steps.side), seen.place.room)[0], longest_side=SIDE),
        "look": _png(seen.look),
        "palette": STOPS.astype(int).tolist(),
        "names": list(class_names),
        "steps": [asdict(step) for step in words],
        "levels": [_level(level) for level in steps.levels],
        "proposals": _boxes(_first(steps.proposals, MOST)),
        "given": steps.are_given or not steps.levels,
        "cuts": [_cut(cut, steps.levels) for cut in steps.cuts[:MOST]],
        "second": _boxes(_first(steps.second, MOST)),
        "candidates": _boxes(candidates),
        "count": len(steps.candidates),
        "overlaps": overlaps,
        "aside": [put_aside_by(candidates, overlap).tolist() for overlap in overlaps],
        "overlap": round(steps.overlap, 2),
        "most": steps.most,
        "final": _boxes(steps.final),
    }
    return json.dumps(told, allow_nan=False, separators=(",", ":"))


def _level(level: Level) -> dict[str, Any]:
    height, width = level.strength.shape
    return {
        "step": round(level.step, 3),
        "w": width,
        "h": height,
        "strength": _bytes(level.strength / max(float(level.strength.max()), 1e-9)),
        "channels": [_bytes(_stretched(one)) for one in level.channels],
        "anchors": np.round(level.anchors, 2).tolist(),
        "scores": _bytes(level.scores),
        "moved": _shorts(level.moved) if level.scores.size <= MOST_MOVED else "",
    }


def _cut(cut: Cut, levels: tuple[Level, ...]) -> dict[str, Any]:
    """Its three maps in one scale, so that they can be compared by eye."""
    low = min(float(one.min(initial=np.inf)) for one in (cut.part, cut.align, cut.pool))
    high = max(float(one.max(initial=-np.inf)) for one in (cut.part, cut.align, cut.pool))
    spread = max(high - low, 1e-9)
    part, align, pool = (_bytes((one - low) / spread) for one in (cut.part, cut.align, cut.pool))
    step = levels[cut.level].step
    return {
        "level": cut.level,
        "box": np.round(cut.box, 2).tolist(),
        "rounded": cut.rounded.tolist(),
        "corner": cut.corner,
        "w": cut.part.shape[1],
        "h": cut.part.shape[0],
        "part": part,
        "side": len(cut.align),
        "align": align,
        "pool": pool,
        "off": round(float(np.abs(cut.rounded - cut.box).max()) * step, 1),
    }


def _first(some: Rated, most: int) -> Rated:
    return Rated(some.boxes[:most], some.scores[:most], some.labels[:most])


def _boxes(some: Rated) -> list[list[float]]:
    """[x1, y1, x2, y2, score, label] of each."""
    corners = np.round(some.boxes.astype(float), 1).tolist()
    scores = np.round(some.scores.astype(float), 4).tolist()
    return [[*box, score, label] for box, score, label in zip(corners, scores, some.labels.tolist(), strict=True)]


def _stretched(one: Floats) -> Floats:
    low, high = float(one.min()), float(one.max())
    return np.asarray((one - low) / max(high - low, 1e-9), np.float32)


def _bytes(shares: Floats) -> str:
    """0 … 1 as bytes 0 … 255, row by row."""
    return _base64(np.rint(np.clip(shares, 0, 1) * 255).astype(np.uint8))


def _shorts(coordinates: Floats) -> str:
    """Coordinates as little-endian 16-bit numbers of `PARTS` of a pixel."""
    return _base64(np.clip(np.rint(coordinates * PARTS), -32768, 32767).astype("<i2"))


def _base64(array: NDArray[Any]) -> str:
    return base64.b64encode(array.tobytes()).decode()


def _png(look: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.moveaxis(look, 0, 2)).save(buffer, "PNG", compress_level=3)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
