"""What a bundle's classifier makes of other things, kept beside its networks: how it is written, and read from anybody.

Numbers, from which no picture can be had again; what they are for is told in `smallimg.training.others`.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save_file
from torch import Tensor

from smallimg.bundles.bundle import OTHERS, Bundle
from smallimg.errors import BundleError, called_of
from smallimg.files import whole
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.stages import build_stage

#: Bytes of the file, some five times what `everyday` keeps, and looks at each thing: it takes two.
LARGEST, MOST_LOOKS = 5_000_000, 8


def read_others(folder: Path) -> Tensor | None:
    """What a bundle keeps of other things, float32 [looks, m, d]: around their boxes, and whole; None where nothing.

    Raises:
        BundleError: when the file is damaged, or is none that smallimg writes.
    """
    file = folder / OTHERS
    if not file.is_file():
        return None
    again = "fetch or train the bundle again"
    if file.stat().st_size > LARGEST:
        raise BundleError(f"{called_of(file)} has more than {LARGEST / 1e6:g} MB: {again}.")
    try:
        kept = load(file.read_bytes())
    except (OSError, SafetensorError, KeyError) as error:  # a number format that torch has no name for is a KeyError
        raise BundleError(f"{called_of(file)} is damaged: {again}.") from error
    embeddings = kept.get("embeddings")
    if embeddings is None or len(kept) > 1 or embeddings.dtype not in (torch.float16, torch.float32):
        raise BundleError(f"{called_of(file)} does not hold embeddings, and nothing else: {again}.")
    if embeddings.ndim != 3 or not 1 <= len(embeddings) <= MOST_LOOKS or not embeddings.numel():
        raise BundleError(f"{called_of(file)} holds embeddings of the shape {tuple(embeddings.shape)}: {again}.")
    if not embeddings.isfinite().all():
        raise BundleError(f"{called_of(file)} has an embedding that is no number: {again}.")
    return embeddings.float()


def write_others(folder: Path, embeddings: Tensor) -> None:
    """Keep embeddings [looks, m, d] in a bundle's folder, in half precision."""
    with whole(folder / OTHERS) as temporary:
        save_file({"embeddings": embeddings.half().contiguous()}, temporary)


def write_others_anew(bundle: Bundle) -> None:
    """Keep of a bundle's other things the numbers only; nothing is done where it has none.

    Raises:
        BundleError: as `read_others`, or when they are of another classifier.
    """
    embeddings = read_others(bundle.path)
    if embeddings is None:
        return
    if "classifier" not in bundle.stages:
        raise BundleError(f"{OTHERS} belongs to a classifier, and the bundle has none: leave the file out.")
    stage = bundle.stages["classifier"]
    network = build_stage(
        "classifier", stage.architecture, stage.arguments, most=bundle.file("classifier").stat().st_size
    )
    width = network.head[-1].in_features if isinstance(network, ImageClassifier) else None
    if embeddings.shape[-1] != width:
        raise BundleError(
            f"{OTHERS} has embeddings of {embeddings.shape[-1]} numbers, and the classifier's have {width}: it belongs "
            "to another one, leave the file out."
        )
    write_others(bundle.path, embeddings)
