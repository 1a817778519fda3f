"""How well pixels were named: counts of a picture, and figures of many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.data.dataset import Dataset, Sample, classes_in
from smallimg.pictures.class_maps import class_map, confusion, mean_iou
from smallimg.results import Segmentation

#: Of the background and each class, [3, 1 + classes]: pixels that are of it and were said to be, that are, that were
#: said to be. Of a thousand pictures a whole matrix each would fill the memory.
Counts = NDArray[np.int64]


def count_pixels(found: Segmentation, mask: Image.Image | None, sample: Sample, dataset: Dataset) -> Counts | None:
    """A picture's pixels by what they show and by what was said of them; None where nobody knows what they show.

    Args:
        found: what was said, of the bundle's classes.
        mask: the true mask, "L", of the picture's size; None where there is none, or nothing is to be seen.
        sample, dataset: whose mask it is; classes are matched by name, and one that the bundle does not know is
            nobody's.
    """
    if not sample.is_negative and (mask is None or not classes_in(sample)):
        return None
    places = {name: place for place, name in enumerate(found.class_names)}
    labels = [places.get(dataset.class_names[label], -1) if label >= 0 else -1 for label in sample.box_labels]
    label = places.get(dataset.class_names[sample.label]) if sample.label is not None else None
    width, height = found.size_wh
    inside = np.zeros((height, width), bool)
    if mask is not None:
        inside = np.asarray(mask if mask.size == found.size_wh else mask.resize(found.size_wh)) > 127
    truth = class_map(inside, label=label, boxes=sample.boxes, box_labels=labels)
    pairs = confusion(truth, np.asarray(found.full()), len(found.class_names))
    return np.stack([np.diag(pairs), pairs.sum(axis=1), pairs.sum(axis=0)])


def segment_figures(counts: Sequence[Counts], classes: Sequence[str]) -> dict[str, Any]:
    """The figures of pixels, as `smallimg.study.evaluation.evaluate` describes them; none of no pictures."""
    if not counts:
        return {}
    hits, true, said = np.sum(counts, axis=0)
    there, unions = np.sum([one[1] > 0 for one in counts], axis=0), true + said - hits
    by_class = {
        name: {
            "n": int(there[at]),
            "intersection": int(hits[at]),
            "union": int(unions[at]),
            "iou": round(float(hits[at] / unions[at]), 6),
        }
        for at, name in enumerate(("", *classes))
        if unions[at]
    }
    background = by_class.pop("", None)
    return {
        "miou": round(mean_iou(hits, unions), 6),
        "miou_classes": len(by_class),
        **({"background_iou": background["iou"]} if background else {}),
        "pixels_right": round(float(hits.sum() / max(1, true.sum())), 6),
        "segmented": len(counts),
        "segments": by_class,
    }
