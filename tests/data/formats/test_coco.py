"""COCO's JSON, held against pycocotools."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_data import assert_same_objects, masks_of, objects_of, save, several_classes
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from smallimg.data.dataset import trainable
from smallimg.data.formats import coco, list_splits, read_dataset
from smallimg.errors import DataError

#: pycocotools' own decoder is older than NumPy 2; smallimg has one of its own.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CATEGORIES = [{"id": 0, "name": "things"}, {"id": 90, "name": "cup"}, {"id": 7, "name": "ball"}]


def note(number: int, image: int, category: int, box: object, **more: Any) -> dict[str, Any]:
    return {"id": number, "image_id": image, "category_id": category, "bbox": box, "iscrowd": 0, "area": 1, **more}


def write_json(file: Path, names: list[str], annotations: list[dict[str, Any]], **more: Any) -> None:
    images = [{"id": 10 + index, "file_name": name, "width": 20, "height": 10} for index, name in enumerate(names)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": CATEGORIES, **more}))


NOTES = [note(1, 10, 90, [0, 0, 5, 5]), note(2, 10, 7, [5, 1, 2.5, 3]), note(3, 11, 7, [0, 0, 20, 10])]


@pytest.mark.parametrize(
    ("file", "folder"),
    [
        ("annotations/instances_train2017.json", "train2017"),
        ("annotations/instances_train2017.json", "images/train2017"),
        ("annotations/instances_train.json", "train"),
        ("annotations/instances_train.json", "images"),
        ("train/_annotations.coco.json", "train"),
        ("annotations.json", "images"),
        ("annotations.json", "."),
        ("result.json", "images"),
        ("_annotations.coco.json", "."),
    ],
)
def test_every_layout(file: str, folder: str, tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        save(tmp_path / folder / name)
    write_json(tmp_path / file, ["a.jpg", "b.jpg", "c.jpg"], NOTES)
    dataset = read_dataset(tmp_path)
    assert dataset.split == ("train" if "train" in file else "all")
    assert (dataset.class_names, dataset.problems) == (("cup", "ball"), ())
    both, ball, nothing = dataset.samples
    assert [one.path for one in dataset.samples] == [tmp_path / folder / f"{name}.jpg" for name in "abc"]
    assert (both.boxes.tolist(), both.label, both.box_labels) == ([[0, 0, 5, 5], [5, 1, 7.5, 4]], None, (0, 1))
    assert (ball.boxes.tolist(), ball.label, ball.box_labels) == ([[0, 0, 20, 10]], 1, ())
    assert (len(nothing.boxes), nothing.label, nothing.is_negative, nothing.mask) == (0, None, True, None)


def test_the_validation_part_has_many_names_and_is_never_trained_on(tmp_path: Path) -> None:
    for split in ("train", "valid"):
        save(tmp_path / split / f"{split}.jpg")
        write_json(tmp_path / split / "_annotations.coco.json", [f"{split}.jpg"], [note(1, 10, 7, [0, 0, 5, 5])])
    assert list_splits(tmp_path) == ("train", "val")
    for way in ("val", "valid", "validation"):
        assert [one.path.stem for one in read_dataset(tmp_path, split=way).samples] == ["valid"]
    assert [one.path.stem for one in read_dataset(tmp_path).samples] == ["train"]
    with pytest.raises(DataError, match=r"has no split 'test': choose one of those that are there: train, val\."):
        read_dataset(tmp_path, split="test")


def test_captions_and_keypoints_beside_the_instances_are_passed_over(tmp_path: Path) -> None:
    save(tmp_path / "val2017/a.jpg")
    for kind in ("captions", "instances", "person_keypoints"):
        box = [0, 0, 5, 5] if kind == "instances" else [0, 0, 1, 1]
        write_json(tmp_path / f"annotations/{kind}_val2017.json", ["a.jpg"], [note(1, 10, 7, box)])
    (sample,) = read_dataset(tmp_path, split="val").samples
    assert sample.boxes.tolist() == [[0, 0, 5, 5]]


def test_outlines_and_run_lengths_become_what_pycocotools_makes_of_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    drawn = rng.random((10, 20)) > 0.6
    compressed = coco_mask.encode(np.asfortranarray(drawn, np.uint8))
    plain = [0] if drawn[0, 0] else []
    column = drawn.T.ravel()
    edges = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist(), len(column)]
    plain += np.diff(edges).tolist()
    shapes = [
        [[1.5, 1, 12, 2.25, 6, 9.5], [14, 1, 19, 1, 19, 8]],
        {"size": [10, 20], "counts": compressed["counts"].decode()},
        {"size": [10, 20], "counts": plain},
    ]
    for index in range(3):
        save(tmp_path / f"train/{index}.jpg")
    notes = [note(index, 10 + index, 7, [0, 0, 20, 10], segmentation=shape) for index, shape in enumerate(shapes)]
    write_json(tmp_path / "annotations/instances_train.json", [f"{index}.jpg" for index in range(3)], notes)
    dataset = read_dataset(tmp_path)
    assert dataset.problems == ()
    oracle = COCO(tmp_path / "annotations/instances_train.json")
    for index, sample in enumerate(dataset.samples):
        mask = np.asarray(Image.open(sample.mask))
        np.testing.assert_array_equal(mask, 255 * oracle.annToMask(oracle.anns[index]))
        assert 0 < mask.mean() < 255
    assert dataset.samples[1].mask == dataset.samples[2].mask  # what shows the same is kept once


def test_a_picture_has_a_mask_when_every_object_has_a_shape(tmp_path: Path) -> None:
    square = [[2, 2, 6, 2, 6, 6, 2, 6]]
    for name in ("all.jpg", "some.jpg", "crowd.jpg", "nothing.jpg"):
        save(tmp_path / "images" / name)
    notes = [
        note(1, 10, 7, [2, 2, 4, 4], segmentation=square),
        note(2, 11, 7, [2, 2, 4, 4], segmentation=square),
        note(3, 11, 7, [9, 2, 4, 4], segmentation=[]),
        note(4, 12, 7, [0, 0, 9, 9], segmentation={"size": [10, 20], "counts": [0, 10, 190]}, iscrowd=1),
        note(5, 12, 7, [2, 2, 4, 4], segmentation=square),
    ]
    write_json(tmp_path / "labels.json", ["all.jpg", "some.jpg", "crowd.jpg", "nothing.jpg"], notes)
    dataset = read_dataset(tmp_path)
    assert dataset.problems == ()
    everything, part, crowd, nothing = dataset.samples
    assert everything.boxes.tolist() == crowd.boxes.tolist() == [[2, 2, 6, 6]]
    assert np.asarray(Image.open(everything.mask)).sum() == 255 * 16
    assert part.mask is None
    pixels = np.asarray(Image.open(crowd.mask))  # a crowd is no box, and no background either
    assert pixels[:, 0].all()
    assert pixels.sum() == 255 * (16 + 10)
    assert not np.asarray(Image.open(nothing.mask)).any()


def test_what_is_wrong_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "crowd.jpg", "scaled.jpg", "spare.jpg"):
        save(tmp_path / "train" / name, size_wh=(40, 20) if name == "scaled.jpg" else (20, 10))
    (tmp_path / "train/broken.jpg").write_bytes(b"no picture")
    notes = [
        note(1, 10, 90, [-1.5, 0, 10, 11]),
        note(2, 10, 7, [15, 2, 9, 3]),
        note(3, 10, 8, [0, 0, 5, 5]),
        note(4, 10, 7, [0, 0, 5]),
        note(5, 10, 7, [3, 3, 0, 4]),
        note(6, 10, 7, [1, 1, 4, 4], segmentation=[[1, 1, 5, 5]]),
        note(7, 10, 7, [1, 1, 4, 4]),
        note(8, 11, 7, [0, 0, 50, 50]),
        note(9, 12, 7, [0, 0, 5, 5], iscrowd=1),
        note(10, 99, 7, [0, 0, 5, 5]),
    ]
    names = ["a.jpg", "b.jpg", "crowd.jpg", "scaled.jpg", "missing.jpg", "broken.jpg", "../../etc/passwd", "a.jpg"]
    write_json(tmp_path / "train/_annotations.coco.json", names, notes)
    dataset = read_dataset(tmp_path)
    (sample,) = dataset.samples
    assert sample.boxes.tolist() == [[0, 0, 8.5, 10], [1, 1, 5, 5]]
    assert (dataset.class_names, sample.box_labels, sample.mask) == (("cup", "ball"), (0, 1), None)
    for problem in (
        "_annotations.coco.json: there is no picture missing.jpg",
        "_annotations.coco.json: there is no picture ../../etc/passwd",
        "_annotations.coco.json: a.jpg is listed twice, the second time with 0 annotations",
        "broken.jpg is not a picture smallimg can read",
        "scaled.jpg: its labels are of 20 × 10 pixels, and it opens as 40 × 20",
        "_annotations.coco.json: 1 annotation is of a picture that it does not list",
        "1 picture is not in _annotations.coco.json and passed over: spare.jpg",
        "a.jpg: the box (15, 2, 24, 5) leaves the picture of 20 × 10 pixels",
        "a.jpg: annotation 3 has the category 8, which is not named",
        "a.jpg: annotation 4 has the box [0, 0, 5]: expected x, y, width, height",
        "a.jpg: the box (3, 3, 3, 7) is empty or inverted",
        "a.jpg: annotation 6: its outline is not three points or more",
        "a.jpg: the same ball a second time, at (1, 1, 5, 5)",
        "b.jpg: the box (0, 0, 50, 50) leaves the picture of 20 × 10 pixels",
        "crowd.jpg: only crowds are marked in it, which are no boxes: left out",
    ):
        assert any(problem in one for one in dataset.problems), (problem, dataset.problems)
    assert len(dataset.problems) == 15


def test_labels_of_a_picture_that_exif_turns_speak_of_what_it_shows(tmp_path: Path) -> None:
    save(tmp_path / "images/shown.jpg", size_wh=(10, 20), orientation=6)
    save(tmp_path / "images/stored.jpg", orientation=6)
    write_json(
        tmp_path / "a.json", ["shown.jpg", "stored.jpg"], [note(1, 10, 7, [12, 0, 8, 10]), note(2, 11, 7, [0, 0, 5, 5])]
    )
    dataset = read_dataset(tmp_path)
    assert [one.boxes.tolist() for one in dataset.samples] == [[[12, 0, 20, 10]]]
    assert (
        "stored.jpg: its labels are of 20 × 10 pixels, and it opens as 10 × 20, because EXIF turns it"
        in (dataset.problems[0])
    )


def test_numbers_as_text_and_values_that_are_none(tmp_path: Path) -> None:
    for name in "ab":
        save(tmp_path / f"images/{name}.jpg")
    more = [note(2, 10, 7, [10**400, 0, 5, 5]), note(3, 10, 7, [0, 0, 5, 5], segmentation=[[10**400] * 6])]
    odd = [{"id": 4, "image_id": [1], "category_id": {}, "bbox": "x"}, {"image_id": 10, "category_id": {}}]
    write_json(tmp_path / "a.json", ["a.jpg", "b.jpg"], [*more, *odd, note(1, 11, 7, [0, 0, 5, 5])])
    text = (tmp_path / "a.json").read_text().replace('"image_id": 11', '"image_id": "11"')
    (tmp_path / "a.json").write_text(text.replace('"width": 20', '"width": null'))
    dataset = read_dataset(tmp_path)
    assert [one.boxes.tolist() for one in dataset.samples] == [[[0, 0, 5, 5]], [[0, 0, 5, 5]]]
    assert len(dataset.problems) == 4


@pytest.mark.parametrize(
    "text", ['{"images": 1, "annotations": [], "categories": []}', '{"images" "annotations" "categories"']
)
def test_json_that_is_damaged_is_an_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DataError, match=r"labels\.json could not be read as COCO .*: export the labels again"):
        read_dataset(tmp_path)


def test_what_is_written_is_read_back_and_pycocotools_agrees(tmp_path: Path) -> None:
    parts = [several_classes(tmp_path, split=split) for split in ("train", "val")]
    for part in parts:
        coco.write(part, tmp_path / "out")
    assert list_splits(tmp_path / "out") == ("train", "val")
    for part in parts:
        again = read_dataset(tmp_path / "out", split=part.split)
        assert (again.class_names, again.problems) == (part.class_names, ())
        assert_same_objects(again, part)
        ours, theirs = masks_of(again), masks_of(part)
        for picture, mask in theirs.items():
            np.testing.assert_array_equal(ours[picture], np.zeros((10, 20)) if mask is None else mask)

        oracle = COCO(tmp_path / f"out/annotations/instances_{part.split}.json")
        assert [row["name"] for row in oracle.loadCats(oracle.getCatIds())] == ["cup", "ball"]
        objects = objects_of(part)
        for row in oracle.imgs.values():
            names, boxes, _ = objects[(tmp_path / "out/images" / part.split / row["file_name"]).read_bytes()]
            notes = oracle.imgToAnns[row["id"]]
            assert [oracle.cats[one["category_id"]]["name"] for one in notes] == names
            assert (row["width"], row["height"]) == ((10, 20) if "turned" in row["file_name"] else (20, 10))
            for one, (x1, y1, x2, y2) in zip(notes, boxes, strict=True):
                np.testing.assert_allclose(one["bbox"], [x1, y1, x2 - x1, y2 - y1], atol=1e-5)
                assert one["area"] == oracle.annToMask(one).sum()
        with pytest.raises(DataError, match="is there already"):
            coco.write(part, tmp_path / "out")


def test_what_coco_needs(tmp_path: Path) -> None:
    save(tmp_path / "in/cat/a.jpg")
    with pytest.raises(DataError, match=r"1 of 1 pictures have no box \(a\.jpg\), and COCO must have it"):
        coco.write(read_dataset(tmp_path / "in"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_it_can_be_trained_on(tmp_path: Path) -> None:
    coco.write(several_classes(tmp_path), tmp_path / "out")
    dataset = trainable(read_dataset(tmp_path / "out"))
    assert (len(dataset.samples), dataset.class_names, dataset.problems) == (4, ("cup", "ball"), ())
    assert sorted(one.box_labels for one in dataset.samples) == [(), (), (), (1, 0)]
