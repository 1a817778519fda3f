"""A detector's boxes for one picture."""

from collections.abc import Callable

import torch
from PIL import Image
from torch import Tensor

from smallimg.boxes import clip_boxes
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.preprocess import letterbox
from smallimg.results import Box

#: Pictures of 0 … 1, float32 [3, h, w] each → for each its "boxes" [k, 4] and "scores" [k], best first.
Detector = Callable[[list[Tensor]], list[dict[str, Tensor]]]


@torch.inference_mode()
def detect(
    network: Detector, image: Image.Image, *, canvas: int, score_threshold: float, max_boxes: int
) -> tuple[Box, ...]:
    """Objects in a picture, best score first; an empty tuple when there is none.

    Args:
        network: in eval mode, or in an engine.
        image: RGB, any size.
        canvas: side of the square the picture is fitted into before the network sees it.
        score_threshold: boxes below it are left out.
        max_boxes: how many boxes at most.

    Returns:
        Boxes in pixels of `image`, clipped to it, none empty.
    """
    fitted, place = letterbox(image, canvas)
    (found,) = network([to_tensor(fitted).float() / 255])
    boxes = clip_boxes(place.to_picture(found["boxes"].numpy()), image.size).tolist()
    return tuple(
        Box(x1, y1, x2, y2, score)
        for (x1, y1, x2, y2), score in zip(boxes, found["scores"].tolist(), strict=True)
        if score >= score_threshold and min(x2 - x1, y2 - y1) >= 1
    )[:max_boxes]
