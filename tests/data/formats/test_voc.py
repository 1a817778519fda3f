"""Pascal VOC's XML and masks."""

from pathlib import Path

import numpy as np
import pytest
from made_data import assert_same_objects, masks_of, save, several_classes
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import list_splits, read_dataset, voc
from smallimg.errors import DataError


def xml(file: Path, *objects: str, filename: str = "", size: str = "20 10") -> None:
    """Each object is "class xmin ymin xmax ymax"."""
    file.parent.mkdir(parents=True, exist_ok=True)
    width, height = size.split()
    things = "".join(
        f"<object><name>{name}</name><difficult>1</difficult><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin>"
        f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
        for name, x1, y1, x2, y2 in map(str.split, objects)
    )
    file.write_text(
        f"<annotation><filename>{filename or file.stem + '.jpg'}</filename><size><width>{width}</width>"
        f"<height>{height}</height><depth>3</depth></size>{things}</annotation>"
    )


def lists(root: Path, **names: str) -> None:
    folder = root / "ImageSets/Main"
    folder.mkdir(parents=True)
    for split, stems in names.items():
        (folder / f"{split}.txt").write_text("".join(f"{stem}\n" for stem in stems.split(",")))


@pytest.mark.parametrize("top", ["", "VOC2012"])
def test_splits_by_their_lists(top: str, tmp_path: Path) -> None:
    root = tmp_path / top
    for name in ("a", "b", "c", "d"):
        save(root / f"JPEGImages/{name}.jpg")
    xml(root / "Annotations/a.xml", "cup 1 1 20 10", "ball 2 3 2 3")
    xml(root / "Annotations/b.xml", "ball 1 1 5 5")
    xml(root / "Annotations/c.xml")
    xml(root / "Annotations/d.xml", "hat 1 1 5 5")
    lists(root, train="a,c", val="b", trainval="a,b,c", cat_train="a  1,c -1", cat_val="b -1")
    assert list_splits(tmp_path) == ("train", "val")
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.class_names, dataset.problems) == ("train", ("ball", "cup"), ())
    both, nothing = dataset.samples
    assert both.boxes.tolist() == [[0, 0, 20, 10], [1, 2, 2, 3]]  # counted from 1, the last pixel is within
    assert (both.label, both.box_labels, nothing.is_negative) == (None, (1, 0), True)
    assert [one.path.stem for one in read_dataset(tmp_path, split="validation").samples] == ["b"]
    with pytest.raises(DataError, match="has no split 'test'"):
        read_dataset(tmp_path, split="test")


def test_without_a_list_for_training_it_is_what_is_not_held_out(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"JPEGImages/{name}.jpg")
        xml(tmp_path / f"Annotations/{name}.xml", "cup 1 1 5 5")
    lists(tmp_path, trainval="a,b,c", val="b")
    assert [one.path.stem for one in read_dataset(tmp_path).samples] == ["a", "c"]


@pytest.mark.parametrize(
    ("pictures", "labels"),
    [("JPEGImages", "Annotations"), ("images", "Annotations"), ("images", "annotations"), (".", ".")],
)
def test_data_without_splits(pictures: str, labels: str, tmp_path: Path) -> None:
    for name in "ab":
        save(tmp_path / pictures / f"{name}.jpg")
    xml(tmp_path / labels / "a.xml", "cup 1 1 5 5")
    dataset = read_dataset(tmp_path)
    assert (dataset.split, len(dataset.samples)) == ("all", 1)
    assert dataset.problems == ("1 picture is not in any XML and passed over: b.jpg",)


@pytest.mark.parametrize("layout", ["{0}/{1}.xml", "{0}/Annotations/{1}.xml"])
def test_a_folder_for_each_split(layout: str, tmp_path: Path) -> None:
    for split in ("train", "valid"):
        file = tmp_path / layout.format(split, "same")
        xml(file, f"{split} 1 1 5 5")
        save((file.parent if "Annot" not in layout else file.parents[1] / "JPEGImages") / "same.jpg", grey=len(split))
    for asked, found in (("train", "train"), ("val", "valid"), ("valid", "valid")):
        dataset = read_dataset(tmp_path, split=asked)
        assert (dataset.split, dataset.class_names, len(dataset.samples)) == (asked, (found,), 1)
        assert dataset.samples[0].path.is_relative_to(tmp_path / found)


def test_names_that_changed_since(tmp_path: Path) -> None:
    save(tmp_path / "train/a.b.JPG")
    save(tmp_path / "train/here.png")
    save(tmp_path / "train/other.jpg")
    xml(tmp_path / "train/a.b.xml", "cup 1 1 5 5", filename="C:\\old\\a.b.jpg")
    xml(tmp_path / "train/here.xml", "cup 1 1 5 5", filename="here.jpg")
    xml(tmp_path / "train/renamed.xml", "cup 1 1 5 5", filename="other.jpg")
    dataset = read_dataset(tmp_path)
    assert [one.path.name for one in dataset.samples] == ["a.b.JPG", "here.png", "other.jpg"]
    assert dataset.problems == ()


def test_what_is_wrong_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    for name in "abcdefg":
        save(tmp_path / f"JPEGImages/{name}.jpg")
    base = tmp_path / "Annotations"
    xml(base / "a.xml", "cup 0 0 21 12", "cup 1 1 30 5", "cup x 1 5 5", "cup 9 9 5 5", "ball 1 1 5 5", "ball 1 1 5 5")
    xml(base / "b.xml", "cup 1 1 30 5")
    xml(base / "c.xml", "cup 1 1 5 5", size="10 20")
    (base / "d.xml").write_text("<annotation><object>")
    (base / "e.xml").write_text('<!DOCTYPE x [<!ENTITY a "aaaa">]><annotation>&a;</annotation>')
    (base / "f.xml").write_text("<html/>")
    (base / "g.xml").write_text("<annotation><object><name>cup</name></object><object/></annotation>")
    lists(tmp_path, train="a,b,c,d,e,f,g,h")
    dataset = read_dataset(tmp_path)
    (sample,) = dataset.samples
    assert (sample.boxes.tolist(), sample.box_labels) == ([[0, 0, 20, 10], [0, 0, 5, 5]], (1, 0))
    for problem in (
        "c.xml: c.jpg: its labels are of 10 × 20 pixels, and it opens as 20 × 10",
        "d.xml: it could not be read as XML",
        "e.xml: it could not be read as XML",
        "f.xml: it begins with <html>, expected <annotation>",
        "h.xml: there is no such file, and its split lists it",
        "a.jpg: the box (0, 0, 30, 5) leaves the picture of 20 × 10 pixels",
        "a.jpg: a cup has no box: expected a bndbox with xmin, ymin, xmax and ymax",
        "a.jpg: the box (8, 8, 5, 5) is empty or inverted",
        "a.jpg: the same ball a second time",
        "b.jpg: the box (0, 0, 30, 5) leaves the picture",
        "g.jpg: a cup has no box",
        "g.jpg: an object has no name",
    ):
        assert any(problem in one for one in dataset.problems), (problem, dataset.problems)
    assert len(dataset.problems) == 12


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "black and white"])
def test_a_mask_is_what_is_neither_background_nor_void(mode: str, tmp_path: Path) -> None:
    save(tmp_path / "JPEGImages/a.jpg")
    xml(tmp_path / "Annotations/a.xml", "cup 3 3 8 8", "ball 11 3 16 8")
    numbers = np.zeros((10, 20), np.uint8)
    numbers[2:8, 2:8] = numbers[2:8, 10:16] = 255
    numbers[3:7, 3:7], numbers[3:7, 11:15] = 1, 2
    if mode == "black and white":
        numbers = np.where((numbers > 0) & (numbers < 255), np.uint8(255), np.uint8(0))
    picture = Image.fromarray(numbers)
    if mode in ("P", "RGB"):
        picture.putpalette([0, 0, 0, 128, 0, 0, 0, 128, 0, *[0] * 756, 224, 224, 192])
    (tmp_path / "SegmentationClass").mkdir()
    (picture.convert("RGB") if mode == "RGB" else picture).save(tmp_path / "SegmentationClass/a.png")
    dataset = read_dataset(tmp_path)
    assert dataset.problems == ()
    expected = np.zeros((10, 20), np.uint8)
    expected[3:7, 3:7] = expected[3:7, 11:15] = 255
    np.testing.assert_array_equal(np.asarray(Image.open(dataset.samples[0].mask)), expected)


def test_a_mask_of_another_size_or_a_damaged_one_leaves_the_boxes(tmp_path: Path) -> None:
    for name in "ab":
        save(tmp_path / f"JPEGImages/{name}.jpg")
        xml(tmp_path / f"Annotations/{name}.xml", "cup 3 3 8 8")
    save(tmp_path / "SegmentationObject/a.png", size_wh=(10, 20))
    noise = tmp_path / "SegmentationObject/b.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 9, (10, 20), np.uint8)).save(noise)
    noise.write_bytes(noise.read_bytes()[:-60])
    dataset = read_dataset(tmp_path)
    assert [one.mask for one in dataset.samples] == [None, None]
    assert dataset.problems == (
        "a.xml: its mask has 10 × 20 pixels, the picture 20 × 10",
        "b.xml: its mask b.png is damaged: export it again",
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    parts = [several_classes(tmp_path, split=split) for split in ("train", "val")]
    for part in parts:
        voc.write(part, tmp_path / "out")
    assert list_splits(tmp_path / "out") == ("train", "val")
    for part in parts:
        again = read_dataset(tmp_path / "out", split=part.split)
        assert (again.class_names, again.problems) == (("ball", "cup"), ())
        assert_same_objects(again, part, within=0.5)
        ours, theirs = masks_of(again), masks_of(part)
        for picture, mask in theirs.items():
            np.testing.assert_array_equal(ours[picture], np.zeros((10, 20)) if mask is None else mask)
        with pytest.raises(DataError, match="is there already"):
            voc.write(part, tmp_path / "out")
    assert (tmp_path / "out/ImageSets/Main/val.txt").read_text().split() == [
        "val_both", "val_deep_cups", "val_nothing", "val_turned",
    ]  # fmt: skip
    assert (tmp_path / "out/ImageSets/Segmentation/train.txt").read_text().split() == ["both", "deep_cups", "turned"]


def test_whole_pixels_are_exact_and_none_becomes_empty(tmp_path: Path) -> None:
    boxes = [[0, 0, 20, 10], [19, 9, 20, 10], [0, 0, 1, 1], [3.4, 3.4, 3.45, 9], [19.8, 1, 20, 2]]
    sample = Sample(save(tmp_path / "a.jpg"), as_boxes(boxes), 0, None)
    voc.write(Dataset(tmp_path, "all", ('<cup> & "ball"',), (sample,), (), ("0",)), tmp_path / "out")
    (again,) = read_dataset(tmp_path / "out").samples
    assert again.boxes.tolist() == [*boxes[:3], [3, 3, 4, 9], [19, 1, 20, 2]]
    assert read_dataset(tmp_path / "out").class_names == ('<cup> & "ball"',)
