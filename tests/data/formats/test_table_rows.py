"""Tables as other programs write them."""

from pathlib import Path

import pytest
from made_data import HEADER, contents, save, write_table

from smallimg.data.formats import read_dataset, table
from smallimg.errors import DataError

ROWS = ("0.jpg,1.5,2,11,8,café", "1.jpg,0,0,4,4,dog")


def boxes_and_classes(root: Path) -> list[tuple[list[list[float]], str | None]]:
    dataset = read_dataset(root)
    assert dataset.problems == ()
    return [
        (sample.boxes.tolist(), None if sample.label is None else dataset.class_names[sample.label])
        for sample in dataset.samples
    ]


EXPECTED = [([[1.5, 2, 11, 8]], "café"), ([[0, 0, 4, 4]], "dog")]


@pytest.mark.parametrize(
    "header",
    [
        "filename,xmin,ymin,xmax,ymax,label", "file,x1,y1,x2,y2,category", "path,x_min,y_min,x_max,y_max,class_name",
        "image_id,left,top,right,bottom,name", "img,XMin,YMin,XMax,YMax,LabelName", "Image Path,x0,y0,x1,y1,Class",
        "name,xmin,ymin,xmax,ymax,class", None,
    ],
)  # fmt: skip
def test_columns_of_others(header: str | None, tmp_path: Path) -> None:
    write_table(tmp_path, *(ROWS if header else ROWS[1:]), header=header or ROWS[0])
    assert boxes_and_classes(tmp_path) == EXPECTED
    assert any("columns" in note for note in read_dataset(tmp_path).notes)


@pytest.mark.parametrize("separator", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_separators_decimal_commas_and_encodings(separator: str, encoding: str, tmp_path: Path) -> None:
    write_table(tmp_path)
    lines = [line.replace(",", separator).replace(".5", ",5") for line in (HEADER, *ROWS)]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n", encoding)
    assert boxes_and_classes(tmp_path) == EXPECTED
    assert any("Windows-1252" in note for note in read_dataset(tmp_path).notes) == (encoding == "cp1252")


@pytest.mark.parametrize("header", ["image,class", "filename,label", "id,breed", "image_id,whatever", None])
def test_tables_of_classes_alone(header: str | None, tmp_path: Path) -> None:
    rows = ["0.jpg,cat", "1.jpg,dog", "2.jpg,cat"]
    write_table(tmp_path, *rows[header is None :], header=header or rows[0])
    assert boxes_and_classes(tmp_path) == [([], "cat"), ([], "dog"), ([], "cat")]


def test_boxes_alone_have_no_class(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5", header="image,xmin,ymin,xmax,ymax")
    assert boxes_and_classes(tmp_path) == [([[0, 0, 5, 5]], None)]


def test_rows_without_a_box_are_negatives(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "1.jpg,,,,,", "2.jpg,,,,,cup")
    dataset = read_dataset(tmp_path)
    assert [(one.path.name, one.label, one.is_negative, len(one.boxes)) for one in dataset.samples] == [
        ("0.jpg", 0, False, 1), ("1.jpg", None, True, 0), ("2.jpg", 0, False, 0),
    ]  # fmt: skip
    assert dataset.problems == ()
    assert "1 picture was taken as showing nothing, because their rows have no box" in dataset.notes


def test_negatives_and_several_classes_come_back(tmp_path: Path) -> None:
    write_table(tmp_path / "in", "0.jpg,0,0,5,5,cup", "0.jpg,5,5,9,9,hat", "1.jpg,,,,,", "2.jpg,0,0,5,5,hat")
    dataset = read_dataset(tmp_path / "in")
    table.write(dataset, tmp_path / "out")
    again = read_dataset(tmp_path / "out")
    assert contents(again) == contents(dataset)
    assert [(one.box_labels, one.is_negative) for one in again.samples] == [((0, 1), False), ((), True), ((), False)]


def test_spellings_of_one_class_are_one_class(tmp_path: Path) -> None:
    write_table(
        tmp_path,
        "0.jpg,0,0,5,5,cat",
        "1.jpg,0,0,5,5,Cat ",
        "2.jpg,0,0,5,5,cat",
        "2.jpg,5,5,9,9,CAT",
        "0.jpg,1,1,3,3,dog",
    )
    dataset = read_dataset(tmp_path)
    assert dataset.class_names == ("cat", "dog")
    assert [(one.label, one.box_labels) for one in dataset.samples] == [(None, (0, 1)), (0, ()), (0, ())]
    assert "'CAT', 'Cat', 'cat' are taken for one class" in dataset.notes


def test_classes_that_passed_through_floats(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,1.0", "1.jpg,0,0,5,5,0.0")
    (tmp_path / "classes.txt").write_text("cup\nhat\n")
    assert [name for _, name in boxes_and_classes(tmp_path)] == ["hat", "cup"]


def test_no_class_at_all_is_said_without_an_empty_list(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,")
    problems = read_dataset(tmp_path).problems
    assert problems == ("train.csv line 3: the class '' is unknown: expected 0, or cup",)


def test_names_alone_are_nothing_to_learn_from(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg", "1.jpg", header="image")
    with pytest.raises(DataError, match="has names of pictures and nothing about them: add the columns"):
        read_dataset(tmp_path)
    dataset = read_dataset(tmp_path, unlabelled=True)
    assert [(one.name, one.label, one.is_negative) for one in dataset.samples] == [
        ("0.jpg", None, False), ("1.jpg", None, False),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["Train.csv", "TRAIN.CSV", "training.csv", "train_labels.csv"])
def test_the_tables_own_name_in_other_spellings(name: str, tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    (tmp_path / "train.csv").rename(tmp_path / name)
    (tmp_path / "train").rename(tmp_path / "Train")
    assert boxes_and_classes(tmp_path) == [([[0, 0, 5, 5]], "cup")]


def test_masks_in_other_spellings(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    mask = save(tmp_path / "Train-Masks/0_mask.png")
    assert [sample.mask for sample in read_dataset(tmp_path).samples] == [mask]


def test_rows_may_be_longer_and_shorter_than_the_header(tmp_path: Path) -> None:
    """What lies behind the last column is no class, and what is not there is empty."""
    header = "image,xmin,ymin,xmax,ymax"
    write_table(tmp_path, "0.jpg,1,2,11,8,left,over", "1.jpg,1,2,11,8", "2.jpg", header=header)
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.problems) == ((), ())
    assert [(sample.boxes.tolist(), sample.is_negative) for sample in dataset.samples] == [
        ([[1, 2, 11, 8]], False), ([[1, 2, 11, 8]], False), ([], True),
    ]  # fmt: skip


def test_a_picture_under_two_names_has_each_row_once(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,1,2,11,8,cup", "train/0.jpg,1,2,11,8,cup", "0,3,3,9,9,cup")
    dataset = read_dataset(tmp_path)
    assert dataset.problems == ("train.csv line 3: the same row as line 2",)
    assert [sample.boxes.tolist() for sample in dataset.samples] == [[[1, 2, 11, 8], [3, 3, 9, 9]]]
