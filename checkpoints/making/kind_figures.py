"""What `everyday` says of photos that nothing was learned from, through the whole pipeline as people use it."""

from collections.abc import Sequence

from PIL import Image
from torch import Tensor

from checkpoints.making.data import Work
from checkpoints.making.kinds import Kinds, kinds_of_tiny, people, strangers
from smallimg.bundles.bundle import Bundle
from smallimg.pipeline import Pipeline
from smallimg.results import Prediction
from smallimg.training.tensors import Tensors


def measure_kinds(work: Work, kinds: Kinds, bundle: Bundle) -> dict[str, float]:
    """Figures of Tiny ImageNet's validation photos, and of people and things that nothing was learned from.

    `test top1`, `test top3`, `test group` are shares of all photos with a kind; `test named` and `test grouped` those
    that get a name or only a group, `…_right` how many of these answers are right. `test strangers_…` are of things
    that have no name here and were not met in training. `test people_misnamed` is the share of people who are said to
    be something else.
    """
    pipeline = Pipeline.load(bundle.path)
    known = kinds_of_tiny(work, kinds, "val")
    found = _predicted(pipeline, known)
    group_of = {name: group for group, names in kinds.groups.items() for name in names}
    truths = [kinds.names[label] for label in known.labels.tolist()]
    named = [(one.answer, truth) for one, truth in zip(found, truths, strict=True) if one.level == "kind"]
    grouped = [(one.answer, group_of[truth]) for one, truth in zip(found, truths, strict=True) if one.level == "group"]
    ranked = [sorted(one.probabilities, key=one.probabilities.__getitem__, reverse=True)[:3] for one in found]
    strange = _predicted(pipeline, strangers(work, kinds, met=False, split="val"))
    persons = _predicted(pipeline, people(work, kinds, "measured"))
    return {
        "test top1": _share([first[0] == truth for first, truth in zip(ranked, truths, strict=True)]),
        "test top3": _share([truth in first for first, truth in zip(ranked, truths, strict=True)]),
        "test group": _share([one.group == group_of[truth] for one, truth in zip(found, truths, strict=True)]),
        "test named": len(named) / len(found),
        "test named_right": _share([answer == truth for answer, truth in named]),
        "test grouped": len(grouped) / len(found),
        "test grouped_right": _share([answer == truth for answer, truth in grouped]),
        "test strangers_named": _share([one.level == "kind" for one in strange]),
        "test strangers_grouped": _share([one.level == "group" for one in strange]),
        "test people_named": _share([one.answer == "person" for one in persons]),
        "test people_misnamed": _share([one.answer not in ("person", None) for one in persons]),
    }


def _predicted(pipeline: Pipeline, tensors: Tensors) -> list[Prediction]:
    return list(pipeline.each(Pipeline.predict, [to_picture(pixels) for pixels in tensors.pixels]))


def to_picture(pixels: Tensor) -> Image.Image:
    """uint8 [3, h, w] → RGB."""
    return Image.fromarray(pixels.permute(1, 2, 0).numpy())


def _share(truths: Sequence[bool]) -> float:
    return sum(truths) / max(len(truths), 1)
