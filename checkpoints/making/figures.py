"""What a finished network is measured with, on photos that nothing was learnt from."""

from dataclasses import replace

from checkpoints.making.card import with_stage
from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import Dataset
from smallimg.pipeline import Pipeline
from smallimg.study.evaluation import evaluate


def with_figures(bundle: Bundle, name: str, dataset: Dataset, of: str = "") -> Bundle:
    """The bundle with what `smallimg.study.evaluation` says of that stage on photos that nothing was learnt from."""
    nameless = tuple(replace(sample, label=None) for sample in dataset.samples)
    found = evaluate(Pipeline.load(bundle.path), replace(dataset, samples=nameless)).metrics
    keys = ("mask_iou", "mask_mae", "box_iou", "box_iou_50")
    figures = {f"test {of}{key}": found[key] for key in keys if key in found}
    return with_stage(bundle, name, bundle.stages[name], figures)
