"""A bundle's segmenter, ready to run: a picture in, what each of its pixels shows out."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.bundles.bundle import Bundle
from smallimg.bundles.sessions import NetworkSession
from smallimg.bundles.sources import Sources
from smallimg.errors import BundleError, called_of
from smallimg.results import Segmentation


class Segmenter(NetworkSession):
    """A network that gives logits of the background and of every class, [n, 1 + classes, side, side].

    Args:
        n_classes: how many classes its bundle has.

    Raises:
        BundleError: when the file holds no such network.
    """

    def __init__(self, file: Path, *, side: int, n_classes: int, threads: int = 0) -> None:
        super().__init__(file, outputs=("logits",), side=side, threads=threads)
        there = self._network.gives["logits"]
        if there[1:] != (1 + n_classes, side, side):
            raise BundleError(
                f"{called_of(file)} gives logits {there}, and its bundle has {n_classes} classes and the background: "
                "fetch or train it again."
            )

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """uint8 [3, side, side] → the likeliest of each pixel [side, side], 0 for the background, k + 1 for class k."""
        (logits,) = self.run(pixels[None])
        return np.asarray(logits[0].argmax(axis=0), np.uint8)


def open_segmenter(bundle: Bundle, *, threads: int = 0) -> Segmenter | None:
    """A bundle's segmenter; None where it has none. For `threads` and the errors see `Segmenter`."""
    stage = bundle.stages.get("segmenter")
    if stage is None:
        return None
    n_classes = len(bundle.class_names)
    return Segmenter(bundle.file("segmenter"), side=stage.input_size, n_classes=n_classes, threads=threads)


def segmented(network: Segmenter, sources: Sources, bundle: Bundle) -> Segmentation:
    """What every pixel of a picture shows, at the scale at which the network sees it."""
    pixels, place = sources.fitted(bundle.stages["segmenter"], network.side)
    return Segmentation(Image.fromarray(network(pixels)).crop(place.area_xyxy), bundle.class_names, sources.size_wh)
