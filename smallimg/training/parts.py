"""What each stage learns from: a data set read into memory, and cut out by the remover where a stage looks at that."""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from smallimg.bundles.background import OwnRemover, Remover, open_remover
from smallimg.bundles.bundle import Bundle
from smallimg.data.dataset import Dataset
from smallimg.errors import Stopped
from smallimg.files import whole
from smallimg.training import augment, pasting
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.plan import needs_cut_outs
from smallimg.training.processes import processes_here
from smallimg.training.recipes import Recipe
from smallimg.training.tensors import Tensors, load_tensors


def read_parts(parts: Sequence[Dataset], side: int, *, report: Report, keep: Keep | None) -> list[Tensors]:
    """The pictures of all parts, in squares of that side."""
    n = sum(len(part.samples) for part in parts)
    read: list[Tensors] = []

    def progress(done: int, _of: int) -> None:
        if keep is not None and keep.should_stop():
            raise Stopped("The run was stopped while its pictures were being read.")
        report(Progress("reading", 1, 1, sum(map(len, read)) + done, n))

    for part in parts:
        read.append(load_tensors(part, side, progress=progress))
    return read


def make_parts(
    train: Tensors,
    validation: Tensors,
    bundle: Bundle,
    plan: Recipe,
    stages: Sequence[str],
    *,
    seed: int,
    report: Report,
    keep: Keep | None,
) -> dict[str, tuple[Tensors, Tensors]]:
    """What a stage reads → the pictures or cut-outs it learns from, and those it is validated on.

    "masked" are the pictures with masks, true ones or the remover's, which is what a segmenter learns from.
    """
    has_boxes = any(map(len, train.boxes))
    has_cutouts, needs_masks = needs_cut_outs(
        plan, stages, bundle.background, has_masks=train.alpha is not None, has_boxes=has_boxes
    )
    lacks_masks = "segmenter" in stages and None in (train.alpha, validation.alpha)
    if not (has_cutouts or needs_masks or lacks_masks):
        return {"image": (train, validation), "masked": (train, validation)}
    masked = needs_masks or lacks_masks
    count, done = len(validation) * (has_cutouts + lacks_masks) + len(train) * masked, 0
    if has_cutouts:
        count += len(train) * (plan.views if train.alpha is not None or needs_masks else 1)

    def made(pictures: int, *, kept: bool = False) -> None:
        nonlocal done
        done += pictures
        if not kept:
            report(Progress("cutouts", 1, 1, done, count))

    model = bundle.file("background")
    session = open_remover(bundle.background, file=model, stage=bundle.stages.get("background"), threads=1)
    masks = partial(cut_out, remover=session, model=model, made=made, keep=keep)
    masked_train, masked_validation = (
        replace(part, alpha=within_boxes(masks(part.pixels), part.boxes)) if wanted else part
        for part, wanted in ((train, masked), (validation, lacks_masks))
    )
    train = masked_train if needs_masks else train
    parts = {"image": (train, validation), "masked": (masked_train, masked_validation)}
    if has_cutouts:
        cutouts = (
            make_views(train, masks, count=plan.views, seed=seed),
            make_views(validation, masks, count=1, seed=seed),
        )
        parts["cutout"] = cutouts
    return parts


def make_views(tensors: Tensors, masks: Callable[[torch.Tensor], torch.Tensor], *, count: int, seed: int) -> Tensors:
    """Several cut-outs of each picture: the first from the picture as it is, the others from other backgrounds.

    Args:
        tensors: of one view, with true masks if other backgrounds are wanted; without masks one view is made.
        masks: uint8 pictures [n, 3, h, w] → the masks [n, 1, h, w] that they will have in prediction, faults included.
        count: how many views.
    """
    torch.manual_seed(seed)
    pixels = [tensors.pixels]
    if tensors.alpha is not None and count > 1:
        backgrounds = pasting.plates(tensors.pixels, tensors.alpha)
        for _ in range(count - 1):
            pasted = torch.empty_like(tensors.pixels)
            for rows in torch.split(torch.arange(len(pasted)), 64):
                others = pasting.random_backgrounds(len(rows), tensors.side, backgrounds)
                objects, alpha = tensors.pixels[rows].float(), tensors.alpha[rows].float() / 255
                pasted[rows] = pasting.paste(objects, alpha, others, 1.0).to(torch.uint8)
            pixels.append(pasted)
    views = torch.cat(pixels)
    return replace(tensors, pixels=views, alpha=masks(views))


def cut_out(
    pixels: torch.Tensor, *, remover: Remover, model: Path, made: Callable[..., None], keep: Keep | None
) -> torch.Tensor:
    """A remover's masks of uint8 pictures [n, 3, h, w] → uint8 [n, 1, h, w]; with `keep`, made once.

    Of several processes each makes a share of them.

    Args:
        made: called with how many pictures more have their masks, and `kept` for those that an earlier sitting made.
    """
    file, here = None, processes_here()
    if keep is not None and keep.folder is not None:
        fingerprint = hashlib.blake2b(pixels.numpy().data, digest_size=8)
        fingerprint.update(model.read_bytes() if model.is_file() else remover.name.encode())
        file = keep.folder / f"masks_{fingerprint.hexdigest()}.npz"
        if here.agreed(file.is_file()):
            made(len(pixels), kept=True)
            with np.load(file) as kept:
                return torch.from_numpy(kept["masks"])
    own = here.share(torch.arange(len(pixels)))
    masks = np.empty((len(own), 1, *pixels.shape[2:]), np.uint8)

    def mask_of(picture: NDArray[np.uint8]) -> Image.Image:
        return remover.mask(Image.fromarray(picture))

    # Our own takes one thread, and a picture a core leaves none waiting for another; rembg's takes all by itself.
    cores = max(1, (os.cpu_count() or 1) // here.count)
    pool = ThreadPoolExecutor(cores if isinstance(remover, OwnRemover) else 1)
    try:
        for index, mask in enumerate(pool.map(mask_of, pixels[own].permute(0, 2, 3, 1).numpy())):
            if keep is not None and keep.should_stop():
                raise Stopped("The run was stopped while its pictures were being cut out.")
            masks[index, 0] = np.asarray(mask)
            made(1)
    finally:
        pool.shutdown(cancel_futures=True)
    if here.count > 1:
        masks = np.concatenate(here.gather(masks))
        made(len(pixels) - len(own))
    if file is not None and here.is_first:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole(file) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, masks=masks)
    return torch.from_numpy(masks)


def within_boxes(masks: torch.Tensor, boxes: Sequence[torch.Tensor]) -> torch.Tensor:
    """Masks [n, 1, h, w] without what lies in none of their picture's boxes; without boxes as they are."""
    inside = torch.zeros_like(masks)
    for place, there in zip(inside, boxes, strict=True):
        for x1, y1, x2, y2 in there.round().int().tolist() or [(0, 0, masks.shape[-1], masks.shape[-2])]:
            place[:, y1:y2, x1:x2] = 1
    return masks * inside


def boxed(tensors: Tensors) -> Tensors:
    """Pictures without boxes get the box around their mask."""
    if tensors.alpha is None:
        return tensors
    around = augment.mask_boxes(tensors.alpha.float() / 255)
    boxes = (
        known if len(known) else box[None][(box[2:] > box[:2]).all()[None]]
        for known, box in zip(tensors.boxes, around, strict=True)
    )
    return replace(tensors, boxes=tuple(boxes))
