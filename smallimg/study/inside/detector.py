"""A pipeline's detector taken apart: what it does with a picture, from its own weights, and what it then says."""

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision.models.detection import FCOS, RetinaNet
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.ssd import SSD

from smallimg.errors import BundleError, DataError
from smallimg.networks.detectors.crops import SlidingWindow
from smallimg.networks.detectors.fast_rcnn import FastRCNN
from smallimg.networks.detectors.kinds import names_boxes, needs_proposals
from smallimg.networks.detectors.localizer import Localizer
from smallimg.networks.detectors.rcnn import RCNN
from smallimg.networks.detectors.yolo_grid import YoloGrid
from smallimg.pictures.preprocess import Letterbox
from smallimg.pictures.selective_search import selective_search
from smallimg.pipeline import Pipeline
from smallimg.results import Prediction
from smallimg.study.explain.detector import torch_detector
from smallimg.study.inside.crop_by_crop import localizer_steps, rcnn_steps, sliding_window_steps
from smallimg.study.inside.losses import losses_of
from smallimg.study.inside.one_stage import one_stage_steps, yolo_steps
from smallimg.study.inside.steps import DetectorSteps
from smallimg.study.inside.two_stage import fast_rcnn_steps, faster_rcnn_steps


@dataclass(frozen=True, eq=False)
class Seen:
    """What a detector did with a picture.

    Attributes:
        look: what it saw, uint8 [3, side, side].
        place: where the picture lies in that.
        steps: what it did.
        prediction: what the pipeline says of the picture, without a name; its boxes are the final ones, those clipped
            to the picture that score enough, and the one around the cut-out where it is taken.
        reads_cutout: whether the detector sees the picture without its background.
    """

    look: NDArray[np.uint8]
    place: Letterbox
    steps: DetectorSteps
    prediction: Prediction
    reads_cutout: bool


class InsideDetector:
    """Looks inside the detector of one pipeline; the network is read once, for all pictures.

    Args:
        pipeline: whose detector.

    Attributes:
        architecture: its name.
        class_names: what its boxes can be called; empty where it names none.
        proposes: whether it proposes places by itself before it judges them.

    Raises:
        BundleError: when it has none, or its file is damaged.
        TrainingError: when this version does not know its architecture.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        if "detector" not in pipeline.bundle.stages:
            raise BundleError(f"“{pipeline.name}” has no detector to look inside of: choose models that find things.")
        self.pipeline = pipeline
        self.architecture = pipeline.bundle.stages["detector"].architecture
        self._network = torch_detector(pipeline.bundle).network
        self.class_names = pipeline.class_names if names_boxes(self._network) else ()
        self.proposes = proposes(self._network)
        self._turn = Lock()  # torchvision's poolers keep what they find out of a picture's size

    def look(self, image: Image.Image) -> Seen:
        """What it does with a picture, RGB or RGBA."""
        reads_cutout = self.pipeline.bundle.stages["detector"].reads == "cutout"
        takes_cutout = self.pipeline.bundle.stages["detector"].clear_cutout is not None
        prediction = self.pipeline.predict(image, remove_background=reads_cutout or takes_cutout, classify=False)
        look, place = self.pipeline.detector_look(image, prediction)
        with self._turn, torch.inference_mode():
            steps = steps_of(self._network, look)
        return Seen(look, place, steps, prediction, reads_cutout)

    def losses(
        self, look: NDArray[np.uint8], box: tuple[float, float, float, float], *, kind: int = 0
    ) -> dict[str, float]:
        """How far off it is where the true box is told, see `smallimg.study.inside.losses`.

        Raises:
            DataError: when the look [3, side, side] is not of the size that it sees.
        """
        side = self.pipeline.bundle.stages["detector"].input_size
        if look.shape != (3, side, side):
            raise DataError(f"This detector sees {side} × {side} pixels: reload the page.")
        with self._turn:
            return losses_of(self._network, look, box, kind=kind)


def proposes(network: nn.Module) -> bool:
    """Whether a detector proposes places by itself before it judges them."""
    return isinstance(network, GeneralizedRCNN | SlidingWindow)


def steps_of(network: nn.Module, look: NDArray[np.uint8]) -> DetectorSteps:
    """What a detector in eval mode does with what it sees, uint8 [3, side, side]."""
    pixels = torch.from_numpy(look).float() / 255
    for kinds, steps in _STEPS:
        if isinstance(network, kinds):
            told = [_proposals(look)] if needs_proposals(network) else []
            found: DetectorSteps = steps(network, pixels, *told)
            return found
    raise TypeError(f"no steps are known of a {type(network).__name__}")


def _proposals(look: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(selective_search(np.moveaxis(look, 0, 2)))


#: The kinds of network → what takes them apart.
_STEPS: tuple[tuple[Any, Any], ...] = (
    (GeneralizedRCNN, faster_rcnn_steps),
    (FastRCNN, fast_rcnn_steps),
    ((RetinaNet, FCOS, SSD), one_stage_steps),
    (YoloGrid, yolo_steps),
    (Localizer, localizer_steps),
    (SlidingWindow, sliding_window_steps),
    (RCNN, rcnn_steps),
)
