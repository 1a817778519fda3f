"""Recipes: every number a training run depends on, in one place.

`paper` is the AI@UNICT2025 pipeline with its own numbers; `fast` is ours, made for two CPU cores. Where the paper is
silent (epochs, batch, the classifier's optimiser) the value is the usual default and marked so.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from smallimg.pictures.preprocess import Reads


@dataclass(frozen=True)
class Augment:
    """Random changes of a training picture; 0 switches one off.

    Attributes:
        flip: mirror left and right with probability one half.
        degrees: turn by up to this angle either way.
        scale: zoom by up to this factor either way (0.25 = 0.8 … 1.25).
        shift: move by up to this share of the side.
        brightness, contrast, colour: strength of each jitter.
        paste: probability of putting the object on another background, so that no background gives the class away;
            of no use to what reads cut-outs.
        erase: side of a square that is covered in plain grey, as a share of the picture's; for the classifier.
        mix: probability that a batch's pictures get a rectangle of one another, and the classes by its area; for the
            classifier.
    """

    flip: bool = True
    degrees: float = 10.0
    scale: float = 0.0
    shift: float = 0.1
    brightness: float = 0.2
    contrast: float = 0.2
    colour: float = 0.0
    paste: float = 0.0
    erase: float = 0.0
    mix: float = 0.0


@dataclass(frozen=True)
class StageRecipe:
    """How one network is built and trained.

    Attributes:
        architecture, arguments: what to build.
        reads: whether it looks at the picture or at its cut-out; where the background stays in, at the picture.
        input_size: side in pixels of what the network sees.
        margin: how much larger than the object's box, longer side, the square window is that the classifier looks at
            and the remover looks at again; None squashes the box itself for the classifier, and for the remover means
            one look.
        whole_too: whether the classifier looks at the middle of the whole picture as well as around its object, and
            means both; it learns from either, half of the time, and from boxes that are not quite right.
        half_size_until: the share of the run in which the remover learns at half its side.
        freeze_norm_from: the share of the run after which batch norm keeps its statistics and the network trains as it
            predicts. A detector from scratch comes to depend on those of its own batch: without this, the weights of a
            last epoch had a mean IoU of 0.73 with the running statistics and 0.39 with those of 60 batches.
        names_boxes: whether the detector tells the data's classes apart, or finds objects, whatever they are.
        epochs, batch_size, learning_rate, optimizer, schedule, weight_decay, label_smoothing: how to train; "sgd" has
            Nesterov's momentum of 0.9, for "muon" see `smallimg.training.muon`.
    """

    architecture: str
    input_size: int
    epochs: int
    batch_size: int
    learning_rate: float
    augment: Augment
    arguments: dict[str, Any] = field(default_factory=dict)
    reads: Reads = "cutout"
    margin: float | None = None
    whole_too: bool = False
    half_size_until: float = 0.0
    freeze_norm_from: float = 1.0
    optimizer: Literal["adam", "adamw", "sgd", "muon"] = "adamw"
    schedule: Literal["constant", "one_cycle"] = "one_cycle"
    weight_decay: float = 0.05
    label_smoothing: float = 0.0
    names_boxes: bool = field(default=False, repr=False)  # a kept state tells its run by the arguments


#: Half the pictures on other backgrounds: what is around an object must not tell what it is. Most pixels are
#: background, and for many steps that is all a network says: after ten epochs of 256 pictures at 64 pixels (half as
#: wide, batches of 8, measured on 64) its loss was 0.34 by Muon and 0.38 by AdamW at 3e-3 or 1e-2, its mean IoU 0.07
#: and 0.00.
_SEGMENTER = StageRecipe(
    architecture="unet_nearest",
    input_size=160,
    epochs=40,
    batch_size=16,
    learning_rate=2e-2,
    optimizer="muon",
    reads="image",
    augment=Augment(degrees=15, scale=0.3, shift=0.1, brightness=0.3, contrast=0.3, colour=0.2, paste=0.5),
)


@dataclass(frozen=True)
class Recipe:
    """A recipe for each stage, and where the cut-outs come from. A segmenter is trained only where it is asked for.

    Attributes:
        background: whose mask makes the cut-outs: "own" trains a remover first; a rembg name uses that model.
        views: how many different cut-outs of each picture those stages learn from that read cut-outs.
    """

    name: str
    background: str
    views: int
    remover: StageRecipe
    detector: StageRecipe
    classifier: StageRecipe
    segmenter: StageRecipe = _SEGMENTER


_FAST_REMOVER = StageRecipe(
    architecture="small_unet",
    input_size=224,
    epochs=48,
    batch_size=16,
    learning_rate=3e-3,
    half_size_until=0.6,
    reads="image",
    augment=Augment(degrees=25, scale=0.3, shift=0.15, brightness=0.3, contrast=0.3, colour=0.3, paste=0.5),
)

RECIPES: dict[str, Recipe] = {
    "paper": Recipe(
        name="paper",
        background="u2net",
        views=1,
        # The paper has no remover of its own: rembg's stands in its place. Asked for by name, ours is trained.
        remover=_FAST_REMOVER,
        detector=StageRecipe(
            architecture="fasterrcnn_resnet50_fpn",
            input_size=224,
            epochs=10,  # not in the paper
            batch_size=4,  # not in the paper
            learning_rate=1e-4,
            optimizer="adam",
            schedule="constant",
            weight_decay=0.0,
            augment=Augment(flip=True, degrees=0, shift=0, brightness=0, contrast=0),
        ),
        classifier=StageRecipe(
            architecture="paper_cnn",
            input_size=224,
            epochs=30,  # not in the paper
            batch_size=32,  # not in the paper
            learning_rate=1e-4,  # not in the paper, but its detector's: with 1e-3 it hardly learned from photos
            optimizer="adam",
            schedule="constant",
            weight_decay=0.0,
            augment=Augment(),
        ),
    ),
    "fast": Recipe(
        name="fast",
        background="own",
        views=4,
        remover=_FAST_REMOVER,
        detector=StageRecipe(
            architecture="compact_fasterrcnn",
            input_size=224,
            epochs=12,
            batch_size=16,
            learning_rate=2e-3,
            freeze_norm_from=0.5,
            # No turns: the box around a turned box is larger than the object, and boxes come out too large.
            augment=Augment(degrees=0, scale=0.3, shift=0.15, colour=0.2, paste=0.75),
        ),
        classifier=StageRecipe(
            architecture="compact_resnet",
            input_size=64,
            margin=0.15,
            epochs=96,
            batch_size=32,
            learning_rate=4e-3,
            label_smoothing=0.05,
            reads="image",
            augment=Augment(degrees=30, scale=0.2, shift=0.12, brightness=0.3, contrast=0.3, colour=0.3, paste=0.9),
        ),
    ),
}
