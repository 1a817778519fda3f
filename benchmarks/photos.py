"""The challenge with real photos: which way of looking survives a background never seen, and how far.

    REMBG_HOME=… python -m benchmarks.photos CHALLENGE [--network "ours, from everyday"] [--work build/photos]

CHALLENGE is a data set with `train` and `test`, boxes in both; every class of `train` lies on its own kind of
background, and all of `test` on another one. Networks learn from `train`, a fifth of which chooses the best epoch;
`test` is only measured. A row for each way of looking (whole picture, background removed, cropped, both) and each
remover: the test accuracy of ours and of the paper's CNN, both without and with background replacement in training, at
the true boxes and at those of our detector, which reads the remover's cut-outs (a table of its own says how it fares
with pictures). What is trained and cut out is kept in `--work`, and not done again; with `--network` only the rows of
one of them are made, so that processes can share the work. The last rows of ours take the mean of two networks. One
more network of ours does not begin with chance, but with what the classifier of `everyday` has learned.

Our remover is that of `everyday`, taught on `train`. There are no masks in it, but boxes: what the remover marks inside
of an object's box is a better mask than what it marks in a whole picture, and from those it learns to do without the
box. It goes on from the weights that `make_everyday.py` leaves in `--state`.

Background replacement puts a training object on other backgrounds; its mask is the remover's, cut off at its box.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
import typer
from PIL import Image
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN

from benchmarks.accuracy import report
from benchmarks.tables import print_table
from smallimg.boxes import box_iou, clip_boxes
from smallimg.bundles.background import Remover, is_downloaded, open_remover
from smallimg.bundles.bundle import load_bundle
from smallimg.data.dataset import split_train_validation
from smallimg.data.formats import read_dataset
from smallimg.networks.onnx_files import load_weights, write_network
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.preprocess import letterbox, on_fill
from smallimg.training.classifier import fit_classifier, validation_logits
from smallimg.training.detector import fit_detector
from smallimg.training.loop import Keep
from smallimg.training.parts import make_views, within_boxes
from smallimg.training.recipes import RECIPES, StageRecipe
from smallimg.training.remover import fit_remover, mask_iou
from smallimg.training.start import Start, started
from smallimg.training.tensors import Tensors, load_tensors
from smallimg.training.transfer import leave_as_it_is, take_weights

SEED, SIDE = 42, 224
#: Ours as it is shipped, ours taught on the training pictures, and one that learned from ten times as many photos.
SHIPPED, TAUGHT, U2NETP = "ours, as shipped", "ours", "u2netp"
REMOVERS = (TAUGHT, U2NETP)
LOOKS = ("whole", "removed", "cropped", "both")
CUT_OUT = {"removed", "both"}
#: A row of its own: what `everyday` has learned from photos of other things, and then all of it from these.
FROM = "ours, from everyday"
NETWORKS = {"ours": RECIPES["fast"].classifier, "paper's CNN": RECIPES["paper"].classifier, FROM: None}
REPLACED = 0.75
TEACHING = replace(
    RECIPES["fast"].remover,
    epochs=12,
    learning_rate=1e-3,
    half_size_until=0.5,
    augment=replace(RECIPES["fast"].remover.augment, degrees=10, paste=0.6),
)


@dataclass(frozen=True)
class Case:
    """One network: what it is, what it looks at, whose masks, and whether its objects change backgrounds."""

    network: str
    look: str
    remover: str
    is_replaced: bool

    @property
    def name(self) -> str:
        parts = (self.network.split("'")[0], self.look, self.remover, "replaced" if self.is_replaced else "plain")
        return "-".join(parts)

    @property
    def is_cut_out(self) -> bool:
        return self.look in CUT_OUT

    @property
    def is_cropped(self) -> bool:
        return self.look in {"cropped", "both"}


def cases(networks: Sequence[str]) -> Iterator[Case]:
    """Each network once: whose masks makes no difference to whole pictures and crops that stay as they are."""
    for network in networks:
        looks = ("both", "cropped") if network == FROM else tuple(reversed(LOOKS))
        for look in looks:
            for is_replaced in (True,) if network == FROM else (False, True):
                for remover in REMOVERS if is_replaced or look in CUT_OUT else (TAUGHT,):
                    yield Case(network, look, remover, is_replaced)


def groups(networks: Sequence[str]) -> Iterator[tuple[Case, ...]]:
    """The rows of the table: each network alone, then ours that see the object with and without its background."""
    for case in cases(networks):
        yield (case,)
    for network in ("ours", FROM):
        for remover in REMOVERS if network in networks else ():
            yield tuple(Case(network, look, remover, is_replaced=True) for look in ("cropped", "both"))


class Study:
    """The data, the masks of each remover and the networks, all kept in a folder."""

    def __init__(self, data: Path, work: Path, epochs: Mapping[str, int], bundle: str) -> None:
        train, test = (read_dataset(data, split=split, max_files=20_000) for split in ("train", "test"))
        self.class_names = train.class_names
        self.learn, self.choose = (load_tensors(part, SIDE) for part in split_train_validation(train, seed=SEED))
        self.test = load_tensors(test, SIDE)
        self.work = work
        self.epochs = epochs
        self.bundle = load_bundle(bundle)
        self.start = Start(bundle)

    @cache  # noqa: B019  # one study a process
    def _remover(self, remover: str) -> tuple[Remover, Path]:
        """A remover, and where its masks are kept: another network's are others."""
        if remover == U2NETP:
            return open_remover(remover), self.work / "masks" / remover
        model = self.bundle.file("background") if remover == SHIPPED else self._taught()
        folder = self.work / "masks" / hashlib.blake2b(model.read_bytes(), digest_size=6).hexdigest()
        return open_remover("own", file=model, stage=self.bundle.stages["background"]), folder

    def _taught(self) -> Path:
        """Our remover after it has learned from the training pictures, as a file."""
        file = self.work / "taught" / "background.onnx"
        if not file.is_file():
            learn, choose = (
                replace(part, alpha=within_boxes(self.masks(SHIPPED, part.pixels), part.boxes))
                for part in (self.learn, self.choose)
            )

            def begin(network: nn.Module) -> str:
                load_weights(network, self.bundle.file("background"))
                return "everyday"

            keep = Keep(file.parent)
            network, _ = fit_remover(learn, choose, recipe=TEACHING, seed=SEED, report=report, prepare=begin, keep=keep)
            write_network(network, file, stage="background", side=TEACHING.input_size)
        return file

    def masks(self, remover: str, pixels: Tensor) -> Tensor:
        """A remover's masks of uint8 pictures [n, 3, h, w] → uint8 [n, 1, h, w]."""
        by, folder = self._remover(remover)
        folder.mkdir(parents=True, exist_ok=True)
        masks = torch.empty(len(pixels), 1, *pixels.shape[2:], dtype=torch.uint8)
        for mask, picture in zip(masks, pixels.permute(0, 2, 3, 1).contiguous().numpy(), strict=True):
            file = folder / f"{hashlib.blake2b(picture.tobytes(), digest_size=12).hexdigest()}.png"
            if not file.is_file():
                by.mask(Image.fromarray(picture)).save(file)
            mask[0] = torch.from_numpy(np.array(Image.open(file)))
        return masks

    def parts(self, remover: str, *, is_cut_out: bool, is_replaced: bool) -> tuple[Tensors, Tensors, Tensors]:
        """What is learned from, what chooses the epoch, what is measured; cut-outs have the remover's masks."""
        learn, choose, test = (replace(part, alpha=None) for part in (self.learn, self.choose, self.test))
        if is_replaced:
            learn = replace(learn, alpha=within_boxes(self.masks(remover, learn.pixels), learn.boxes))
        if not is_cut_out:
            return learn, choose, test
        views = (2 if is_replaced else 1, 1, 1)
        learn, choose, test = (
            make_views(part, lambda pixels: self.masks(remover, pixels), count=count, seed=SEED)
            for part, count in zip((learn, choose, test), views, strict=True)
        )
        return learn, choose, test

    @cache  # noqa: B019
    def found(self, remover: str, *, is_cut_out: bool) -> tuple[Tensor, ...]:
        """For each test picture the box [1, 4] of a detector that reads pictures or cut-outs; [0, 4] where none."""
        recipe = RECIPES["fast"].detector
        paste = 0.0 if is_cut_out else recipe.augment.paste
        recipe = replace(
            recipe, reads="cutout" if is_cut_out else "image", augment=replace(recipe.augment, paste=paste)
        )
        learn, choose, test = self.parts(remover, is_cut_out=is_cut_out, is_replaced=True)
        keep = Keep(self.work / f"detector-{remover if is_cut_out else 'image'}")
        network, _ = fit_detector(learn, choose, recipe=recipe, seed=SEED, report=report, keep=keep)
        assert isinstance(network, FasterRCNN)
        network.eval()
        boxes = []
        for row in range(len(test)):
            image = Image.fromarray(test.pixels[row].permute(1, 2, 0).numpy())
            if test.alpha is not None:
                image.putalpha(Image.fromarray(test.alpha[row, 0].numpy()))
            fitted, place = letterbox(on_fill(image), recipe.input_size)
            with torch.inference_mode():
                (found,) = network([to_tensor(fitted) / 255])
            top = found["boxes"][found["scores"] >= 0.05][:1]
            boxes.append(torch.from_numpy(clip_boxes(place.to_picture(top.numpy()), image.size)))
        return tuple(boxes)

    @cache  # noqa: B019
    def answers(self, case: Case) -> tuple[Tensor, Tensor | None]:
        """Probabilities [800, 8] at the true boxes and at a detector's; a look at the whole picture needs no box."""
        learn, choose, test = self.parts(case.remover, is_cut_out=case.is_cut_out, is_replaced=case.is_replaced)
        if not case.is_cropped:
            learn, choose, test = (part.without_boxes() for part in (learn, choose, test))
        recipe = self._recipe(case)
        keep = Keep(self.work / case.name)
        n = len(self.class_names)
        prepare = partial(take_weights, stage="classifier", start=self.start, class_names=self.class_names)
        network, _ = fit_classifier(
            learn, choose, n_classes=n, recipe=recipe, seed=SEED, report=report, keep=keep,
            prepare=prepare if case.network == FROM else leave_as_it_is,
        )  # fmt: skip
        true = validation_logits(network, test, recipe).softmax(dim=1)
        if not case.is_cropped:
            return true, None
        boxes = self.found(case.remover, is_cut_out=True)
        return true, validation_logits(network, replace(test, boxes=boxes), recipe).softmax(dim=1)

    def accuracy(self, answers: Sequence[Tensor | None]) -> str:
        """How often the mean of several networks' answers is right."""
        known = [one for one in answers if one is not None]
        if not known:
            return "—"
        right = torch.stack(known).mean(dim=0).argmax(dim=1) == self.test.labels
        return f"{right.float().mean().item():.3f}"

    def _recipe(self, case: Case) -> StageRecipe:
        recipe = NETWORKS[case.network] or started(RECIPES["fast"], self.start, ("classifier",)).classifier
        paste = REPLACED if case.is_replaced and not case.is_cut_out else 0.0
        return replace(
            recipe,
            epochs=self.epochs[case.network],
            reads="cutout" if case.is_cut_out else "image",
            margin=recipe.margin if case.is_cropped else None,
            augment=replace(recipe.augment, paste=paste),
        )


def mask_row(study: Study, remover: str) -> list[str]:
    """Mean IoU and mean absolute error of a remover's masks of the test pictures."""
    assert study.test.alpha is not None, "the test pictures come with their masks"
    found, true = study.masks(remover, study.test.pixels) / 255, study.test.alpha / 255
    return [remover, f"{mask_iou(found, true).mean().item():.3f}", f"{(found - true).abs().mean().item():.3f}"]


def box_row(study: Study, remover: str, *, is_cut_out: bool) -> list[str]:
    """Mean IoU of the top box with the true one, and how often that is at least one half."""
    boxes = study.found(remover, is_cut_out=is_cut_out)
    overlaps = np.array(
        [box_iou(top.numpy(), true.numpy()).max(initial=0.0) for top, true in zip(boxes, study.test.boxes, strict=True)]
    )
    reads = f"cut-outs, {remover}" if is_cut_out else "pictures"
    return [reads, f"{overlaps.mean():.3f}", f"{(overlaps >= 0.5).mean():.3f}"]


def main(
    challenge: Path,
    *,
    epochs: int = 5,
    ours_epochs: int = 60,
    from_epochs: int = 30,
    bundle: str = "everyday",
    work: Path = Path("build/photos"),
    network: str = "",
) -> None:
    """Print the tables."""
    if not is_downloaded("u2netp"):
        raise typer.BadParameter("u2netp is not in rembg's folder: set REMBG_HOME to where it is.")
    study = Study(challenge, work, {"paper's CNN": epochs, "ours": ours_epochs, FROM: from_epochs}, bundle)
    n = f"n = {len(study.test)} test pictures"
    print_table(
        f"Masks, {n}", ["remover", "mask IoU", "mask MAE"], [mask_row(study, one) for one in (SHIPPED, *REMOVERS)]
    )
    detectors = [(SHIPPED, False), *((remover, True) for remover in REMOVERS)]
    print_table(
        f"Boxes, {n}",
        ["detector reads", "box IoU", "IoU ≥ 0.5"],
        [box_row(study, remover, is_cut_out=is_cut_out) for remover, is_cut_out in detectors],
    )
    rows = []
    for group in groups([network] if network else list(NETWORKS)):
        first = group[0]
        given, found = zip(*map(study.answers, group), strict=True)
        look = " and ".join(case.look for case in group)
        look = look if not (first.is_cut_out or first.is_replaced) else f"{look}, {first.remover}"
        replaced = "yes" if first.is_replaced else "no"
        rows.append([first.network, look, replaced, study.accuracy(given), study.accuracy(found)])
        typer.echo(f"{first.name}: {rows[-1]}", err=True)
    head = ["network", "looks at", "backgrounds replaced", "accuracy, true boxes", "accuracy, found boxes"]
    print_table(f"Test accuracy, {n}", head, rows)


if __name__ == "__main__":
    typer.run(main)
