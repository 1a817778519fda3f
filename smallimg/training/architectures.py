"""The networks there are to choose from, by the names in `smallimg.networks`; nothing here needs torch."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Architecture:
    """A network that a recipe can be given in place of its own.

    Attributes:
        idea: how it works, in a sentence.
        cost: what it takes to train and to ask, in words.
        settings: fields of `StageRecipe` that it needs otherwise than a recipe has them.
        measured: what it reached in `benchmarks/detectors.py`, in a sentence; empty where nobody measured.
    """

    idea: str
    cost: str
    settings: dict[str, Any] = field(default_factory=dict)
    measured: str = ""


def _measured(precision: str, milliseconds: int, *, pictures: int = 1600, epochs: int = 12) -> str:
    """What `benchmarks.detectors` found on drawn pictures with one object each, on two cores."""
    return f"Measured on {pictures:,} drawn pictures, {epochs} epochs: mAP50 {precision}, {milliseconds} ms a picture."


_LARGE = "very slow on processors, for comparing"

#: Proposals are of the picture as it is, see `smallimg.training.proposals`.
UNPASTED = {"augment": {"paste": 0.0}}

#: Four numbers for the whole picture come late: mAP50 0.86 after 12 epochs, 0.92 after 24.
LONGER = {"epochs": 24}

#: Stage → architecture → what to know of it.
ARCHITECTURES: dict[str, dict[str, Architecture]] = {
    "detector": {
        "localizer": Architecture(
            "one box a picture, guessed as four numbers; for pictures with a single object",
            "the cheapest; needs twice as many epochs",
            LONGER,
            measured=_measured("0.92", 3, epochs=24),
        ),
        "sliding_window": Architecture(
            "a window slides over the picture; a small classifier judges each of about a thousand",
            "cheap to train, slow to ask; its boxes are rough",
            measured=_measured("0.19", 63, pictures=400),
        ),
        "rcnn": Architecture(
            "selective search proposes boxes; each is cut out and named by itself, by support vector machines at last",
            "slow to train and to ask",
            UNPASTED,
            measured=_measured("0.53", 211, pictures=400),
        ),
        "fast_rcnn": Architecture(
            "the same proposals, but the picture goes through the network once",
            "the search takes long",
            UNPASTED,
            measured=_measured("0.93", 98),
        ),
        "yolo_grid": Architecture(
            "the picture in a grid of cells; each names the objects whose middle lies in it",
            "fast; few boxes",
            measured=_measured("0.92", 5),
        ),
        "ssd": Architecture(
            "boxes of set shapes everywhere, at several sizes, judged in one look",
            "fast",
            measured=_measured("0.95", 5),
        ),
        "retinanet": Architecture(
            "the same with many more boxes; the focal loss learns from the hard ones",
            "slower than ssd",
            measured=_measured("0.96", 6),
        ),
        "fcos": Architecture(
            "no set shapes: every place says how far the object's four sides are",
            "slower than ssd",
            measured=_measured("0.96", 6),
        ),
        "compact_fasterrcnn": Architecture(
            "two looks: the first proposes boxes, the second judges and mends each",
            "the usual choice; slower to train",
            measured=_measured("0.96", 9),
        ),
        "mask_rcnn": Architecture(
            "compact_fasterrcnn that draws the object in its box, too; learns from masks",
            "the slowest of ours to train",
            measured=_measured("0.96", 8),
        ),
        "fasterrcnn_resnet50_fpn": Architecture("the paper's: Faster R-CNN as torchvision builds it", _LARGE),
        "retinanet_resnet50_fpn": Architecture("retinanet as torchvision builds it", _LARGE),
        "fcos_resnet50_fpn": Architecture("fcos as torchvision builds it", _LARGE),
        "ssd300_vgg16": Architecture("ssd as torchvision builds it", _LARGE),
        "maskrcnn_resnet50_fpn": Architecture("mask_rcnn as torchvision builds it", _LARGE),
    },
    "classifier": {
        "paper_cnn": Architecture(
            "the paper's three convolutions, for crops of 224 pixels", "slow", {"input_size": 224}
        ),
        "cifar_cnn": Architecture("six convolutions, made for pictures of 32 pixels", "fast"),
        "compact_resnet": Architecture("a small residual network", "the usual choice"),
        "mobilenet_v3_small": Architecture(
            "torchvision's MobileNetV3, which can start from ImageNet", "large, yet fast"
        ),
    },
    "segmenter": {
        "unet_nearest": Architecture(
            "a U-Net that says of every pixel what it shows; on its way up each number is repeated in four places",
            "the usual choice",
        ),
        "unet_transposed": Architecture(
            "the same, but the way up is learned: transposed convolutions", "as unet_nearest, with more weights"
        ),
        "unet_unpooling": Architecture(
            "the same, but each number goes back to where the largest of four stood on the way down",
            "a little slower than unet_nearest",
        ),
    },
}


def stage_of(architecture: str) -> str | None:
    """The stage that a network of that name is for; None where there is none of that name."""
    return next((stage for stage, names in ARCHITECTURES.items() if architecture in names), None)
