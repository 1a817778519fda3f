"""What the page asks when a true box was drawn: each value that its script sent is checked."""

import base64
import binascii
import io
import math
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from smallimg.errors import DataError
from smallimg.ui.inside.words import LOSSES
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.by_class.told import Answer, text, told

if TYPE_CHECKING:
    from smallimg.study.inside.detector import InsideDetector

_START = "data:image/png;base64,"
#: Of a look that is sent back: pixels on a side, and letters.
_MOST_SIDE, _MOST_LETTERS = 1024, 6_000_000


def losses_function(pipelines: Pipelines, inside_of: Callable[[Any], "InsideDetector"]) -> Callable[[Any], Answer]:
    """The function that the script finds as `server.losses`.

    Args:
        pipelines: where the page gets its pipelines.
        inside_of: the detector of a pipeline, taken apart.
    """

    @told
    def losses(data: Any) -> Answer:
        """Each loss with its words, for a `box` in pixels of the `look` that `model` has seen, of class `kind`."""
        inside = inside_of(pipelines.get(text(data, "model"), "own"))
        look = _look(data)
        side = look.shape[1]
        found = inside.losses(look, _box(data, side), kind=_kind(data, len(inside.class_names)))
        order = [name for name in LOSSES if name in found] + [name for name in found if name not in LOSSES]
        known = [(*LOSSES.get(name, (name, "")), found[name]) for name in order]
        return {"losses": [[escape(name), words, round(value, 4)] for name, words, value in known]}

    return losses


def _look(data: Any) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """What the network has seen, as the page was sent it, uint8 [3, side, side]."""
    sent = data.get("look") if isinstance(data, Mapping) else None
    if not isinstance(sent, str) or not sent.startswith(_START) or len(sent) > _MOST_LETTERS:
        raise DataError("The page sent no picture: reload it.")
    try:
        with Image.open(io.BytesIO(base64.b64decode(sent[len(_START) :], validate=True)), formats=["PNG"]) as picture:
            if picture.width != picture.height or picture.width > _MOST_SIDE:
                raise DataError("The page sent a picture of another size: reload it.")
            return np.ascontiguousarray(np.moveaxis(np.asarray(picture.convert("RGB")), 2, 0))
    except (binascii.Error, OSError, SyntaxError, ValueError) as error:
        raise DataError("The page sent a picture that does not open: reload it.") from error


def _box(data: Any, side: int) -> tuple[float, float, float, float]:
    sent = data.get("box") if isinstance(data, Mapping) else None
    if (
        not isinstance(sent, list)
        or len(sent) != 4
        or not all(isinstance(one, int | float) and math.isfinite(one) for one in sent)
    ):
        raise DataError("The page sent something that is no box: reload it.")
    x1, y1, x2, y2 = (min(max(float(one), 0.0), float(side)) for one in sent)
    if x2 - x1 < 2 or y2 - y1 < 2:
        raise DataError("This box is too small: draw it around the object, corner to corner.")
    return x1, y1, x2, y2


def _kind(data: Any, count: int) -> int:
    sent = data.get("kind") if isinstance(data, Mapping) else None
    is_kind = isinstance(sent, int) and not isinstance(sent, bool) and 0 <= sent < max(count, 1)
    return sent if isinstance(sent, int) and is_kind else 0
