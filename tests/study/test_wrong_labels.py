"""Probable wrong labels, found in drawings of which it is known which are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.study.wrong_labels import doubtful, out_of_fold, probable_wrong_labels

NAMES = ("disc", "stripes", "cross")


def draw(path: Path, kind: int, rng: np.random.Generator) -> Path:
    picture = Image.new("RGB", (96, 64), tuple(rng.integers(0, 60, 3).tolist()))
    pen, colour = ImageDraw.Draw(picture), tuple(rng.integers(150, 256, 3).tolist())
    x, y = rng.integers(-4, 5, 2).tolist()
    if kind == 0:
        pen.ellipse((26 + x, 10 + y, 70 + x, 54 + y), fill=colour)
    for row in range(10, 54, 8) if kind == 1 else ():
        pen.rectangle((26 + x, row + y, 70 + x, row + y + 3), fill=colour)
    if kind == 2:
        pen.line((26 + x, 10 + y, 70 + x, 54 + y), fill=colour, width=6)
        pen.line((26 + x, 54 + y, 70 + x, 10 + y), fill=colour, width=6)
    picture.save(path)
    return path


@pytest.fixture(scope="module")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Thirty of each kind, each with its class."""
    root, rng = tmp_path_factory.mktemp("drawings"), np.random.default_rng(0)
    samples = tuple(
        Sample(draw(root / f"{NAMES[kind]}_{index}.png", kind, rng), as_boxes([(20, 4, 76, 60)]), kind, None)
        for kind in range(3)
        for index in range(30)
    )
    return Dataset(root, "train", NAMES, samples, (), NAMES)


def relabelled(dataset: Dataset, labels: dict[int, int]) -> Dataset:
    samples = list(dataset.samples)
    for index, label in labels.items():
        samples[index] = replace(samples[index], label=label)
    return replace(dataset, samples=tuple(samples))


def test_labels_that_are_wrong_are_named(drawings: Dataset) -> None:
    finding = probable_wrong_labels(relabelled(drawings, {5: 1, 44: 2}), threads=1)
    assert finding is not None
    assert (finding.id, finding.severity, finding.count) == ("label-probably-wrong", "warning", 2)
    assert {path.name for path in finding.pictures} == {"disc_5.png", "stripes_14.png"}
    assert finding.message.startswith("2 labels are probably wrong: ")
    assert "disc_5.png (stripes, rather disc)" in finding.message
    assert "stripes_14.png (cross, rather stripes)" in finding.message


def test_labels_that_are_right_are_not(drawings: Dataset) -> None:
    assert probable_wrong_labels(drawings, threads=1) is None


def test_without_boxes_whole_pictures_are_looked_at(drawings: Dataset) -> None:
    made = relabelled(drawings, {3: 1})
    bare = replace(made, samples=tuple(replace(sample, boxes=sample.boxes[:0]) for sample in made.samples))
    finding = probable_wrong_labels(bare, threads=1)
    assert finding is not None
    assert [path.name for path in finding.pictures] == ["disc_3.png"]


def test_every_box_has_its_label(drawings: Dataset) -> None:
    """Two things in one picture, one of them named wrong."""
    boxed = []
    for number, (left, right) in enumerate(zip(drawings.samples[:30], drawings.samples[30:60], strict=True)):
        both = Image.new("RGB", (192, 64))
        both.paste(Image.open(left.path))
        both.paste(Image.open(right.path), (96, 0))
        path = drawings.root / f"both_{number}.png"
        both.save(path)
        labels = (1, 1) if number == 7 else (0, 1)
        boxed.append(Sample(path, as_boxes([(20, 4, 76, 60), (116, 4, 172, 60)]), None, None, box_labels=labels))
    finding = probable_wrong_labels(replace(drawings, samples=tuple(boxed)), threads=1)
    assert finding is not None
    assert [path.name for path in finding.pictures] == ["both_7.png"]


def test_labels_that_cannot_be_learned_say_nothing(drawings: Dataset) -> None:
    labels = np.random.default_rng(1).integers(0, 3, len(drawings.samples)).tolist()
    assert probable_wrong_labels(relabelled(drawings, dict(enumerate(labels))), threads=1) is None


def test_few_pictures_say_nothing(drawings: Dataset) -> None:
    told: list[tuple[int, int]] = []
    few = replace(drawings, samples=drawings.samples[:9] + drawings.samples[30:39])
    assert probable_wrong_labels(few, threads=1, progress=lambda done, of: told.append((done, of))) is None
    assert told == []  # not even looked at


def test_of_many_a_part_is_drawn_and_said(drawings: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smallimg.study.wrong_labels.MOST", 80)
    wrong = relabelled(drawings, dict.fromkeys((3, 5, 9), 1))
    finding = probable_wrong_labels(wrong, threads=1)
    assert finding is not None
    assert "(of 90 objects 80 were looked at)" in finding.message


def test_what_is_next_to_impossible_while_another_class_is_as_probable_as_of_its_own() -> None:
    shares = np.array(
        [
            [0.90, 0.08, 0.02],
            [0.80, 0.15, 0.05],
            [0.010, 0.975, 0.015],  # given 0, and a better 1 than most of them: wrong
            [0.10, 0.85, 0.05],
            [0.20, 0.70, 0.10],
            [0.012, 0.55, 0.438],  # given 0, and no better 1 or 2 than they are: not sure
            [0.05, 0.05, 0.90],
            [0.98, 0.015, 0.005],  # given 2: wrong, and less probable
        ]
    )
    given = np.array([0, 0, 0, 1, 1, 0, 2, 2])
    flagged, others = doubtful(shares, given)
    assert flagged.tolist() == [7, 2]
    assert others.tolist() == [0, 1]


def test_no_head_is_asked_about_a_picture_that_it_learned_from() -> None:
    """Copies within a picture would give labels away that nothing else tells."""
    rng = np.random.default_rng(0)
    pictures = np.repeat(np.arange(60), 4)
    embeddings = np.repeat(rng.normal(size=(60, 200)), 4, axis=0).astype(np.float32)
    given = np.repeat(rng.permutation(np.arange(60) % 2), 4)
    shares = out_of_fold(embeddings, given, pictures)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares.argmax(axis=1) == given).mean() < 0.7
    told = out_of_fold(embeddings, given, np.arange(240))
    assert (told.argmax(axis=1) == given).mean() > 0.95
