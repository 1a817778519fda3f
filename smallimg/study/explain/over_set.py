"""The maps of a whole data set: where a network looks when it is right, and where when it is wrong."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from smallimg.boxes import Boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.preview import BOX_COLOUR
from smallimg.errors import BundleError, DataError, ImageError, called
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import open_mask
from smallimg.study.explain.explainer import Explainer
from smallimg.study.explain.inside import inside, thing_of_boxes, thing_of_mask
from smallimg.study.explain.overlay import overlay
from smallimg.study.explain.seen import SHOWN, Seen, SetSeen

#: Pictures that are looked at, drawn at random where there are more.
MOST = 200
#: Longer side, in pixels, of the copy on which heat is held against the object.
SIDE = 224


def explain_set(
    explainer: Explainer,
    dataset: Dataset,
    *,
    method: str = "gradcam",
    most: int = MOST,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> SetSeen:
    """Predict pictures of a data set, and ask of each why it was given its most probable name.

    Args:
        explainer: of the pipeline that predicts.
        dataset: labelled or not; where masks are known heat is held against them, else against the boxes.
        method: one of `smallimg.study.explain.methods.METHODS`.
        most: pictures at most, drawn at random.
        seed: which.
        progress: called with (pictures done, pictures in all).

    Raises:
        BundleError: when the bundle has no classifier.
        DataError: when no picture could be read, or there is no such method.
    """
    if "classifier" not in explainer.pipeline.bundle.stages:
        raise BundleError(
            f"“{called(explainer.pipeline.bundle.path)}” has no classifier: choose a bundle that names things."
        )
    order = np.random.default_rng(seed).permutation(len(dataset.samples))[:most]
    chosen = [dataset.samples[index] for index in sorted(order.tolist())]
    seen, errors = [], []
    for done, sample in enumerate(chosen, start=1):
        try:
            seen.append(_look(explainer, dataset, sample, method))
        except ImageError as error:
            errors.append(str(error))
        if progress is not None:
            progress(done, len(chosen))
    if not seen:
        raise DataError(f"{dataset.origin}: none of the pictures could be read, so there is nothing to look at.")
    of_pictures = {dataset.class_names[sample.label] for sample in chosen if sample.label is not None}
    unnamed = sorted(of_pictures - set(explainer.pipeline.class_names))
    return SetSeen(tuple(seen), len(dataset.samples), tuple(errors), tuple(unnamed))


def _look(explainer: Explainer, dataset: Dataset, sample: Sample, method: str) -> Seen:
    image = open_local(sample.path)
    mask = None if sample.mask is None else open_mask(sample.mask)
    prediction = explainer.pipeline.predict(image)
    assert prediction.label is not None, "the bundle has a classifier"
    explanation = explainer.of_class(image, prediction, method=method)
    small = _within(image.size, SIDE)
    thing = None
    if mask is not None:
        thing = thing_of_mask(mask, small)
    elif len(sample.boxes):
        thing = thing_of_boxes(sample.boxes, image.size, small)
    shown = _within(image.size, SHOWN)
    truth = None if sample.label is None else dataset.class_names[sample.label]
    return Seen(
        sample.path,
        truth if truth in explainer.pipeline.class_names else None,
        prediction.label,
        prediction.probabilities[prediction.label],
        inside(explanation.heat(small), thing) if thing is not None and thing.any() else None,
        _with_boxes(overlay(image.resize(shown), explanation.heat(shown)), sample.boxes, image.size),
    )


def _within(size_wh: tuple[int, int], side: int) -> tuple[int, int]:
    """The size of a copy that is at most so large."""
    factor = min(1.0, side / max(size_wh))
    return max(1, round(size_wh[0] * factor)), max(1, round(size_wh[1] * factor))


def _with_boxes(picture: Image.Image, boxes: Boxes, size_wh: tuple[int, int]) -> Image.Image:
    draw = ImageDraw.Draw(picture)
    scale = np.array([picture.width / size_wh[0], picture.height / size_wh[1]] * 2)
    for x1, y1, x2, y2 in np.rint(boxes * scale).astype(int).tolist():
        draw.rectangle((x1, y1, max(x1, x2 - 1), max(y1, y2 - 1)), outline=BOX_COLOUR, width=1)
    return picture
