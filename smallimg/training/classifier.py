"""Training a classifier: its losses, its validation, and what it says of pictures afterwards."""

import math
from dataclasses import replace

import torch
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.nn import functional as F
from torchmetrics.classification import MulticlassAccuracy, MulticlassPrecision

from smallimg.bundles.calibration import FEWEST
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.pictures.preprocess import FILL
from smallimg.training import augment
from smallimg.training.augment import either_way, window_matrices
from smallimg.training.frozen import FrozenBody, only_head_learns
from smallimg.training.looks import (
    background_pool,
    channels_last,
    crops,
    disturbed,
    look,
    mean_of_looks,
    resampled,
    whole,
    windows_around,
)
from smallimg.training.loop import Forward, Keep, Report, fit
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import Tensors
from smallimg.training.transfer import Prepare, leave_as_it_is

#: How far around its window a picture is kept for the random looks, in windows.
AROUND = 1.6
#: Random looks at each picture that are embedded once, where only the head learns.
LOOKS = 8
#: Strangers in a batch, for each picture with a class.
STRANGERS = 0.2
#: How much their loss counts beside that of the pictures with a class.
STRANGERS_WEIGHT = 0.5


def fit_classifier(
    train: Tensors,
    validation: Tensors,
    *,
    n_classes: int,
    recipe: StageRecipe,
    seed: int,
    report: Report,
    prepare: Prepare = leave_as_it_is,
    keep: Keep | None = None,
    strangers: Tensors | None = None,
) -> tuple[ImageClassifier, dict[str, float]]:
    """Train a classifier on the crops around the true boxes (the whole picture where there is none).

    With `recipe.whole_too`, half of the looks are at the whole picture, the others around boxes that are a little off.

    For `prepare` see `Prepare`, for the masks `fit_detector`. Where it freezes the body, that looks at each picture a
    few times only, and the head learns from what it saw: the same for a tenth of the time.

    Args:
        strangers: objects that have no class here: it learns to give all classes the same probability for them, and
            then does so for others like them (Hendrycks et al., 2019, arXiv:1812.04606, outlier exposure).

    Returns:
        The network, and its best epoch's figures: `loss`, with strangers `loss_strangers`, `accuracy` (of the augmented
        training crops), `val_loss`, `val_accuracy`, `val_precision` (mean over classes).
    """
    set_seed(seed)
    arguments = {"n_classes": n_classes, **recipe.arguments}
    network = build_classifier(recipe.architecture, arguments)
    start = prepare(network)
    pool = background_pool(train, recipe)
    train, windows = _closer(train, recipe)
    if strangers is not None:
        start = f"{start}, {len(strangers)} strangers"
        strangers, places = _closer(strangers, recipe)
    val_inputs = crops(validation, recipe)
    accuracy = MulticlassAccuracy(n_classes, average="micro")
    first = either_way(len(train))
    learner: nn.Module = network
    looked: Tensor | None = None
    if strangers is None and only_head_learns(network):
        body = FrozenBody(network)
        learner, val_inputs = body.learner, body(val_inputs, mirrored=True)
        looked = _embedded_looks(body, train, windows, recipe, pool)

    def losses_of(forward: Forward, chosen: Tensor, done: float) -> dict[str, Tensor]:
        if looked is not None:
            named = forward(looked[torch.randint(LOOKS, (len(chosen),)), chosen]).float()
            accuracy.update(named.detach(), train.labels[chosen])
            return {"loss": F.cross_entropy(named, train.labels[chosen], label_smoothing=recipe.label_smoothing)}
        # Each picture one way in every other epoch: by chance alone, a quarter would come the same way three times
        # running, which teaches less (Jordan, 2024, arXiv:2404.00498, alternating flip).
        turn = (-1) ** round(done * recipe.epochs)
        looks = window_matrices(
            _looked_at(windows[chosen], train, recipe),
            recipe.augment,
            mirror=first[chosen] * turn if recipe.augment.flip else None,
        )
        pixels = augment.erase(look(train, chosen, looks, recipe, pool), recipe.augment.erase)
        pixels, partner, own = augment.mix(pixels, recipe.augment.mix)
        if strangers is not None:
            some = torch.randint(len(strangers), (math.ceil(len(chosen) * STRANGERS),))
            looks = window_matrices(_looked_at(places[some], strangers, recipe), recipe.augment)
            others = augment.erase(look(strangers, some, looks, recipe, None), recipe.augment.erase)
            pixels = torch.cat([pixels, others])
        logits = forward(channels_last(pixels)).float()
        named, strange = logits[: len(chosen)], logits[len(chosen) :]
        labels = train.labels[chosen]
        accuracy.update(named.detach(), labels)
        losses = {"loss": _loss_of_mixed(named, labels, labels[partner], own, recipe.label_smoothing)}
        if strangers is not None:
            even = torch.full_like(strange, 1 / n_classes)
            losses["loss_strangers"] = STRANGERS_WEIGHT * F.cross_entropy(strange, even)
        return losses

    def validate(forward: Forward) -> dict[str, float]:
        said = torch.cat([forward(channels_last(batch)).float() for batch in torch.split(val_inputs, 256)])
        logits = mean_of_looks(said, len(validation))
        figures = {
            "val_loss": F.cross_entropy(logits, validation.labels).item(),
            "val_accuracy": (logits.argmax(dim=1) == validation.labels).float().mean().item(),
            "val_precision": MulticlassPrecision(n_classes)(logits, validation.labels).item(),
        }
        if accuracy.update_called:  # not when the best epoch is measured again; of several processes it counts all
            figures = {"accuracy": accuracy.compute().item()} | figures
            accuracy.reset()
        return figures

    best = fit(
        learner,
        stage="classifier",
        n=len(train.boxes),
        losses_of=losses_of,
        validate=validate,
        # An epoch that a handful of pictures like best is the best by chance.
        better="val_accuracy" if len(validation) >= FEWEST else "accuracy",
        recipe=recipe,
        seed=seed,
        report=report,
        keep=keep,
        start=start,
    )
    return network, best


def look_embeddings(network: ImageClassifier, pictures: Tensors, recipe: StageRecipe) -> Tensor:
    """What a trained classifier sees in each look at pictures, around their true boxes first: float32 [looks, n, d]."""
    network.eval()
    with torch.inference_mode():
        parts = [network.embed(channels_last(batch)) for batch in torch.split(crops(pictures, recipe), 256)]
    seen = torch.cat(parts)
    return seen.reshape(-1, len(pictures), seen.shape[-1])


def validation_embeddings(network: ImageClassifier, validation: Tensors, recipe: StageRecipe) -> Tensor:
    """What a trained classifier sees in pictures, around their true boxes: embeddings [n, d], float32."""
    return look_embeddings(network, validation, recipe).mean(dim=0)


def validation_logits(network: ImageClassifier, validation: Tensors, recipe: StageRecipe) -> Tensor:
    """What it says of them: logits [n, n_classes], float32."""
    embeddings = validation_embeddings(network, validation, recipe)
    with torch.inference_mode():
        logits: Tensor = network.head[-1](embeddings)
    return logits


def _loss_of_mixed(logits: Tensor, labels: Tensor, others: Tensor, own: float, smoothing: float) -> Tensor:
    """Cross entropy of pictures that show their own class in a share of them, and another one in the rest."""
    loss = F.cross_entropy(logits, labels, label_smoothing=smoothing)
    return loss if own == 1 else own * loss + (1 - own) * F.cross_entropy(logits, others, label_smoothing=smoothing)


def _looked_at(windows: Tensor, tensors: Tensors, recipe: StageRecipe) -> Tensor:
    """Windows [k, 4] around objects; where whole pictures count too, half of them on these, half a little off."""
    if not recipe.whole_too:
        return windows
    return torch.where(torch.rand(len(windows), 1) < 0.5, whole(tensors, len(windows)), disturbed(windows))


def _embedded_looks(
    body: FrozenBody, train: Tensors, windows: Tensor, recipe: StageRecipe, pool: Tensor | None
) -> Tensor:
    """`LOOKS` random looks at each picture, as the frozen body sees them: [LOOKS, n, …]."""
    looks = []
    for _ in range(LOOKS):
        parts = []
        for chosen in torch.split(torch.arange(len(train)), 256):
            matrices = window_matrices(_looked_at(windows[chosen], train, recipe), recipe.augment)
            pixels = augment.erase(look(train, chosen, matrices, recipe, pool), recipe.augment.erase)
            parts.append(body(pixels, mirrored=False))
        looks.append(torch.cat(parts))
    return torch.stack(looks)


def _closer(tensors: Tensors, recipe: StageRecipe) -> tuple[Tensors, Tensor]:
    """Each picture's window and what lies around it, no larger than needed: whole canvases would cost as much in every
    step as learning does. What is cut off shows only in the corners of the farthest looks, as `FILL`."""
    windows = windows_around(tensors.largest_boxes(), recipe.margin)
    near = round(recipe.input_size * AROUND * 1.2)
    if recipe.whole_too or near >= tensors.side:
        return tensors, windows
    centre, half = (windows[:, :2] + windows[:, 2:]) / 2, (windows[:, 2:] - windows[:, :2]) / 2 * AROUND
    around = torch.cat([centre - half, centre + half], dim=1)

    def cut(source: Tensor, fill: tuple[int, ...] = (0,)) -> Tensor:
        parts = []
        for rows in torch.split(torch.arange(len(source)), 128):
            matrices = window_matrices(around[rows % len(tensors)], None)
            parts.append(resampled(source[rows], matrices, near, fill=fill).round().to(torch.uint8))
        return torch.cat(parts)

    alpha = cut(tensors.alpha) if tensors.alpha is not None else None
    rim = near * (1 - 1 / AROUND) / 2
    inner = torch.tensor([[rim, rim, near - rim, near - rim]]).expand(len(tensors), 4)
    return replace(tensors, pixels=cut(tensors.pixels, FILL), alpha=alpha), inner
