"""YOLO's text files, in each layout, and a real set of them."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from made_data import assert_same_objects, masks_of, objects_of, save, several_classes
from PIL import Image
from pycocotools import mask as coco_mask

from smallimg.data.dataset import trainable
from smallimg.data.formats import list_splits, read_dataset, yolo
from smallimg.errors import DataError

ROOT = Path(__file__).parents[3]
REAL = ROOT.parent / "shared" / "data" / "coco_yolo.zip"
LAYOUTS = {
    "images/train": "labels/train",
    "train/images": "train/labels",
    "images/train2017": "labels/train2017",
    "train": "train",
}


def put(file: Path, *rows: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{row}\n" for row in rows))


def three(root: Path, pictures: str, labels: str) -> None:
    """a.jpg of two classes, b.jpg with empty text, c.jpg without any."""
    for name in "abc":
        save(root / pictures / f"{name}.jpg")
    put(root / labels / "a.txt", "0 0.25 0.5 0.5 1", "1 0.5 0.25 0.1 0.5")
    put(root / labels / "b.txt")


@pytest.mark.parametrize(("pictures", "labels"), LAYOUTS.items())
@pytest.mark.parametrize(
    "described",
    [
        "names: [cup, ball]\ntrain: ../train/images\nval: ../valid/images\nnc: 2\n",
        "names:\n  0: cup\n  1: ball\npath: /home/somebody/set\ntrain: images/train\nval: images/val\n",
        "names: {1: ball, 0: cup}\ntrain: D:\\set\\images\\train\n",
        None,
    ],
)
def test_every_layout_with_paths_of_another_computer(
    pictures: str, labels: str, described: str | None, tmp_path: Path
) -> None:
    three(tmp_path, pictures, labels)
    if described is None:
        put(tmp_path / "classes.txt", "cup", "ball")
    else:
        (tmp_path / "data.yaml").write_text(described)
    dataset = read_dataset(tmp_path)
    assert list_splits(tmp_path) == ("train",)
    assert (dataset.split, dataset.class_names, dataset.problems) == ("train", ("cup", "ball"), ())
    a, b, c = dataset.samples
    np.testing.assert_allclose(a.boxes, [[0, 0, 10, 10], [9, 0, 11, 5]], atol=1e-5)
    assert (a.label, a.box_labels, a.is_negative, a.path) == (None, (0, 1), False, tmp_path / pictures / "a.jpg")
    assert [(one.label, len(one.boxes), one.is_negative) for one in (b, c)] == [(None, 0, True)] * 2


@pytest.mark.parametrize(("pictures", "labels"), [("images", "labels"), (".", "."), ("images", "images")])
def test_data_without_splits(pictures: str, labels: str, tmp_path: Path) -> None:
    three(tmp_path, pictures, labels)
    dataset = read_dataset(tmp_path, split="test")
    assert (dataset.split, dataset.class_names, dataset.problems) == ("all", ("0", "1"), ())
    assert [one.box_labels for one in dataset.samples] == [(0, 1), (), ()]


def test_names_that_lie_with_the_labels(tmp_path: Path) -> None:
    three(tmp_path, "images", "labels")
    put(tmp_path / "labels/classes.txt", "cup", "ball")
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.problems) == (("cup", "ball"), ())


@pytest.mark.parametrize("layout", ["images/{}", "{}/images"])
def test_the_validation_part_is_found_by_any_name_and_never_trained_on(layout: str, tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        save(tmp_path / layout.format(split) / f"{split}.jpg")
        put(tmp_path / layout.format(split).replace("images", "labels") / f"{split}.txt", "0 0.5 0.5 1 1")
    (tmp_path / "data.yaml").write_text("names: [cup]\ntrain: ../train/images\nval: ../valid/images\ntest: nowhere\n")
    assert list_splits(tmp_path) == ("train", "val", "test")
    for asked, stem in (
        ("train", "train"),
        ("val", "valid"),
        ("validation", "valid"),
        ("valid", "valid"),
        ("test", "test"),
    ):
        dataset = read_dataset(tmp_path, split=asked)
        assert (dataset.split, [one.path.stem for one in dataset.samples]) == (asked, [stem])


def test_what_data_yaml_says_goes_before_the_folders_names(tmp_path: Path) -> None:
    for part in ("first", "second", "third"):
        save(tmp_path / f"images/{part}/{part}.jpg")
        put(tmp_path / f"labels/{part}/{part}.txt", "0 0.5 0.5 1 1")
    put(tmp_path / "held_out.txt", "./images/third/third.jpg")
    (tmp_path / "set.yaml").write_text("names: [cup]\ntrain: [images/first, images/second]\nval: held_out.txt\n")
    assert [one.path.stem for one in read_dataset(tmp_path).samples] == ["first", "second"]
    assert [one.path.stem for one in read_dataset(tmp_path, split="val").samples] == ["third"]


def test_pictures_that_are_learned_from_are_no_validation_part(tmp_path: Path) -> None:
    three(tmp_path, "images/train", "labels/train")
    (tmp_path / "data.yaml").write_text("names: [cup, ball]\ntrain: images/train\nval: images/train\n")
    assert list_splits(tmp_path) == ("train",)
    with pytest.raises(DataError, match="has no split 'val'"):
        read_dataset(tmp_path, split="val")


def test_nothing_outside_the_folder_is_read(tmp_path: Path) -> None:
    three(tmp_path / "secret", "images/train", "labels/train")
    three(tmp_path / "set", "images/train", "labels/train")
    for place in ("../secret/images/train", str(tmp_path / "secret/images/train")):
        (tmp_path / "set/data.yaml").write_text(f"names: [cup, ball]\ntrain: {place}\n")
        assert all(one.path.is_relative_to(tmp_path / "set") for one in read_dataset(tmp_path / "set").samples)


def test_outlines_become_boxes_and_masks(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"images/train/{name}.jpg")
    put(tmp_path / "labels/train/a.txt", "0 0.1 0.1 0.6 0.2 0.3 0.95", "0 0.7 0.1 0.95 0.1 0.95 0.8 0.7 0.8")
    put(tmp_path / "labels/train/b.txt", "0 0.1 0.1 0.6 0.2 0.3 0.95", "0 0.5 0.5 0.2 0.2")
    dataset = read_dataset(tmp_path)
    outlined, mixed, nothing = dataset.samples
    np.testing.assert_allclose(outlined.boxes, [[2, 1, 12, 9.5], [14, 1, 19, 8]], atol=1e-5)
    polygons = [[2, 1, 12, 2, 6, 9.5], [14, 1, 19, 1, 19, 8, 14, 8]]
    area = sum(coco_mask.area(one) for one in coco_mask.frPyObjects(polygons, 10, 20))
    assert np.asarray(Image.open(outlined.mask)).sum() == 255 * area > 0
    assert (mixed.mask, len(mixed.boxes)) == (None, 2)
    assert nothing.is_negative
    assert not np.asarray(Image.open(nothing.mask)).any()


def test_points_of_a_pose_are_no_outline(tmp_path: Path) -> None:
    save(tmp_path / "images/train/a.jpg")
    (tmp_path / "data.yaml").write_text("names: [person]\nkpt_shape: [2, 3]\n")
    put(tmp_path / "labels/train/a.txt", "0 0.25 0.5 0.5 1 0.1 0.1 2 0.9 0.9 2")
    (sample,) = read_dataset(tmp_path).samples
    assert (sample.boxes.tolist(), sample.mask) == ([[0, 0, 10, 10]], None)


def test_what_is_wrong_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    three(tmp_path, "images/train", "labels/train")
    (tmp_path / "data.yaml").write_text("names: [cup, ball, hat]\n")
    put(
        tmp_path / "labels/train/a.txt",
        "0 0.5 0.5 1.1 1.1",
        "3 0.5 0.5 1 1",
        "0 10 5 20 10",
        "0 0.5 0.5 nan 1",
        "0 0.5 0.5 0 1",
        "0.5 0.5 0.5 1 1",
        "1 0.5 0.5 0.5 0.5 0.9",
        "cup 0.5 0.5 1 1",
        "",
        "1 0.5 0.5 0.5 0.5",
        "1 0.5 0.5 0.5 0.5",
    )
    put(tmp_path / "labels/train/c.txt", "7 0.5 0.5 1 1")
    put(tmp_path / "labels/train/z.txt", "0 0.5 0.5 1 1")
    (tmp_path / "images/train/broken.jpg").write_bytes(b"")
    dataset = read_dataset(tmp_path)
    a, b = dataset.samples
    assert (a.boxes.tolist(), a.box_labels, b.is_negative) == ([[0, 0, 20, 10], [5, 2.5, 15, 7.5]], (0, 1), True)
    assert dataset.problems == (
        "broken.jpg is empty (0 bytes): export or download it again.",
        "1 file of labels has no picture: z.txt",
        "1 of 3 classes have no picture: hat",
        "a.jpg: a.txt line 2: the class 3 is unknown: 3 are named, from 0 on",
        "a.jpg: the box (0, 0, 400, 100) leaves the picture of 20 × 10 pixels",
        "a.jpg: the box (nan, 0, nan, 10) is not four finite numbers",
        "a.jpg: the box (10, 0, 10, 10) is empty or inverted: expected xmin < xmax and ymin < ymax",
        "a.jpg: a.txt line 6: '0.5' is no number of a class",
        "a.jpg: a.txt line 7: 5 numbers after the class: expected 4 for a box, or the points of an outline",
        "a.jpg: a.txt line 8: 'cup 0.5 0.5 1 1' is not numbers",
        "a.jpg: the same ball a second time, at (5, 2.5, 15, 7.5)",
        "c.jpg: c.txt line 1: the class 7 is unknown: 3 are named, from 0 on",
    )


def test_no_labels_at_all_are_not_taken_for_nothing_to_see(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"images/train/{name}.jpg")
    (tmp_path / "data.yaml").write_text("names: [cup]\ntrain: images/train\nval: images/val\n")
    put(tmp_path / "labels/val/x.txt", "0 0.5 0.5 1 1")
    save(tmp_path / "images/val/x.jpg")
    with pytest.raises(DataError, match="none of the 3 pictures has a file of labels: expected labels/ beside images/"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("text", ["names: [cup", "names: [cup, cup]\n", "names: [[cup], [ball]]\n"])
def test_a_damaged_description_is_an_error(text: str, tmp_path: Path) -> None:
    three(tmp_path, "images/train", "labels/train")
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(
        DataError, match=r"data\.yaml (could not be read as YAML|gives a name to two classes|does not name the classes)"
    ):
        read_dataset(tmp_path)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    parts = [several_classes(tmp_path, split=split) for split in ("train", "val", "test")]
    for part in parts:
        yolo.write(part, tmp_path / "out")
    for part in parts:
        again = read_dataset(tmp_path / "out", split=part.split)
        assert (again.class_names, again.problems) == (part.class_names, ())
        assert_same_objects(again, part, within=1e-4)
        assert set(map(type, masks_of(again).values())) == {type(None)}
        with pytest.raises(DataError, match="is there already"):
            yolo.write(part, tmp_path / "out")
    described = yaml.safe_load((tmp_path / "out/data.yaml").read_text())
    assert described == {
        "train": "images/train", "names": {0: "cup", 1: "ball"}, "val": "images/val", "test": "images/test",
    }  # fmt: skip
    assert (tmp_path / "out/labels/train/nothing.txt").read_text() == ""
    assert (tmp_path / "out/labels/train/deep/cups.txt").read_text().splitlines()[1] == "0 0.625 0.5 0.25 0.6"


def test_another_split_of_other_classes_does_not_mix_them_up(tmp_path: Path) -> None:
    for split, name in (("train", "zebra"), ("val", "ant")):
        put(tmp_path / "in" / f"{split}.csv", "image,xmin,ymin,xmax,ymax,class", f"a.jpg,0,0,5,5,{name}")
        save(tmp_path / "in" / split / "a.jpg", grey=len(split))
    yolo.write(read_dataset(tmp_path / "in"), tmp_path / "out")
    with pytest.raises(DataError, match="has the classes zebra, and not ant: choose another folder"):
        yolo.write(read_dataset(tmp_path / "in", split="val"), tmp_path / "out")


@pytest.mark.skipif(not REAL.is_file(), reason="the real data set does not lie in ../shared/data")
def test_a_real_set_reads_whole(tmp_path: Path) -> None:
    dataset = read_dataset(REAL)
    assert (dataset.split, len(dataset.samples), len(dataset.class_names)) == ("train", 128, 80)
    assert sum(len(one.boxes) for one in dataset.samples) == 929
    assert sum(one.is_negative for one in dataset.samples) == 2
    used = {name for names, _, _ in objects_of(dataset).values() for name in names}
    unused = [name for name in dataset.class_names if name not in used]
    assert dataset.problems == (f"9 of 80 classes have no picture: {', '.join(unused[:8])} …",)
    assert len(trainable(dataset, opened=False).samples) > 100
