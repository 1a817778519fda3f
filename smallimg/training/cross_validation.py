"""What a classifier says of pictures that it did not learn from, which is what it can be trusted by.

Where enough pictures were kept aside they tell it. Of few pictures hardly any are, and seven right answers out of seven
prove little: then networks are trained in the same way on three quarters of the pictures, for each to be asked about
the quarter that it has not seen.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from smallimg.bundles.bundle import Stage
from smallimg.bundles.calibration import FEWEST, fit_temperature, marks, refused_share
from smallimg.files import whole
from smallimg.networks.classifiers.base import ImageClassifier, Memory
from smallimg.training.classifier import fit_classifier, look_embeddings
from smallimg.training.loop import Keep, Progress, Report
from smallimg.training.others import memory_of, moved
from smallimg.training.processes import processes_here
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
MOST_SEEN = 1024


class Seen(NamedTuple):
    """What a classifier sees in pictures that it learned from: float32 [looks, k, d], and their classes, int64 [k]."""

    looks: Tensor
    labels: Tensor


@dataclass(frozen=True)
class HeldOut:
    """What was said of pictures that were not learned from, n of them.

    Attributes:
        logits: float32 [n, n_classes].
        labels: int64 [n].
        likeness: how much each is like what was learned from, float32 [n]: see `remember`.
        others: the same of what is none of it, float32 [m]: of other things, as they would be seen among these
            pictures, where some are known; else of the pictures to all classes but their own.
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
    others: Tensor | None = None,
    seen: Seen | None = None,
) -> HeldOut:
    """Ask a trained classifier about the validation pictures; of few, ask networks like it about all pictures.

    Args:
        network: what came of `smallimg.training.classifier.fit_classifier` with the other arguments.
        others: what its body sees in other things, see `smallimg.training.others`.
        seen: what it sees in pictures that it learned from; they are looked at where that is not known yet.

    Raises:
        Stopped: when `keep` asked for it.
    """
    if len(validation) >= FEWEST:
        return _ask(network, seen or see(network, train.first_view(), recipe), validation, recipe, others)
    file = keep.folder / f"{CHECK}.safetensors" if keep and keep.folder else None
    here = processes_here()
    kept = _kept(file, network) if file is not None else None
    if here.agreed(kept is not None) and kept is not None:
        return kept
    pictures = join(train.first_view(), validation)
    folds = _folds(pictures.labels)
    answers = []
    for fold in range(FOLDS):
        asked, rest = (torch.nonzero(part)[:, 0] for part in (folds == fold, folds != fold))
        if not len(asked):  # of fewer pictures than folds
            continue
        learned_from, held = pictures.take(rest), pictures.take(asked)
        # Its best epoch is that of what it learns from: one chosen by the pictures asked about would know them.
        like_it, _ = fit_classifier(
            learned_from,
            learned_from,
            n_classes=n_classes,
            recipe=replace(recipe, epochs=min(recipe.epochs, MOST_EPOCHS)),
            seed=seed + fold,
            report=partial(_pass_on, report=report, fold=fold),
            prepare=partial(_with_new_head, prepare=prepare),
            keep=replace(keep, folder=None) if keep else None,
        )
        answers.append(_ask(like_it, see(like_it, learned_from, recipe), held, recipe, others))
    found = HeldOut(**{name: torch.cat([getattr(one, name) for one in answers]) for name in ANSWERS})
    if file is not None and here.is_first:
        answers_of = {name: getattr(found, name) for name in ANSWERS}
        with whole(file) as temporary:
            save_file(answers_of, temporary, metadata={"of": _fingerprint(network)})
    return found


def see(network: ImageClassifier, pictures: Tensors, recipe: StageRecipe, *, seed: int = 0) -> Seen:
    """What a trained classifier sees in pictures; of many in some, drawn at random."""
    chosen = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(seed))[:MOST_SEEN]
    some = pictures.take(chosen)
    return Seen(look_embeddings(network, some, recipe), some.labels)


def remember(network: ImageClassifier, seen: Seen, *, others: Tensor | None = None) -> None:
    """Let a classifier keep what it has seen, to tell what is like none of it.

    Where it is known what other things look like, it keeps what tells the two apart.
    """
    network.remember(_memory_of(seen, others))


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


def _ask(network: ImageClassifier, seen: Seen, held: Tensors, recipe: StageRecipe, others: Tensor | None) -> HeldOut:
    asked = look_embeddings(network, held, recipe)
    with torch.inference_mode():
        logits: Tensor = network.head[-1](asked.mean(dim=0))
    memory = _memory_of(seen, others)
    if others is None:
        own = held.labels[:, None] == seen.labels
        alike = [(F.normalize(one) @ memory.seen.T).masked_fill(own, -1.0).amax(dim=1) for one in asked]
        strange = torch.stack(alike).mean(dim=0)
    else:  # the half of them that is not in the memory
        strange = _likeness(moved(_looks_of(others[:, 1::2], len(seen.looks)), *seen), memory)
    return HeldOut(logits, held.labels, _likeness(asked, memory), strange)


def _memory_of(seen: Seen, others: Tensor | None) -> Memory:
    if others is None:
        return Memory(F.normalize(seen.looks.mean(dim=0)))
    return memory_of(*seen, _looks_of(others[:, ::2], len(seen.looks)))


def _looks_of(others: Tensor, looks: int) -> Tensor:
    """As many looks at other things as are taken here; one that is taken alone is at whole pictures."""
    return others[-looks:]


def _likeness(looks: Tensor, memory: Memory) -> Tensor:
    """How much pictures, by all looks at them [looks, n, d], are like what is kept: [n], as prediction says it."""
    return torch.stack([memory.likeness(one) for one in looks]).mean(dim=0)


def _with_new_head(network: nn.Module, *, prepare: Prepare) -> str:
    """Prepare a network whose head knows nothing: one to go on from has learned the pictures that are asked about."""
    head = network.get_submodule("head")
    untaught = {name: value.clone() for name, value in head.state_dict().items()}
    start = prepare(network)
    head.load_state_dict(untaught)
    return start


def _pass_on(progress: Progress, *, report: Report, fold: int) -> None:
    """A fold's steps as part of one stage that has no figures of its own."""
    if progress.metrics:  # an epoch's last step was told already
        return
    done = (progress.epoch - 1) * progress.steps + progress.step
    report(Progress(CHECK, fold + 1, FOLDS, done, progress.epochs * progress.steps))
