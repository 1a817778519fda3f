"""Backgrounds that give the class away, and objects and duplicates that must not look as if they did."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.checks.backgrounds import FEWEST, probe, revealing_backgrounds
from smallimg.data.dataset import Dataset, Sample

SIDE, THING = 64, 24
Colour = tuple[int, int, int]


def picture(path: Path, ground: Colour, thing: Colour, rng: np.random.Generator) -> tuple[int, int, int, int]:
    """A thing somewhere on a ground, both with noise, the ground in its own hue and light; the box of the thing."""
    x, y = rng.integers(4, SIDE - THING - 4, 2).tolist()
    pixels = np.empty((SIDE, SIDE, 3))
    pixels[:] = ground
    pixels[y : y + THING, x : x + THING] = thing
    pixels += rng.normal(0, 12, pixels.shape) + rng.normal(0, 15, 3)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return x, y, x + THING, y + THING


def data(root: Path, *, grounds: list[Colour], things: list[Colour], each: int = 20, boxes: bool = True) -> Dataset:
    """Two classes, each thing on its class's ground; a random one of them where there are many."""
    rng = np.random.default_rng(0)
    samples = []
    for label in range(2):
        for index in range(each):
            ground = grounds[label] if len(grounds) == 2 else grounds[rng.integers(len(grounds))]
            path = root / f"{label}_{index}.png"
            box = picture(path, ground, things[label], rng)
            samples.append(Sample(path, as_boxes([box] if boxes else []), label, None))
    return Dataset(root, "train", ("cup", "ball"), tuple(samples), (), ("cup", "ball"))


GRASS, SAND, SEA = (60, 140, 50), (200, 180, 120), (40, 90, 160)
WHITE, BLACK = (230, 230, 230), (20, 20, 20)


def test_a_class_that_always_lies_on_its_own_ground(tmp_path: Path) -> None:
    finding = revealing_backgrounds(data(tmp_path, grounds=[GRASS, SAND], things=[WHITE, WHITE]))
    assert finding is not None
    assert (finding.id, finding.severity, finding.count) == ("background-tells-class", "warning", 40)
    told = re.match(
        r"the background alone tells the class in (\d+) % of the pictures \(by chance 50 %\)", finding.message
    )
    assert told is not None
    assert int(told[1]) > 90
    assert finding.pictures == ()  # leaving some out would not mend it


def test_things_that_look_different_on_any_ground(tmp_path: Path) -> None:
    assert revealing_backgrounds(data(tmp_path, grounds=[GRASS, SAND, SEA], things=[WHITE, BLACK])) is None


def test_without_boxes_the_borders_are_told_about(tmp_path: Path) -> None:
    finding = revealing_backgrounds(data(tmp_path, grounds=[GRASS, SAND], things=[WHITE, WHITE], boxes=False))
    assert finding is not None
    assert "the border of a picture alone" in finding.message


def test_the_same_picture_many_times_is_one(tmp_path: Path) -> None:
    """Copies in other folds would be recognised, whatever their backgrounds have to do with the class."""
    made = data(tmp_path, grounds=[GRASS, SAND, SEA], things=[WHITE, WHITE], each=12)
    copies = replace(made, samples=made.samples * 6)
    probed = probe(copies)
    assert probed is not None
    share, chance, _, n, border = probed
    assert (chance, n, border) == (0.5, 144, False)
    assert share < 0.8
    assert revealing_backgrounds(copies) is None


@pytest.mark.parametrize("each", [FEWEST - 1, FEWEST])
def test_too_few_pictures_say_nothing(tmp_path: Path, each: int) -> None:
    probed = probe(data(tmp_path, grounds=[GRASS, SAND], things=[WHITE, WHITE], each=each))
    assert (probed is None) == (each < FEWEST)
    if probed is not None:
        share, _, least, _, _ = probed
        assert least < share - 0.1  # of ten pictures chance tells as much


def test_a_class_alone_says_nothing(tmp_path: Path) -> None:
    made = data(tmp_path, grounds=[GRASS, SAND], things=[WHITE, WHITE])
    assert revealing_backgrounds(replace(made, samples=made.samples[:20])) is None


def test_objects_that_fill_their_pictures_say_nothing(tmp_path: Path) -> None:
    made = data(tmp_path, grounds=[GRASS, SAND], things=[WHITE, WHITE])
    full = tuple(replace(sample, boxes=as_boxes([(1, 1, 63, 63)])) for sample in made.samples)
    assert revealing_backgrounds(replace(made, samples=full)) is None


def test_how_far_it_is_can_be_watched(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    revealing_backgrounds(
        data(tmp_path, grounds=[GRASS, SAND], things=[WHITE, WHITE], each=10),
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(number, 20) for number in range(1, 21)]


def test_the_sample_challenge_is_a_trap(tiny_challenge_of_some: Dataset) -> None:
    finding = revealing_backgrounds(tiny_challenge_of_some)
    assert finding is not None
    assert finding.severity == "warning"


@pytest.fixture(scope="module")
def tiny_challenge_of_some(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    from smallimg.data.challenge import write_challenge
    from smallimg.data.formats import read_dataset

    folder = tmp_path_factory.mktemp("trap") / "challenge"
    write_challenge(folder, train=128, test=1, size=64, workers=1)
    return read_dataset(folder)
