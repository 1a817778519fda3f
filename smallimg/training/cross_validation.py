"""What a classifier says of pictures that it did not learn from, which is what it can be trusted by.

Where enough pictures were kept aside they tell it. Of few pictures hardly any are, and seven right answers out of seven
prove little: then networks are trained in the same way on three quarters of the pictures, for each to be asked about
the quarter that it has not seen.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from smallimg.bundles.bundle import Stage
from smallimg.bundles.calibration import FEWEST, fit_temperature, marks, refused_share
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.training.classifier import fit_classifier, validation_embeddings
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import Tensors, join
from smallimg.training.transfer import Prepare

FOLDS = 4
ANSWERS = ("logits", "labels", "likeness", "others")
#: The stage that the folds are reported as.
CHECK = "check"
#: Most epochs of theirs: the recipe's own number, or what somebody tries out at length would take five times as long.
MOST_EPOCHS = 96
#: Most pictures whose embeddings a classifier keeps, to compare others with.
MOST_SEEN = 2048


@dataclass(frozen=True)
class HeldOut:
    """What was said of pictures that were not learned from, n of them.

    Attributes:
        logits: float32 [n, n_classes].
        labels: int64 [n].
        likeness: how much each is like the picture most like it that was learned from, float32 [n].
        others: the same, for pictures of other classes than its own only.
    """

    logits: Tensor
    labels: Tensor
    likeness: Tensor
    others: Tensor

    @property
    def right(self) -> Tensor:
        """Which of them were named rightly, bool [n]."""
        return self.logits.argmax(dim=1) == self.labels


def hold_out(
    network: ImageClassifier,
    train: Tensors,
    validation: Tensors,
    *,
    n_classes: int,
    recipe: StageRecipe,
    seed: int,
    report: Report,
    prepare: Prepare,
    keep: Keep | None = None,
) -> HeldOut:
    """Ask a trained classifier about the validation pictures; of few, ask networks like it about all pictures.

    Args:
        network: what came of `smallimg.training.classifier.fit_classifier` with the other arguments.

    Raises:
        Stopped: when `keep` asked for it.
    """
    if len(validation) >= FEWEST:
        return _ask(network, train.first_view(), validation, recipe)
    file = keep.folder / f"{CHECK}.safetensors" if keep and keep.folder else None
    if file is not None and (kept := _kept(file, network)) is not None:
        return kept
    pictures = join(train.first_view(), validation)
    folds = _folds(pictures.labels)
    answers = []
    for fold in range(FOLDS):
        asked, others = (torch.nonzero(part)[:, 0] for part in (folds == fold, folds != fold))
        if not len(asked):  # of fewer pictures than folds
            continue
        learned_from, held = pictures.take(others), pictures.take(asked)
        # Its best epoch is that of what it learns from: one chosen by the pictures asked about would know them.
        like_it, _ = fit_classifier(
            learned_from,
            learned_from,
            n_classes=n_classes,
            recipe=replace(recipe, epochs=min(recipe.epochs, MOST_EPOCHS)),
            seed=seed + fold,
            report=partial(_pass_on, report=report, fold=fold),
            prepare=prepare,
            keep=replace(keep, folder=None) if keep else None,
        )
        answers.append(_ask(like_it, learned_from, held, recipe))
    found = HeldOut(**{name: torch.cat([getattr(one, name) for one in answers]) for name in ANSWERS})
    if file is not None:
        temporary = file.with_suffix(".tmp")
        save_file({name: getattr(found, name) for name in ANSWERS}, temporary, metadata={"of": _fingerprint(network)})
        temporary.replace(file)
    return found


def remember(network: ImageClassifier, pictures: Tensors, recipe: StageRecipe, *, seed: int) -> None:
    """Let a classifier keep what it has seen, to tell what is like none of it; of many pictures some."""
    chosen = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))[:MOST_SEEN]
    network.seen = F.normalize(validation_embeddings(network, pictures.take(chosen), recipe))


def trusted(stage: Stage, held_out: HeldOut) -> Stage:
    """The stage with what a classifier's answers can be trusted by."""
    known = marks(held_out.likeness[held_out.right].numpy())
    return replace(
        stage,
        temperature=round(fit_temperature(held_out.logits.numpy(), held_out.labels.numpy()), 4),
        likeness_marks=known,
        unknown_below=refused_share(known, held_out.others.numpy()),
    )


def _kept(file: Path, network: ImageClassifier) -> HeldOut | None:
    """What was said before for this very classifier; None where nothing was, or the file is damaged."""
    try:
        with safe_open(file, "pt") as content:
            if (content.metadata() or {}).get("of") == _fingerprint(network):
                return HeldOut(**{name: content.get_tensor(name) for name in ANSWERS})
    except (OSError, SafetensorError):
        return None
    return None


def _fingerprint(network: ImageClassifier) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for value in network.state_dict().values():
        digest.update(value.contiguous().numpy().data)
    return digest.hexdigest()


def _folds(labels: Tensor) -> Tensor:
    """A fold for each picture, int64 [n], every class dealt out evenly."""
    folds = torch.empty_like(labels)
    dealt = 0
    for label in set(labels.tolist()):
        places = torch.nonzero(labels == label)[:, 0]
        folds[places] = (torch.arange(len(places)) + dealt) % FOLDS
        dealt += len(places)
    return folds


def _ask(network: ImageClassifier, learned_from: Tensors, held: Tensors, recipe: StageRecipe) -> HeldOut:
    with torch.inference_mode():
        asked, seen = (validation_embeddings(network, part, recipe) for part in (held, learned_from))
        logits: Tensor = network.head[-1](asked)
        alike = F.normalize(asked) @ F.normalize(seen).T
        same = held.labels[:, None] == learned_from.labels
        others = alike.masked_fill(same, -1.0).amax(dim=1)
    return HeldOut(logits, held.labels, alike.amax(dim=1), others)


def _pass_on(progress: Progress, *, report: Report, fold: int) -> None:
    """A fold's steps as part of one stage that has no figures of its own."""
    if progress.metrics:  # an epoch's last step was told already
        return
    done = (progress.epoch - 1) * progress.steps + progress.step
    report(Progress(CHECK, fold + 1, FOLDS, done, progress.epochs * progress.steps))
