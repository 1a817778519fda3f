"""Cut-outs at controlled sizes: they cover what was asked, on a ground that shows no other object."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError
from smallimg.pictures.preprocess import FILL
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.objects import FEWEST, choose_things, paste_things, size_of, typical
from smallimg.study.conditions.pasted import background, cut_out, paste_at
from smallimg.study.conditions.placing import place

RED, BLUE = (200, 10, 10), (10, 10, 200)


def disc(width: int, height: int) -> tuple[Image.Image, Image.Image]:
    """A red picture and a mask that has an ellipse in its middle."""
    y, x = np.mgrid[:height, :width]
    inside = ((x - width / 2 + 0.5) / (width / 4)) ** 2 + ((y - height / 2 + 0.5) / (height / 4)) ** 2 <= 1
    return Image.new("RGB", (width, height), RED), Image.fromarray(255 * inside.astype(np.uint8))


@pytest.mark.parametrize("share", typical())
def test_a_paste_covers_its_share_and_tells_where(share: float) -> None:
    cut = cut_out(*disc(80, 60), np.array([0, 0, 80, 60], np.float32))
    assert cut is not None
    assert cut.size == (40, 30)
    made, box, mask = paste_at(cut, Image.new("RGB", (448, 448), BLUE), share=share, seed=3)
    x1, y1, x2, y2 = box.astype(int).tolist()
    assert 0 <= x1 < x2 <= 448
    assert 0 <= y1 < y2 <= 448
    assert (x2 - x1) * (y2 - y1) / 448**2 == pytest.approx(share, rel=0.05)
    assert size_of((x2 - x1) * (y2 - y1) / 448**2) == ("small", "medium", "large")[typical().index(share)]
    pixels = np.asarray(made, np.int16)
    assert np.abs(pixels[np.asarray(mask) == 255] - RED).max() <= 2
    assert (pixels[np.asarray(mask) == 0] == BLUE).all()
    around = np.argwhere(np.asarray(mask) > 127)
    np.testing.assert_allclose([*around.min(axis=0), *around.max(axis=0) + 1], [y1, x1, y2, x2], atol=1)


def test_the_same_seed_is_the_same_place_at_every_size() -> None:
    cut = Image.new("RGBA", (40, 40), (*RED, 255))
    places = []
    for share in typical():
        _, box, _ = paste_at(cut, Image.new("RGB", (400, 400)), share=share, seed=7)
        places.append(box[:2] / (400 - (box[2] - box[0])))
    np.testing.assert_allclose(places, np.broadcast_to(places[0], (3, 2)), atol=0.01)


def test_what_is_all_but_transparent_is_no_object() -> None:
    picture, mask = disc(80, 60)
    assert cut_out(picture, Image.new("L", (80, 60)), np.array([0, 0, 80, 60], np.float32)) is None
    assert cut_out(picture, mask, np.array([0, 0, 12, 12], np.float32)) is None, "it lies elsewhere"


def test_a_background_shows_nothing_of_the_objects() -> None:
    """The widest strip beside all boxes, and its mirror image."""
    picture = Image.new("RGB", (200, 100), BLUE)
    picture.paste(RED, (0, 20, 90, 80))
    ground = background(picture, as_boxes([[0, 20, 50, 80], [40, 30, 90, 60]]), side=64)
    assert ground.size == (64, 64)
    assert ground.getcolors() == [(64 * 64, BLUE)]
    assert background(picture, as_boxes([[0, 0, 200, 98]]), side=64).getcolors() == [(64 * 64, FILL)]
    assert background(picture, as_boxes([]), side=64).getcolors() != [(64 * 64, BLUE)], "nothing to keep out"


@pytest.fixture
def large_only(tmp_path: Path) -> Dataset:
    """Twelve pictures of cups and balls, each with a large object and its mask."""
    samples = []
    for number in range(12):
        picture, mask = disc(80, 60)
        picture.save(tmp_path / f"{number}.png")
        mask.save(tmp_path / f"{number}-mask.png")
        boxes = as_boxes([[20, 15, 60, 45]])
        samples.append(Sample(tmp_path / f"{number}.png", boxes, number % 2, tmp_path / f"{number}-mask.png"))
    return Dataset(tmp_path, "test", ("cup", "ball"), tuple(samples), (), ())


def test_where_a_size_is_lacking_all_are_pasted_and_that_is_said(large_only: Dataset) -> None:
    things, note = choose_things(large_only, ("cup", "ball"), most=30)
    assert note.startswith("There are no small and no medium objects: each is cut out and pasted")
    assert "0.5, 2.2 and 15 % of the picture" in note
    assert [one.size for one in things[:3]] == ["small", "medium", "large"]
    for small, medium, large in zip(things[::3], things[1::3], things[2::3], strict=True):
        assert small.identity == medium.identity == large.identity
        assert replace(small, size="large", ground=large.ground) == large
    assert len(things) == 30
    as_they_are, nothing = choose_things(large_only, ("cup", "ball"), most=30, paste=False)
    assert nothing == ""
    assert {one.size for one in as_they_are} == {"large"}
    assert all(one.ground is None for one in as_they_are)


def test_where_no_size_is_lacking_nothing_is_pasted_unless_asked(large_only: Dataset) -> None:
    sides = {"small": 5, "medium": 14, "large": 40}
    boxes = [as_boxes([[0, 0, side, side]]) for side in sides.values() for _ in range(FEWEST)]
    samples = tuple(replace(large_only.samples[0], boxes=one, mask=None) for one in boxes)
    dataset = replace(large_only, samples=samples)
    assert choose_things(dataset, ("cup",), most=60)[1] == ""
    assert choose_things(dataset, ("cup",), most=6)[1] == "", "few are asked for, not there"
    assert choose_things(dataset, ("cup",), most=60, paste=True)[1].startswith("As asked: ")
    fewer = replace(dataset, samples=samples[1:])
    assert choose_things(fewer, ("cup",), most=60)[1].startswith("There are only 9 small objects: ")


def test_pictures_without_boxes_give_what_the_remover_leaves(tiny_bundle: Path, large_only: Dataset) -> None:
    whole = replace(large_only, samples=tuple(replace(one, boxes=as_boxes([])) for one in large_only.samples))
    things, note = choose_things(whole, ("cup",), most=6)
    assert note.startswith("No picture has a box: ")
    picture, box, mask = place(Pipeline.load(tiny_bundle), things[1]) or pytest.fail("it has a mask")
    assert picture.size == (448, 448)
    assert mask is not None
    x1, y1, x2, y2 = map(float, box)
    assert (x2 - x1) / (y2 - y1) == pytest.approx(4 / 3, rel=0.1), "what is white of the mask"


def test_data_without_a_known_class_is_refused(large_only: Dataset) -> None:
    with pytest.raises(DataError, match="no object with a box and a class that the bundle knows"):
        paste_things(large_only, ("teapot",), most=6)


def test_the_sample_challenge_is_placed_by_its_masks(tiny_bundle: Path, tiny_challenge: Path) -> None:
    pipeline = Pipeline.load(tiny_bundle)
    things = paste_things(read_dataset(tiny_challenge, split="test"), pipeline.class_names, most=6)
    for thing in things:
        _, box, mask = place(pipeline, thing) or pytest.fail("it has a mask")
        assert thing.ground is not None
        assert (box[2] - box[0]) * (box[3] - box[1]) / 448**2 == pytest.approx(thing.ground.share, rel=0.15)
        assert mask is not None
