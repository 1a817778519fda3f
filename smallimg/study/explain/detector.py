"""What a box's score depends on: the detector is asked about its picture with parts of it hidden.

Nothing inside it is looked at, so any detector will do.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes
from smallimg.bundles.bundle import Bundle
from smallimg.bundles.sessions import Floats
from smallimg.networks.detectors import build_detector
from smallimg.networks.onnx_files import AskedDetector, load_weights
from smallimg.pictures.preprocess import FILL
from smallimg.pictures.selective_search import selective_search
from smallimg.study.explain.occlusion import occlude
from smallimg.study.explain.targets import BoxTarget

#: uint8 [3, side, side] → boxes [k, 4] in its pixels, scores [k].
Finder = Callable[[NDArray[np.uint8]], tuple[Boxes, Floats]]
#: Random masks, squares a side of one, and how much of the picture it leaves.
MASKS, SQUARES, SEEN = 160, 6, 0.5
#: Of a box's occlusion: side of the patch, and how far it moves, as shares of the look's side.
PATCH, STEP = 1 / 5, 1 / 10


def drise(find: Finder, look: NDArray[np.uint8], target: BoxTarget, *, masks: int = MASKS, seed: int = 0) -> Floats:
    """How much higher the target is where a pixel is seen than where it is hidden, on average over random masks.

    Masks and similarity are those of D-RISE (Petsiuk et al., 2021, “Black-box explanation of object detectors via
    saliency maps”, arXiv:2006.03204); there only what is seen is counted, and a box that is found in any case makes
    everything warm.

    Args:
        find: the detector.
        look: what it sees, uint8 [3, side, side].
        target: of its boxes and scores.
        masks: how many.
        seed: the same masks.

    Returns:
        float32 [side, side], in units of the target.
    """
    drawn = random_masks(look.shape[-1], masks, seed=seed)
    scores = box_scores(find, _hidden(look, drawn), target)
    by_mask = scores[:, None, None]
    seen, unseen = drawn.sum(axis=0), (1 - drawn).sum(axis=0)
    tiny = np.float32(1e-6)
    means = (by_mask * drawn).sum(axis=0) / (seen + tiny), (by_mask * (1 - drawn)).sum(axis=0) / (unseen + tiny)
    return np.asarray(means[0] - means[1], np.float32)


def box_occlusion(find: Finder, look: NDArray[np.uint8], target: BoxTarget) -> Floats:
    """How far the target falls on average when a grey patch hides a pixel, float32 [side, side].

    Args:
        find: the detector.
        look: what it sees, uint8 [3, side, side].
        target: of its boxes and scores.
    """
    return occlude(look, lambda pictures: box_scores(find, pictures, target), patch=PATCH, step=STEP)


BOX_METHODS: dict[str, Callable[[Finder, NDArray[np.uint8], BoxTarget], Floats]] = {
    "drise": drise,
    "box-occlusion": box_occlusion,
}


def box_scores(find: Finder, looks: NDArray[np.uint8], target: BoxTarget) -> Floats:
    """The target of each look [n, 3, side, side], float32 [n]."""
    return np.array([target(*find(look)) for look in looks], np.float32)


def random_masks(side: int, count: int, *, seed: int) -> Floats:
    """Masks of D-RISE: coarse squares, seen or not, blown up and shifted; float32 [count, side, side], 0 … 1."""
    rng = np.random.default_rng(seed)
    square = -(-side // SQUARES)
    whole = square * (SQUARES + 1)
    masks = np.empty((count, side, side), np.float32)
    for mask in masks:
        coarse = Image.fromarray((rng.random((SQUARES + 1, SQUARES + 1)) < SEEN).astype(np.float32))
        top, left = rng.integers(0, square, 2)
        blown_up = np.asarray(coarse.resize((whole, whole), Image.Resampling.BILINEAR))
        mask[:] = blown_up[top : top + side, left : left + side]
    return masks


def torch_detector(bundle: Bundle) -> AskedDetector:
    """A bundle's detector in torch, to have its weights shuffled.

    Raises:
        BundleError: when its file is damaged.
        TrainingError: when this version does not know its architecture.
    """
    stage = bundle.stages["detector"]
    network = build_detector(stage.architecture, stage.arguments)
    load_weights(network, bundle.file("detector"))
    asked = AskedDetector(network)
    asked.eval()
    return asked


def finder_of(asked: AskedDetector) -> Finder:
    """A torch detector as the methods here ask it."""

    def find(look: NDArray[np.uint8]) -> tuple[Boxes, Floats]:
        told = [torch.from_numpy(selective_search(np.moveaxis(look, 0, 2)))] if asked.asks else []
        with torch.inference_mode():
            boxes, scores, *_ = asked(torch.from_numpy(look[None]).float(), *told)
        return boxes.numpy(), scores.numpy()

    return find


def _hidden(look: NDArray[np.uint8], masks: Floats) -> NDArray[np.uint8]:
    """A look [3, side, side] behind each of the masks, grey where nothing is seen, uint8 [n, 3, side, side]."""
    grey = np.array(FILL, np.float32)[:, None, None]
    return np.rint(grey + (look - grey) * masks[:, None]).astype(np.uint8)
