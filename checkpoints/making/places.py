"""What remover and detector learn first: where the object is, from far more photos than have masks."""

from dataclasses import replace

import torch
from torch import nn

from checkpoints.making.data import BOXED, SEED, Work, photos
from checkpoints.making.recipes import PLACES
from smallimg.data.dataset import split_train_validation
from smallimg.networks.unet import SmallUNet
from smallimg.training.parts import within_boxes
from smallimg.training.recipes import StageRecipe
from smallimg.training.remover import fit_remover
from smallimg.training.tensors import Tensors, load_tensors
from smallimg.training.transfer import Prepare, leave_as_it_is


def in_boxes(tensors: Tensors) -> Tensors:
    """The same pictures with all that is in their boxes as the mask."""
    return replace(tensors, alpha=within_boxes(torch.full_like(tensors.pixels[:, :1], 255), tensors.boxes))


def begin_with(taught: nn.Module, what: str, network: nn.Module) -> str:
    """Give a network what another of its kind has learnt; `what` tells it from others (see `Prepare`)."""
    network.load_state_dict(taught.state_dict())
    return what


def learn_places(
    work: Work, recipe: StageRecipe = PLACES, prepare: Prepare = leave_as_it_is, name: str = "places"
) -> SmallUNet:
    """A network that marks where the object is, as a box; its state is kept by that name."""
    train, validation = (
        in_boxes(load_tensors(part, recipe.input_size))
        for part in split_train_validation(photos(work.folder / BOXED), fraction=0.05, seed=SEED)
    )
    network, _ = fit_remover(
        train, validation, recipe=recipe, seed=SEED, report=work.report, prepare=prepare, keep=work.keep(name)
    )
    return network
