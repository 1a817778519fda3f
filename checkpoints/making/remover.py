"""The remover of `everyday`, and of `cifar10`: a small U-Net, taught by itself too."""

from dataclasses import replace
from functools import partial

import torch

from checkpoints.making.card import with_stage
from checkpoints.making.data import (
    BOXED,
    MASKED,
    SEED,
    Work,
    backgrounds,
    chosen,
    is_of_ecssd,
    photos,
    without_held_back,
)
from checkpoints.making.figures import with_figures
from checkpoints.making.places import begin_with, learn_places
from checkpoints.making.recipes import REMOVER, ROOM, TAUGHT
from smallimg.boxes import box_iou
from smallimg.bundles.bundle import Bundle
from smallimg.cli.progress import say
from smallimg.data.dataset import split_train_validation
from smallimg.networks.onnx_files import write_network
from smallimg.networks.unet import SmallUNet
from smallimg.training.augment import mask_boxes
from smallimg.training.bundle import stage_of
from smallimg.training.parts import within_boxes
from smallimg.training.precision import has_fast_bfloat16
from smallimg.training.remover import fit_remover
from smallimg.training.tensors import Tensors, join, load_tensors

#: How well the box around such a mask must fit the true one.
FITS = 0.7


def train_remover(work: Work, bundle: Bundle) -> Bundle:
    """A small U-Net, first on boxes, then on masks, a quarter of the time with the objects on other backgrounds.

    Photos with masks are few. What it marks within a true box is better than what it marks in a whole photo, so that
    it learns from its own masks of photos that have boxes only (self-training; Xie et al., 2020, arXiv:1911.04252). The
    mean of its weights before and after that is better than either (Wortsman et al., 2022, arXiv:2109.01903).
    """
    places = learn_places(work)
    learn, _ = without_held_back(photos(work.folder / MASKED))
    learn, choose = split_train_validation(learn, fraction=0.06, seed=SEED)
    # Twice those of ECSSD: people are the easier of the two, and are more.
    learn = replace(learn, samples=learn.samples + chosen(learn, is_of_ecssd).samples)
    train, validation = (load_tensors(part, REMOVER.input_size) for part in (learn, choose))
    others = backgrounds(work.folder, REMOVER.input_size)
    fit = partial(fit_remover, validation=validation, seed=SEED, report=work.report, backgrounds=others)
    begin = partial(begin_with, places, "places")
    masks, _ = fit(train, recipe=REMOVER, prepare=begin, keep=work.keep("masks"))
    tiny = photos(work.folder / BOXED)
    tiny = replace(tiny, samples=tiny.samples[::2])
    own = with_own_masks(masks, load_tensors(tiny, TAUGHT.input_size))
    say(f"{len(own)} photos with boxes have masks now")
    taught, _ = fit(
        join(train, own),
        recipe=TAUGHT,
        prepare=partial(begin_with, masks, "masks"),
        keep=work.keep("taught"),
    )
    network, figures = fit(
        train,
        recipe=replace(TAUGHT, epochs=0),  # what it gives are the figures of the mean
        prepare=partial(begin_with, mean_of(masks, taught), "the mean"),
    )
    write_network(network, bundle.file("background"), stage="background", side=REMOVER.input_size)
    return measure_remover(work, with_stage(bundle, "background", stage_of(REMOVER), figures))


def measure_remover(work: Work, bundle: Bundle) -> Bundle:
    """The bundle with the remover's figures, of photos that nothing was learned from."""
    _, held_back = without_held_back(photos(work.folder / MASKED))
    bundle = with_stage(bundle, "background", replace(bundle.stages["background"], room=ROOM), {})
    return with_figures(bundle, "background", held_back)


def mean_of(first: SmallUNet, second: SmallUNet) -> SmallUNet:
    """A network with weights halfway between those of two."""
    mean, others = SmallUNet(), second.state_dict()
    mean.load_state_dict({name: (value + others[name]) / 2 for name, value in first.state_dict().items()})
    return mean


def with_own_masks(network: SmallUNet, tensors: Tensors) -> Tensors:
    """Pictures with what a remover marks within their boxes as masks; only those whose mask fits the box."""
    network.eval().to(memory_format=torch.channels_last)
    alpha = torch.empty_like(tensors.pixels[:, :1])
    for rows in torch.split(torch.arange(len(tensors)), 32):
        pixels = tensors.pixels[rows].float().contiguous(memory_format=torch.channels_last)
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=has_fast_bfloat16()):
            both = network(pixels).sigmoid() + network(pixels.flip(3)).sigmoid().flip(3)
        alpha[rows] = (both.float() / 2 * 255).round().to(torch.uint8)
    alpha = within_boxes(alpha, tensors.boxes)
    pairs = zip(mask_boxes(alpha.float() / 255).numpy(), tensors.largest_boxes().numpy(), strict=True)
    fits = torch.tensor([box_iou(found[None], true[None]).item() >= FITS for found, true in pairs])
    return replace(tensors, alpha=alpha).take(fits.nonzero()[:, 0])
