"""The detector of the AI@UNICT2025 pipeline."""

from torchvision.models.detection import FasterRCNN, fasterrcnn_resnet50_fpn
from torchvision.models.detection.anchor_utils import AnchorGenerator


def paper_fasterrcnn(*, input_size: int = 800) -> FasterRCNN:
    """The detector of the AI@UNICT2025 pipeline, to the letter: torchvision's `fasterrcnn_resnet50_fpn`, no weights.

    Anchors 32, 64, 128, 256, 512 on its five levels, ratios 0.5, 1 and 2; a box predictor for two classes. torchvision
    itself scales the shorter side to 800 pixels.
    """
    detector = fasterrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2, min_size=input_size)
    detector.rpn.anchor_generator = AnchorGenerator(
        tuple((side,) for side in (32, 64, 128, 256, 512)), ((0.5, 1.0, 2.0),) * 5
    )
    return detector
