"""Boxes are understood by the whole table, or refused: nothing is trained on boxes that were guessed."""

from pathlib import Path

import numpy as np
import pytest
from made_data import HEADER, save, write_table
from PIL import Image

from smallimg.data.checks.reading import left_out
from smallimg.data.formats import read_dataset
from smallimg.data.formats.table_boxes import turn
from smallimg.errors import DataError
from smallimg.pictures.images import TURNS

BOXES = [(1, 2, 11, 8), (5, 1, 9, 4), (12, 3, 20, 10), (0, 0, 4, 4)]  # in pictures of 20 × 10


def read(root: Path, rows: list[tuple[float, ...]], header: str = HEADER) -> tuple[list[list[float]], str]:
    """The boxes of a table with a row a picture, and all that is said of it."""
    write_table(
        root, *(f"{index}.jpg,{','.join(map(str, row))},cup" for index, row in enumerate(rows)), images=len(rows),
        header=header,
    )  # fmt: skip
    dataset = read_dataset(root)
    assert dataset.problems == ()
    return [sample.boxes[0].tolist() for sample in dataset.samples], " ".join(dataset.notes)


def shares(boxes: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return [(x1 / 20, y1 / 10, x2 / 20, y2 / 10) for x1, y1, x2, y2 in boxes]


def sized(boxes: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return [(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes]


def centred(boxes: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    return [((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1) for x1, y1, x2, y2 in boxes]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        (BOXES, HEADER, ""),
        (shares(BOXES), HEADER, "between 0 and 1"),
        (sized(BOXES), HEADER, "taken for that"),
        (sized(BOXES), "image,x,y,width,height,class", "the columns x, y, width, height"),
        (sized(BOXES), "filename,bbox_x,bbox_y,bbox_w,bbox_h,label", "the columns filename, label, bbox_x"),
        (shares(sized(BOXES)), "image,x,y,w,h,class", "between 0 and 1"),
        (centred(BOXES), "image,x_center,y_center,width,height,class", "x_center"),
        (centred(shares(BOXES)), "image,cx,cy,w,h,class", "between 0 and 1"),
    ],
)
def test_a_table_is_told_by_all_its_boxes(
    rows: list[tuple[float, ...]], header: str, said: str, tmp_path: Path
) -> None:
    found, notes = read(tmp_path, rows, header)
    np.testing.assert_allclose(found, BOXES, atol=1e-5)
    assert said in notes
    assert bool(said) == bool(notes)


def test_the_size_of_the_picture_is_no_size_of_a_box(tmp_path: Path) -> None:
    """Roboflow's tables have both."""
    write_table(tmp_path, "0.jpg,20,10,cup,1,2,11,8", header="filename,width,height,class,xmin,ymin,xmax,ymax")
    (sample,) = read_dataset(tmp_path).samples
    assert sample.boxes.tolist() == [[1, 2, 11, 8]]


def test_boxes_may_leave_the_picture_by_two_pixels(tmp_path: Path) -> None:
    found, notes = read(tmp_path, [(-2, -1, 5, 5), (1, 1, 22, 11), *BOXES])
    assert found[:2] == [[0, 0, 5, 5], [1, 1, 20, 10]]
    assert notes == ""


def test_a_table_of_other_pictures_sizes_is_refused(tmp_path: Path) -> None:
    rows = [f"{index}.jpg,{10 * x1},{10 * y1},{10 * x2},{10 * y2},cup" for index, (x1, y1, x2, y2) in enumerate(BOXES)]
    write_table(tmp_path, *rows, images=4)
    with pytest.raises(DataError, match=r"train\.csv: 4 of 4 boxes are inverted or leave .* picture of 20 × 10 pixels"):
        read_dataset(tmp_path)


def test_a_few_bad_rows_are_no_other_way_of_writing(tmp_path: Path) -> None:
    write_table(tmp_path, *(f"{index}.jpg,1,2,11,8,cup" for index in range(30)), "30.jpg,9,9,2,2,cup", images=31)
    dataset = read_dataset(tmp_path)
    assert len(dataset.samples) == 30
    assert dataset.problems == (
        "train.csv line 32: the box (9, 9, 2, 2) is empty or inverted: expected xmin < xmax and ymin < ymax",
    )


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_of_the_stored_picture_are_turned_with_it(orientation: int, tmp_path: Path) -> None:
    """The object is painted, so that the oracle is where Pillow's own turning puts it."""
    stored = Image.new("L", (20, 10))
    stored.paste(255, (12, 1, 18, 4))
    upright = stored.transpose(TURNS[orientation])
    write_table(tmp_path, "turned.jpg,12,1,18,4,cup")
    save(tmp_path / "train/turned.jpg", orientation=orientation)  # stored 20 × 10, seen 10 × 20
    dataset = read_dataset(tmp_path)
    assert dataset.samples[0].boxes.tolist() == [list(upright.getbbox() or ())]
    assert any(note.startswith("train.csv: 1 picture was turned by EXIF") for note in dataset.notes)
    box = turn(np.array([[12.0, 1, 18, 4]]), (10, 20), TURNS[orientation])
    assert box.tolist() == [list(upright.getbbox() or ())]


def test_one_sure_picture_tells_the_way_of_the_others(tmp_path: Path) -> None:
    write_table(tmp_path, "a.jpg,12,1,18,4,cup", "b.jpg,1,2,5,4,cup", "0.jpg,12,1,18,4,cup")
    for name in "ab":
        save(tmp_path / f"train/{name}.jpg", orientation=6)
    assert [sample.boxes.tolist() for sample in read_dataset(tmp_path).samples] == [
        [[6, 12, 9, 18]], [[6, 1, 8, 5]], [[12, 1, 18, 4]],
    ]  # fmt: skip


def doubts(root: Path, rows: list[tuple[float, ...]], header: str = HEADER) -> list[str]:
    """The findings about a table with a row a picture of 20 × 10."""
    lines = (f"{index}.jpg,{','.join(map(str, row))},cup" for index, row in enumerate(rows))
    write_table(root, *lines, images=len(rows), header=header)
    return [finding.id for finding in left_out(read_dataset(root).problems)]


def drawn(number: int, *, n: int = 12) -> list[tuple[float, ...]]:
    """Boxes of a data set, anywhere in pictures of 20 × 10, a third of the sides at least."""
    rng = np.random.default_rng(number)
    sides = rng.uniform(1 / 3, 0.9, (n, 2))
    begin = rng.uniform(0, 1, (n, 2)) * (1 - sides)
    return [tuple(row) for row in (np.concatenate([begin, begin + sides], axis=1) * (20, 10, 20, 10)).round(2).tolist()]


#: Large things in the middle: their sizes are larger than where they begin, so that they pass for corners.
LARGE = [(2 + index % 4, 1 + index % 3, 12 + index % 5, 6 + index % 2) for index in range(12)]


@pytest.mark.parametrize("rows", [LARGE, shares(LARGE)])
def test_sizes_that_all_pass_for_corners_are_a_doubt(rows: list[tuple[float, ...]], tmp_path: Path) -> None:
    assert doubts(tmp_path, rows) == ["boxes-read-two-ways"]
    assert doubts(tmp_path / "said", rows, "image,x,y,width,height,class") == []


def test_true_corners_are_none(tmp_path: Path) -> None:
    for number in range(20):
        assert doubts(tmp_path / str(number), drawn(number)) == []
    assert doubts(tmp_path / "whole", [(0, 0, 20, 10)] * 12) == []  # the same boxes either way
    assert doubts(tmp_path / "middle", [(index % 5, 1, 20 - index % 5, 9) for index in range(12)]) == []
    assert doubts(tmp_path / "camera", [(4, 2, 10, 5)] * 6 + [(4, 2, 10, 6)] * 6) == []
    assert doubts(tmp_path / "few", LARGE[:7]) == []
