"""The challenge's form, sound and damaged: the report names what is wrong and the rest goes on."""

from pathlib import Path

import numpy as np
import pytest
from made_data import HEADER, contents, save, write_table

from smallimg.boxes import as_boxes
from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats import read_dataset, table
from smallimg.errors import DataError


def test_the_challenge_form_reads_whole(tmp_path: Path) -> None:
    write_table(tmp_path, "1.jpg,0,0,20,10,1", "0.jpg,1.5,2,10,9.25,0", "", "1.jpg,3,3,4,4,1")
    (tmp_path / "challenge.json").write_text('{"classes": ["cup", "light bulb"], "seed": 1}')
    dataset = read_dataset(tmp_path)
    assert (dataset.root, dataset.split, dataset.problems) == (tmp_path, "train", ())
    assert (dataset.class_names, dataset.class_ids) == (("cup", "light bulb"), ("0", "1"))
    first, second = dataset.samples  # in the table's order, a sample a picture
    assert (first.path, first.label, first.mask) == (tmp_path / "train/1.jpg", 1, None)
    np.testing.assert_array_equal(first.boxes, [[0, 0, 20, 10], [3, 3, 4, 4]])
    np.testing.assert_array_equal(second.boxes, np.array([[1.5, 2, 10, 9.25]], np.float32))
    assert second.boxes.dtype == np.float32


def test_columns_in_any_order_with_spaces_and_extras(tmp_path: Path) -> None:
    write_table(tmp_path, "9,7, cup ,0,0,5,5,0.jpg", header="\ufeffid, xmax ,class,xmin,ymin,ymax,extra,image")
    (sample,) = read_dataset(tmp_path).samples
    assert sample.boxes.tolist() == [[0, 0, 7, 5]]


def test_pictures_in_images_and_another_split(tmp_path: Path) -> None:
    save(tmp_path / "images" / "deep" / "a.png")
    (tmp_path / "test.csv").write_text(f"{HEADER}\ndeep/a.png,0,0,5,5,cup\n")
    (sample,) = read_dataset(tmp_path, split="test").samples
    assert sample.path == tmp_path / "images/deep/a.png"


def test_boxes_are_checked_against_the_turned_picture(tmp_path: Path) -> None:
    write_table(tmp_path, "turned.jpg,0,0,10,20,0", "0.jpg,0,0,10,20,0")
    save(tmp_path / "train/turned.jpg", orientation=6)  # stored 20×10, seen 10×20
    dataset = read_dataset(tmp_path)
    assert [sample.path.name for sample in dataset.samples] == ["turned.jpg"]
    assert dataset.problems == ("train.csv line 3: the box (0, 0, 10, 20) leaves the picture of 20 × 10 pixels",)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("9.jpg,0,0,5,5,cup", "there is no picture 9.jpg"),
        ("../0.jpg,0,0,5,5,cup", "'../0.jpg' is no name of a picture"),
        ("/etc/passwd,0,0,5,5,cup", "'/etc/passwd' is no name of a picture"),
        (",0,0,5,5,cup", "'' is no name of a picture"),
        (f"{'x' * 300},0,0,5,5,cup", f"'{'x' * 80}' is no name of a picture"),
        ("text.jpg,0,0,5,5,cup", "text.jpg is not a picture smallimg can read: use JPEG"),
        ("1.jpg,0,0,5,a,cup", "the box (0, 0, 5, a) is not four numbers"),
        ("1.jpg,0,0,5,nan,cup", "the box (0, 0, 5, nan) is not four finite numbers"),
        ("1.jpg,0,0,inf,5,cup", "the box (0, 0, inf, 5) is not four finite numbers"),
        ("1.jpg,5,0,0,5,cup", "the box (5, 0, 0, 5) is empty or inverted"),
        ("1.jpg,0,5,5,5,cup", "the box (0, 5, 5, 5) is empty or inverted"),
        ("1.jpg,-3,0,5,5,cup", "the box (-3, 0, 5, 5) leaves the picture of 20 × 10 pixels"),
        ("1.jpg,0,0,22.5,5,cup", "the box (0, 0, 22.5, 5) leaves the picture"),
        ("1.jpg,0,0,5,13,cup", "the box (0, 0, 5, 13) leaves the picture"),
        ("1.jpg,21,0,22,5,cup", "the box (21, 0, 22, 5) leaves the picture"),
        ("1.jpg,0,0,5,5,hat", "the class 'hat' is unknown: expected 0 … 1, or cup, ball"),
        ("1.jpg,0,0,5,5,2", "the class '2' is unknown"),
        ("1.jpg,0,0,5,5,-1", "the class '-1' is unknown"),
        ("1.jpg,0,0,5,5", "the class '' is unknown"),
        (f"1.jpg,0,0,5,5,{'9' * 5000}", "is unknown"),
        ("0.jpg,0,0,5,5,cup", "the same row as line 2"),
    ],
)
def test_a_bad_row_is_named_and_the_others_go_on(row: str, problem: str, tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", row, "2.jpg,0,0,5,5,ball")
    (tmp_path / "classes.txt").write_text("cup\nball\n")
    (tmp_path / "train/text.jpg").write_text("not a picture")
    dataset = read_dataset(tmp_path)
    assert [sample.path.name for sample in dataset.samples] == ["0.jpg", "2.jpg"]
    (found,) = dataset.problems
    assert found.startswith("train.csv line 3: ")
    assert problem in found


def test_a_picture_of_two_classes_stays_with_a_class_a_box(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,cup", "1.jpg,5,5,9,9,ball", "2.jpg,0,0,5,5,ball")
    dataset = read_dataset(tmp_path)
    found = [(sample.path.name, sample.label, sample.box_labels) for sample in dataset.samples]
    assert found == [("0.jpg", 1, ()), ("1.jpg", None, (1, 0)), ("2.jpg", 0, ())]
    assert dataset.problems == ()


def test_masks_beside_the_table(tmp_path: Path) -> None:
    write_table(tmp_path, *(f"{index}.jpg,0,0,5,5,cup" for index in range(3)))
    save(tmp_path / "train_masks/0.png")
    save(tmp_path / "train_masks/1.png", size_wh=(10, 20))
    dataset = read_dataset(tmp_path)
    assert [sample.mask for sample in dataset.samples] == [tmp_path / "train_masks/0.png", None, None]
    assert dataset.problems == ("1.jpg: its mask has 10 × 20 pixels, the picture 20 × 10", "2.jpg: its mask is missing")


def test_a_class_without_pictures_is_named(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    (tmp_path / "classes.txt").write_text("cup\nball\n")
    assert read_dataset(tmp_path).problems == ("the class ball has no picture",)


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    write_table(tmp_path, header="where,xmin,ymin,xmax,ymax,what")
    expected = r"lacks the column image, class: expected image,xmin,.*, found where,xmin,ymin,xmax,ymax,what\."
    with pytest.raises(DataError, match=expected):
        read_dataset(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00bad", b"\x00", HEADER.encode() + b"\n" + b'"' + b"x" * 200_000])
def test_a_table_that_is_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(data)
    with pytest.raises(DataError, match=r"train\.csv (lacks the column|could not be read as a table)"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("split", ["train", "test"])
def test_what_is_written_is_read_back(split: str, tiny_challenge: Path, tmp_path: Path) -> None:
    dataset = read_dataset(tiny_challenge, split=split)
    table.write(dataset, tmp_path / "out")
    again = read_dataset(tmp_path / "out", split=split)
    assert (again.split, again.class_names, again.problems) == (split, dataset.class_names, ())
    assert contents(again) == contents(dataset)
    assert [one.path.name for one in again.samples] == [one.path.name for one in dataset.samples]
    assert [one.label for one in again.samples] == [one.label for one in dataset.samples]


def test_splits_are_written_one_after_the_other_and_never_over_one_another(
    tiny_challenge: Path, tmp_path: Path
) -> None:
    parts = [read_dataset(tiny_challenge, split=split) for split in ("train", "test")]
    told: list[tuple[int, int]] = []
    for part in parts:
        table.write(part, tmp_path, report=lambda done, of: told.append((done, of)))
    assert (told[15], told[-1]) == ((16, 32), (16, 16))  # pictures and masks
    for part in parts:
        assert contents(read_dataset(tmp_path, split=part.split)) == contents(part)
        with pytest.raises(DataError, match=f"{part.split} is there already"):
            table.write(part, tmp_path)


def test_odd_names_numbers_and_classes_come_back(tmp_path: Path) -> None:
    paths = [
        save(tmp_path / "in" / name, grey=20 * number)
        for number, name in enumerate(
            ("a.jpg", "a.png", "deep/a.jpg", ".hidden.jpg", " b .jpg", 'c, "d".jpg', "e;\nf.jpg")
        )
    ]
    masks = [None, save(tmp_path / "m.png", grey=255), None, save(tmp_path / "n.png", grey=9), None, None, None]
    names = ("3", 'cup, "tea"', "1", "hat")
    samples = tuple(
        Sample(path, as_boxes([[0.1, 1 / 3, 20 - 2e-6, 10], [0, 0, 7.7, 1e-7]]), number % 3, masks[number])
        for number, path in enumerate(paths)
    )
    table.write(Dataset(tmp_path / "in", WHOLE, names, samples, (), names), tmp_path / "out")
    again = read_dataset(tmp_path / "out")
    assert (again.split, again.class_names) == ("train", names)
    assert contents(again) == contents(Dataset(tmp_path, "", names, samples, (), names))
    for now, before in zip(again.samples, samples, strict=True):
        np.testing.assert_array_equal(now.boxes, before.boxes)
    left_out = [problem for problem in again.problems if "its mask is missing" not in problem]
    assert left_out == ["the class hat has no picture"]


def test_closed_up_labels_are_written_by_name(tmp_path: Path) -> None:
    sample = Sample(save(tmp_path / "a.jpg"), as_boxes([[0, 0, 5, 5]]), 0, None)
    table.write(Dataset(tmp_path, "val", ("cow",), (sample,), (), ("2",)), tmp_path / "out")
    assert (tmp_path / "out/val.csv").read_text() == f"{HEADER}\na.jpg,0,0,5,5,cow\n"


@pytest.mark.parametrize(("boxes", "label", "lacks"), [([], 0, "have no box"), ([[0, 0, 5, 5]], None, "have no class")])
def test_what_a_table_needs(boxes: list[list[float]], label: int | None, lacks: str, tmp_path: Path) -> None:
    sample = Sample(save(tmp_path / "a.jpg"), as_boxes(boxes), label, None)
    with pytest.raises(DataError, match=rf"1 of 1 pictures {lacks} \(a\.jpg\), and a table of boxes must have it"):
        table.write(Dataset(tmp_path, "train", ("cup",), (sample,), (), ("cup",)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
