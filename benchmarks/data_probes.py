"""What the checks find that learn from a data set: backgrounds that give the class away, and labels that are wrong.

    python -m benchmarks.data_probes DATA PHOTOS [--work build/data_probes]

DATA is the sample challenge, PHOTOS holds `challenge/`, `kinds/`, `cifar10/` and `backgrounds/` (challenge.zip,
kinds.tar.xz, cifar10.zip, backgrounds.zip). The backgrounds of both challenges are replaced by photos drawn at random,
around the masks where there are some, else around the boxes. In the second table labels are replaced at random by
another class; what is flagged and was not changed counts as a false alarm, though some of it may be wrong indeed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import typer
from PIL import Image, ImageOps

from benchmarks.tables import print_table
from smallimg.data.checks.backgrounds import probe
from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.pictures.images import list_images, open_image
from smallimg.pictures.masks import open_mask
from smallimg.study.intervals import count_text
from smallimg.study.wrong_labels import probable_wrong_labels

FLIPPED, MOST = 0.05, 1600


def main(data: Path, photos: Path, *, work: Path = Path("build/data_probes")) -> None:
    """Print both tables."""
    grounds = list_images(photos / "backgrounds")
    rows = []
    for name, dataset in _backgrounds_of(data, photos, grounds, work):
        probed = probe(dataset)
        if probed is not None:
            share, chance, least, n, _ = probed
            rows.append([name, f"{n:,}", *(f"{100 * one:.1f} %" for one in (share, least, chance))])
            typer.echo(" | ".join(rows[-1]), err=True)
    print_table("Told by the background alone", ["", "pictures", "told", "at least", "by chance"], rows)
    rows = []
    for name, dataset in _labelled(data, photos):
        clean = _flagged(dataset)
        flipped, changed = _flip(dataset)
        found = _flagged(flipped)
        right = len(found & changed)
        counts = [count_text(right, len(found)) if found else "–", count_text(right, len(changed))]
        rows.append([name, f"{len(dataset.samples):,}", str(len(clean)), str(len(found)), *counts])
        typer.echo(" | ".join(rows[-1]), err=True)
    head = ["", "pictures", "flagged as they are", "flagged, 5 % changed", "of these changed", "of the changed flagged"]
    print_table("Probable wrong labels", head, rows)


def _backgrounds_of(data: Path, photos: Path, grounds: Sequence[Path], work: Path) -> Iterator[tuple[str, Dataset]]:
    for name, folder in (("sample challenge", data), ("challenge of photos", photos / "challenge")):
        train = read_dataset(folder)
        yield f"{name}, training", train
        yield f"{name}, its backgrounds replaced", _replaced(train, grounds, work / folder.name)
        yield f"{name}, test: one background for all", read_dataset(folder, split="test")
    for first in (0, 7, 13):
        yield f"10 classes of Tiny ImageNet from no. {first}", _every_20th(photos, first)
    cifar = read_dataset(photos / "cifar10", split="test")
    yield "CIFAR-10, borders", cifar
    for pair in (("horse", "ship"), ("cat", "dog")):
        labels = [cifar.class_names.index(name) for name in pair]
        yield f"of it {pair[0]} and {pair[1]}", _only(cifar, labels)


def _labelled(data: Path, photos: Path) -> Iterator[tuple[str, Dataset]]:
    yield "sample challenge", _some(read_dataset(data))
    yield "challenge of photos", _some(read_dataset(photos / "challenge"))
    for first in (0, 7, 13):
        yield f"10 classes of Tiny ImageNet from no. {first}", _some(_every_20th(photos, first))
    yield "CIFAR-10, test", _some(read_dataset(photos / "cifar10", split="test"))


def _replaced(dataset: Dataset, grounds: Sequence[Path], out: Path) -> Dataset:
    """The same objects on backgrounds drawn without a look at their class."""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    samples = []
    for sample in dataset.samples:
        picture = open_image(sample.path)
        ground = open_image(grounds[rng.integers(len(grounds))]).convert("RGB")
        if sample.mask is not None:
            mask = open_mask(sample.mask)
        else:
            mask = Image.new("L", picture.size)
            for box in sample.boxes.astype(int).tolist():
                mask.paste(255, tuple(box))
        path = out / f"{sample.path.stem}.jpg"
        Image.composite(picture, ImageOps.fit(ground, picture.size), mask).save(path, quality=92)
        samples.append(replace(sample, path=path))
    return replace(dataset, samples=tuple(samples))


def _every_20th(photos: Path, first: int) -> Dataset:
    return _only(read_dataset(photos / "kinds"), range(first, 200, 20))


def _only(dataset: Dataset, labels: Sequence[int]) -> Dataset:
    return replace(dataset, samples=tuple(sample for sample in dataset.samples if sample.label in labels))


def _some(dataset: Dataset) -> Dataset:
    chosen = np.random.default_rng(0).permutation(len(dataset.samples))[:MOST]
    return replace(dataset, samples=tuple(dataset.samples[index] for index in sorted(chosen.tolist())))


def _flip(dataset: Dataset) -> tuple[Dataset, set[Path]]:
    """Some of the labels changed, and whose."""
    rng = np.random.default_rng(1)
    classes = sorted({sample.label for sample in dataset.samples if sample.label is not None})
    samples = list(dataset.samples)
    for index in rng.choice(len(samples), round(FLIPPED * len(samples)), replace=False).tolist():
        others = [label for label in classes if label != samples[index].label]
        samples[index] = replace(samples[index], label=others[rng.integers(len(others))])
    changed = {new.path for new, old in zip(samples, dataset.samples, strict=True) if new.label != old.label}
    return replace(dataset, samples=tuple(samples)), changed


def _flagged(dataset: Dataset) -> set[Path]:
    finding = probable_wrong_labels(dataset)
    return set(finding.pictures if finding else ())


if __name__ == "__main__":
    typer.run(main)
