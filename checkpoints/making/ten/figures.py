"""What the classifier of `cifar10` is measured with, on photos that nothing was learnt from."""

import torch
from torch import Tensor
from torchmetrics.functional.classification import binary_auroc, multiclass_calibration_error

from checkpoints.making.data import BOXED, NAMED, Work, photos
from checkpoints.making.recipes import TEN
from checkpoints.making.ten.kinds import GROUPS, strange_kinds
from checkpoints.making.ten.objects import crops, from_elsewhere
from smallimg.bundles.bundle import Bundle, Stage
from smallimg.bundles.calibration import energy, familiarity
from smallimg.data.dataset import only_classes
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.results import UNKNOWN_BELOW
from smallimg.training.classifier import validation_logits
from smallimg.training.tensors import load_tensors


def measure_classifier(work: Work, bundle: Bundle, stage: Stage, network: ImageClassifier) -> dict[str, float]:
    """Figures of CIFAR-10's test photos, and of Tiny ImageNet's validation photos, cropped to their boxes.

    `test photos_accuracy` is that of Tiny ImageNet's `COUNTERPARTS` of a class, and `test photos_known` the share of
    them that is not called unknown. `test unknown_auroc` is the area under the ROC curve of the energy: known are
    CIFAR-10's test photos (for `test photos_unknown_auroc` those counterparts), unknown the kinds of Tiny ImageNet that
    have no counterpart and were not met in training; `test unknown_found` is the share of these that is called unknown.
    """
    known = load_tensors(photos(work.folder / NAMED, "test"), TEN.input_size)
    tiny = photos(work.folder / BOXED, "val")
    _, unmet = strange_kinds(tiny.class_names)
    elsewhere = from_elsewhere(work, "val", bundle.class_names)
    parts = (known, elsewhere, crops(only_classes(tiny, unmet)))
    logits, named, strange = (validation_logits(network, part, TEN) for part in parts)
    shares = (logits / stage.temperature).softmax(dim=1)
    is_vehicle = torch.tensor([name in GROUPS["vehicle"] for name in bundle.class_names])
    called_vehicle = shares[:, is_vehicle].sum(dim=1) > 0.5
    n = len(bundle.class_names)

    def called_known(part: Tensor) -> float:
        scores = [familiarity(value, stage.energy_marks) for value in energy(part.numpy()).tolist()]
        return sum(score >= UNKNOWN_BELOW for score in scores) / len(scores)

    return {
        "test accuracy": (shares.argmax(dim=1) == known.labels).float().mean().item(),
        "test group_accuracy": (called_vehicle == is_vehicle[known.labels]).float().mean().item(),
        "test calibration_error": multiclass_calibration_error(shares, known.labels, num_classes=n).item(),
        "test photos_accuracy": (named.argmax(dim=1) == elsewhere.labels).float().mean().item(),
        "test photos_known": called_known(named),
        "test unknown_auroc": _auroc(logits, strange),
        "test photos_unknown_auroc": _auroc(named, strange),
        "test unknown_found": 1 - called_known(strange),
    }


def _auroc(known: Tensor, strange: Tensor) -> float:
    """How well the energy of logits [n, classes] and [m, classes] tells the two apart."""
    scores, truth = (
        torch.from_numpy(energy(torch.cat([known, strange]).numpy())),
        torch.arange(len(known) + len(strange)) < len(known),
    )
    return binary_auroc((scores - scores.min()) / (scores.max() - scores.min()), truth.long()).item()
