"""A map as files: the picture with its heat on top, and the heat itself for other programs."""

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from smallimg.errors import DataError, called
from smallimg.study.explain.explainer import Explanation
from smallimg.study.explain.overlay import as_16_bit, overlay

MapFormat = Literal["npy", "png"]


def write_explanation(
    explanation: Explanation, image: Image.Image, out: Path, stem: str, *, fmt: MapFormat = "npy"
) -> list[str]:
    """Write `<stem>.png`, the picture with its heat, and `<stem>.npy` or `<stem>-heat.png`, the heat alone.

    Args:
        explanation: of that picture.
        image: RGB or RGBA.
        out: a folder; it is made where it is not there.
        stem: of the files' names.
        fmt: "npy" for float32 [h, w] in the method's units, as `numpy.load` reads it; "png" for 16-bit greys, of which
            the hottest place is white and what is below 0 is black.

    Returns:
        The files' names.

    Raises:
        DataError: when they cannot be written.
    """
    heat = explanation.heat()
    names = [f"{stem}.png", f"{stem}.npy" if fmt == "npy" else f"{stem}-heat.png"]
    try:
        out.mkdir(parents=True, exist_ok=True)
        overlay(image, heat).save(out / names[0])
        if fmt == "npy":
            np.save(out / names[1], heat, allow_pickle=False)
        else:
            Image.fromarray(as_16_bit(heat)).save(out / names[1])
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error
    return names
