"""The classifier of `everyday`: a small residual network with a name for what people drop."""

from dataclasses import replace
from functools import partial

import torch
from PIL import Image
from torch import Tensor

from checkpoints.making.card import with_stage
from checkpoints.making.data import SEED, Work
from checkpoints.making.kind_figures import measure_kinds, to_picture
from checkpoints.making.kinds import PERSON, Kinds, photos_of_kinds, read_kinds, strangers, with_worse_copies
from checkpoints.making.places import begin_with
from checkpoints.making.recipes import AGAIN, CLASSIFIER, CLOSEST, MIDDLE_BELOW, NAMES
from smallimg.bundles.bundle import Bundle, Stage
from smallimg.bundles.calibration import energy, fit_temperature, least_share, marks, softmax
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.networks.onnx_files import load_weights, write_network
from smallimg.pipeline import Pipeline
from smallimg.training.bundle import stage_of
from smallimg.training.classifier import fit_classifier
from smallimg.training.tensors import Tensors

#: How many of the answers that are given are to be right, of kinds and of groups.
PROMISED = (0.88, 0.94)


def train_classifier(work: Work, bundle: Bundle) -> Bundle:
    """A small residual network, calibrated on photos that it did not learn from."""
    kinds = read_kinds(work.folder)
    learn, aside = photos_of_kinds(work, kinds)
    network, figures = learn_kinds(work, kinds, with_worse_copies(learn), aside)
    return with_classifier(work, bundle, kinds, network, aside, figures=figures)


def with_classifier(
    work: Work, bundle: Bundle, kinds: Kinds, network: ImageClassifier, aside: Tensors, *, figures: dict[str, float]
) -> Bundle:
    """The bundle with a trained classifier, what it can be trusted by, and its figures."""
    write_network(network, bundle.file("classifier"), stage="classifier", side=CLOSEST.input_size)
    arguments = {"n_classes": len(kinds.names), **CLOSEST.arguments}
    stage = replace(stage_of(CLOSEST), arguments=arguments, middle_below=MIDDLE_BELOW)
    bundle = with_stage(replace(bundle, class_names=kinds.names, groups=kinds.groups), "classifier", stage, figures)
    return _trusted_and_measured(work, bundle, kinds, network, aside)


def measure_classifier(work: Work, bundle: Bundle) -> Bundle:
    """The bundle with what its classifier can be trusted by, and its figures, where its objects are found now."""
    kinds = read_kinds(work.folder)
    _, aside = photos_of_kinds(work, kinds)
    return _trusted_and_measured(work, bundle, kinds, network_of(bundle), aside)


def _trusted_and_measured(work: Work, bundle: Bundle, kinds: Kinds, network: ImageClassifier, aside: Tensors) -> Bundle:
    said = said_of(Pipeline.load(bundle.path), network, aside)
    stage = trusted(bundle.stages["classifier"], kinds, said, aside.labels)
    bundle = with_stage(bundle, "classifier", stage, {})
    return with_stage(bundle, "classifier", stage, measure_kinds(work, kinds, bundle))


def network_of(bundle: Bundle) -> ImageClassifier:
    """The classifier that lies in the bundle."""
    stage = bundle.stages["classifier"]
    network: ImageClassifier = build_classifier(stage.architecture, dict(stage.arguments))
    load_weights(network, bundle.file("classifier"))
    return network


def said_of(pipeline: Pipeline, network: ImageClassifier, tensors: Tensors) -> Tensor:
    """Logits of pictures where the pipeline looks, [n, kinds]; at true boxes answers would look surer than they are."""
    network.eval()

    def look(one: Pipeline, picture: Image.Image) -> Tensor:
        looks, _ = one.looks(picture, one.predict(picture, classify=False, max_boxes=1))
        with torch.inference_mode():
            logits: Tensor = network(torch.from_numpy(looks).float()).mean(dim=0)
        return logits

    return torch.stack(list(pipeline.each(look, [to_picture(pixels) for pixels in tensors.pixels])))


def learn_kinds(work: Work, kinds: Kinds, learn: Tensors, aside: Tensors) -> tuple[ImageClassifier, dict[str, float]]:
    """A network that knows the kinds, first at low resolution, then ever closer and with things that have no name."""
    fit = partial(fit_classifier, learn, aside, n_classes=len(kinds.names), seed=SEED, report=work.report)
    names, _ = fit(recipe=NAMES, keep=work.keep("names"))
    closer = partial(fit, strangers=with_worse_copies(strangers(work, kinds, met=True)))
    once, _ = closer(recipe=CLASSIFIER, prepare=partial(begin_with, names, "names"), keep=work.keep("closer"))
    again, _ = closer(recipe=AGAIN, prepare=partial(begin_with, once, "closer"), keep=work.keep("again"))
    return closer(recipe=CLOSEST, prepare=partial(begin_with, again, "again"), keep=work.keep())


def trusted(stage: Stage, kinds: Kinds, logits: Tensor, labels: Tensor) -> Stage:
    """The stage with what its answers can be trusted by: of kinds, and, summed up, of their groups.

    Args:
        logits, labels: of pictures that were not learned from, [n, kinds] and [n].
    """
    temperature = fit_temperature(logits.numpy(), labels.numpy())
    shares = torch.from_numpy(softmax(logits.numpy() / temperature))
    right = shares.argmax(dim=1) == labels
    # People are told so surely that they would lower the mark for all that is not.
    asked = labels != kinds.names.index(PERSON)
    group_shares = grouped(shares, kinds)
    group_right = group_shares.argmax(dim=1) == group_numbers(kinds)[labels]
    sure, group_sure = shares.amax(dim=1), group_shares.amax(dim=1)
    named_from = least_share(sure[asked].numpy(), right[asked].numpy(), promised=PROMISED[0])
    # A group is said of those only that get no name, which are the harder ones.
    left = asked & (sure < named_from)
    return replace(
        stage,
        temperature=round(temperature, 4),
        energy_marks=marks(energy(logits[right].numpy())),
        named_from=named_from,
        group_from=least_share(group_sure[left].numpy(), group_right[left].numpy(), promised=PROMISED[1]),
    )


def group_numbers(kinds: Kinds) -> Tensor:
    """The group of each kind, int64 [kinds]."""
    return torch.tensor(
        [next(n for n, some in enumerate(kinds.groups.values()) if name in some) for name in kinds.names]
    )


def grouped(shares: Tensor, kinds: Kinds) -> Tensor:
    """Probabilities of kinds [n, kinds] → those of their groups [n, groups]."""
    numbers = group_numbers(kinds)
    return torch.stack([shares[:, numbers == n].sum(dim=1) for n in range(len(kinds.groups))], dim=1)
