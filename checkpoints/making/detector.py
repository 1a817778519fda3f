"""The detector of `everyday`, and of `cifar10`: a compact Faster R-CNN."""

from dataclasses import replace
from functools import partial

import torch
from torch import nn

from checkpoints.making.card import with_stage
from checkpoints.making.data import BOXED, MASKED, SEED, Work, backgrounds, photos, with_boxes, without_held_back
from checkpoints.making.figures import with_figures
from checkpoints.making.places import begin_with, learn_places
from checkpoints.making.recipes import CLEAR, DETECTOR, DETECTOR_ROOM, LONGER
from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import split_train_validation
from smallimg.networks.onnx_files import write_network
from smallimg.training.bundle import stage_of
from smallimg.training.detector import fit_detector
from smallimg.training.pasting import scattered
from smallimg.training.tensors import join, load_tensors


def train_detector(work: Work, bundle: Bundle) -> Bundle:
    """A compact Faster R-CNN on small photos with boxes, and on objects of all sizes put on backgrounds.

    Its trunk is that of a network that has learnt to mark the boxes.
    """
    places = learn_places(work)
    places = learn_places(work, LONGER, partial(begin_with, places, "places"), name="longer")
    side = DETECTOR.input_size
    train, validation = (
        load_tensors(part, side)
        for part in split_train_validation(photos(work.folder / BOXED), fraction=0.05, seed=SEED)
    )
    learn, _ = without_held_back(photos(work.folder / MASKED))
    others = backgrounds(work.folder, side)
    torch.manual_seed(SEED)
    pasted = scattered(load_tensors(learn, 2 * side), others, side, n=4_000)

    def prepare(network: nn.Module) -> str:
        network.get_submodule("backbone.trunk").load_state_dict(places.trunk.state_dict())
        return "places"

    network, figures = fit_detector(
        join(train, pasted),
        validation,
        recipe=DETECTOR,
        seed=SEED,
        report=work.report,
        prepare=prepare,
        keep=work.keep(),
    )
    write_network(network, bundle.file("detector"), stage="detector", side=DETECTOR.input_size)
    return measure_detector(
        work, with_stage(bundle, "detector", replace(stage_of(DETECTOR), clear_cutout=CLEAR), figures)
    )


def measure_detector(work: Work, bundle: Bundle) -> Bundle:
    """The bundle with the figures of its best boxes, of photos that nothing was learned from."""
    bundle = with_stage(bundle, "detector", replace(bundle.stages["detector"], room=DETECTOR_ROOM), {})
    _, held_back = without_held_back(photos(work.folder / MASKED))
    bundle = with_figures(bundle, "detector", with_boxes(held_back), of="large_")
    return with_figures(bundle, "detector", photos(work.folder / BOXED, "val"))
