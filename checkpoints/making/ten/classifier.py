"""The classifier of `cifar10`: a small residual network that learns what it has no name for, too."""

from dataclasses import replace
from functools import partial

import torch

from checkpoints.making.card import CIFAR10, with_stage
from checkpoints.making.data import NAMED, SEED, Work, photos
from checkpoints.making.places import begin_with
from checkpoints.making.recipes import MARGIN, TEN, TEN_NAMES
from checkpoints.making.ten.figures import measure_classifier
from checkpoints.making.ten.kinds import GROUPS
from checkpoints.making.ten.objects import from_elsewhere, strangers
from smallimg.bundles.bundle import Bundle
from smallimg.bundles.calibration import energy, fit_temperature, marks
from smallimg.data.dataset import split_train_validation
from smallimg.networks.onnx_files import write_network
from smallimg.training.bundle import stage_of
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.tensors import join, load_tensors

#: How often a photo of a class that is not from CIFAR-10 comes in an epoch.
ELSEWHERE = 4


def train_classifier(work: Work, bundle: Bundle) -> Bundle:
    """A small residual network, calibrated on the photos it did not learn from.

    It learns the ten classes first. Then it meets strangers too, things that are none of the ten; so that it is not by
    the kind of photo that it tells them, there are also photos of its classes from where the strangers come from.
    """
    dataset = photos(work.folder / NAMED)
    train, validation = (
        load_tensors(part, TEN.input_size) for part in split_train_validation(dataset, fraction=0.02, seed=SEED)
    )
    n_classes = len(dataset.class_names)
    names, _ = fit_classifier(
        train,
        validation,
        n_classes=n_classes,
        recipe=TEN_NAMES,
        seed=SEED,
        report=work.report,
        keep=work.keep("names"),
    )
    elsewhere = from_elsewhere(work, "train", dataset.class_names)
    is_kept = torch.arange(len(elsewhere)) % 5 == 0
    repeated = (~is_kept).nonzero()[:, 0].repeat(ELSEWHERE)
    network, figures = fit_classifier(
        join(train, elsewhere.take(repeated)),
        validation,
        n_classes=n_classes,
        recipe=TEN,
        seed=SEED,
        report=work.report,
        prepare=partial(begin_with, names, "names"),
        keep=work.keep(),
        strangers=strangers(work),
    )
    write_network(network, bundle.file("classifier"), stage="classifier", side=TEN.input_size)
    unseen = join(validation, elsewhere.take(is_kept.nonzero()[:, 0]))
    logits = validation_logits(network, unseen, TEN)
    right = logits.argmax(dim=1) == unseen.labels
    stage = replace(
        stage_of(TEN),
        arguments={"n_classes": n_classes, **TEN.arguments},
        margin=MARGIN,
        temperature=round(fit_temperature(logits.numpy(), unseen.labels.numpy()), 4),
        energy_marks=marks(energy(logits[len(validation) :][right[len(validation) :]].numpy())),
    )
    bundle = replace(bundle, class_names=dataset.class_names, groups=GROUPS)
    figures |= measure_classifier(work, bundle, stage, network)
    return with_stage(bundle, "classifier", stage, figures, CIFAR10)
