"""One picture of an evaluation: opened, predicted, held against what is known of it, and dropped.

What is kept of it is small, so that ten thousand pictures take no more memory at a time than a few.
"""

import io
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes, as_boxes, box_iou
from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import Dataset, Sample, place_below
from smallimg.data.formats.names import split_word
from smallimg.errors import ImageError
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import open_mask
from smallimg.pipeline import Pipeline
from smallimg.results import Box, Prediction
from smallimg.study.rows import Row
from smallimg.study.segment_figures import Counts, count_pixels

#: Pictures that can be kept of each: the cut-out, and the picture cut to its box.
CUT_OUTS, CROPS = "cutouts", "crops"
LEFT_OUT = "It is not measured: what the data says of it cannot be used."


@dataclass(frozen=True)
class Setting:
    """How the pictures are looked at.

    Attributes:
        given_boxes: whether the pipeline is told the true boxes: what a classifier can do that has no detector yet.
        remove_background: whether that stage runs; without it, it is as with the background model "none".
        crop: whether the classifier looks at the object; without it, it looks at the whole picture, and no detector is
            asked.
    """

    given_boxes: bool = False
    remove_background: bool = True
    crop: bool = True

    @property
    def finds_boxes(self) -> bool:
        """Whether the boxes are the detector's own."""
        return self.crop and not self.given_boxes


@dataclass(frozen=True, eq=False)
class Seen:
    """What one picture gave.

    Attributes:
        row: its row.
        shares: float32 [classes], probabilities in the pipeline's order; None where nothing was named.
        found: float32 [k, 5], the boxes xyxy in pixels of the picture and their scores, best first; None where nobody
            looked for any.
        is_known: see `smallimg.results.Prediction`.
        milliseconds: by stage; empty where the picture did not open.
        mask: (IoU, or None of two empty masks; mean absolute difference) of the cut-out and the true mask.
        pixels: see `smallimg.study.segment_figures.count_pixels`; None where no pixel was named or is known.
        files: PNG files of it, by `CUT_OUTS` and `CROPS`.
    """

    row: Row
    shares: NDArray[np.float32] | None = None
    found: NDArray[np.float32] | None = None
    is_known: bool = False
    milliseconds: dict[str, float] = field(default_factory=dict)
    mask: tuple[float | None, float] | None = None
    pixels: Counts | None = None
    files: dict[str, bytes] = field(default_factory=dict)


def look_at(
    pipeline: Pipeline, sample: Sample, dataset: Dataset, setting: Setting, *, counts: bool, keep: Collection[str] = ()
) -> Seen:
    """Predict one picture and compare.

    Args:
        counts: whether it is measured; a picture that is not gets an answer all the same, for the submission.
        keep: which pictures to keep of it.
    """
    truth = dataset.class_names[sample.label] if counts and sample.label is not None else None
    row = Row(name_of(sample, dataset), place_below(sample.path, dataset.root), truth)
    try:
        image = open_local(sample.path)
        mask = None if sample.mask is None else open_mask(sample.mask)
    except ImageError as error:
        return Seen(replace(row, error=str(error)))
    prediction = pipeline.predict(
        image, remove_background=setting.remove_background, boxes=_told(sample, image, setting, counts=counts)
    )
    looked = "detector" in prediction.milliseconds and setting.finds_boxes
    row = replace(
        row,
        label=prediction.label,
        answer=prediction.answer,
        level=prediction.level,
        probability=prediction.probabilities[prediction.label] if prediction.label is not None else None,
        truth_probability=prediction.probabilities.get(truth) if truth is not None else None,
        sayable=replace(prediction, named_from=0.0).sure_label is not None,
        box=prediction.box if setting.crop else None,
        iou=_best_iou(prediction.box, sample.boxes) if looked and counts and len(sample.boxes) else None,
        error="" if counts else LEFT_OUT,
    )
    return Seen(
        row,
        shares=np.fromiter(prediction.probabilities.values(), np.float32) if prediction.probabilities else None,
        found=_found(prediction) if looked else None,
        is_known=prediction.is_known,
        milliseconds=prediction.milliseconds,
        mask=_compare_masks(prediction.cutout, mask) if mask is not None and prediction.cutout is not None else None,
        pixels=count_pixels(prediction.segmentation, mask, sample, dataset)
        if counts and prediction.segmentation
        else None,
        files=_files(image, prediction, keep),
    )


def name_of(sample: Sample, dataset: Dataset) -> str:
    """The picture as the data's own table names it, or else as it lies below its split's folder."""
    if sample.name is not None:
        return sample.name
    parts = sample.path.relative_to(dataset.root).parts
    is_part = len(parts) > 1 and (parts[0] == "images" or split_word(parts[0]) == split_word(dataset.split))
    return "/".join(parts[1:] if is_part else parts)


def _told(sample: Sample, image: Image.Image, setting: Setting, *, counts: bool) -> list[Box] | None:
    """Where the pipeline is told to look; None where it finds that out itself."""
    if not setting.crop:
        return [Box(0, 0, *image.size, 1.0)]
    if setting.given_boxes and counts:
        return [Box(x1, y1, x2, y2, 1.0) for x1, y1, x2, y2 in sample.boxes.tolist()]
    return None


def _found(prediction: Prediction) -> NDArray[np.float32]:
    return np.array([(*box.xyxy, box.score) for box in prediction.boxes], np.float32).reshape(-1, 5)


def _best_iou(box: Box | None, true_boxes: Boxes) -> float:
    return 0.0 if box is None else float(box_iou(as_boxes(box.xyxy), true_boxes).max())


def _compare_masks(cutout: Image.Image, mask: Image.Image) -> tuple[float | None, float]:
    """(IoU, MAE) of the cut-out's alpha and the true mask, "L"; two empty masks have no IoU."""
    alpha = np.asarray(cutout.getchannel("A")) / np.float32(255)
    true = np.asarray(mask) / np.float32(255)
    both, either = ((alpha >= 0.5) & (true >= 0.5)).sum(), ((alpha >= 0.5) | (true >= 0.5)).sum()
    return (float(both / either) if either else None), float(np.abs(alpha - true).mean())


def _files(image: Image.Image, prediction: Prediction, keep: Collection[str]) -> dict[str, bytes]:
    files = {}
    if CUT_OUTS in keep and prediction.cutout is not None:
        files[CUT_OUTS] = _png(prediction.cutout)
    if CROPS in keep and prediction.box is not None:
        files[CROPS] = _png(image.crop(prediction.box.around))
    return files


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)  # of thousands: the best compression would take most of the time
    return buffer.getvalue()


def boxes_are_given(bundle: Bundle, dataset: Dataset) -> bool:
    """Whether true boxes stand in for a detector: a classifier trained on boxes looks at no whole picture."""
    return "detector" not in bundle.stages and all(len(sample.boxes) for sample in dataset.samples)
