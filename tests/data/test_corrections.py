"""What was put right in the page: kept, read by every form in place of what the data says, and taken along."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_data import several_classes
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.by_class import OUT, add_class, add_picture, clean_up, move_pictures, new_set, rename_class
from smallimg.data.corrections import (
    CORRECTIONS,
    MASKS,
    Correction,
    correct,
    corrected_at,
    follow,
    keep_mask,
    read_corrections,
)
from smallimg.data.dataset import Sample
from smallimg.data.formats import WRITE, read_dataset
from smallimg.pictures.images import read_size
from smallimg.pictures.masks import open_mask

BOX = (3.0, 4.0, 20.5, 16.0)


def save(path: Path, size: tuple[int, int] = (32, 24)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (200, 40, 40)).save(path)
    return path


def folders(root: Path) -> Path:
    for name in ("cat", "dog"):
        for number in range(3):
            save(root / name / f"{number}.png")
    return root


def table(root: Path, *rows: str) -> Path:
    for number in range(len(rows)):
        save(root / f"train/{number}.png")
    (root / "train.csv").write_text("\n".join(["image,xmin,ymin,xmax,ymax,class", *rows]))
    return root


def sample(root: Path, picture: str, split: str = "train") -> Sample:
    return next(one for one in read_dataset(root, split=split).samples if one.path == root / picture)


def test_a_box_is_read_in_place_of_what_the_data_says(tmp_path: Path) -> None:
    table(tmp_path, "0.png,1,1,9,9,a", "1.png,1,1,9,9,a", "2.png,1,1,9,9,b", "3.png,1,1,9,9,b")
    before = read_dataset(tmp_path)
    correct(tmp_path, {"train/0.png": Correction(boxes=as_boxes([BOX]))})
    after = read_dataset(tmp_path)
    assert sample(tmp_path, "train/0.png").boxes.tolist() == [list(BOX)]
    assert sample(tmp_path, "train/0.png").label == 0, "its class stays"
    assert [one.boxes.tolist() for one in after.samples[1:]] == [one.boxes.tolist() for one in before.samples[1:]]
    assert any("1 picture as put right in the page" in note for note in after.notes)
    correct(tmp_path, {"train/0.png": None})
    assert sample(tmp_path, "train/0.png").boxes.tolist() == [[1, 1, 9, 9]]


def test_a_class_is_read_in_place_of_what_the_data_says(tmp_path: Path) -> None:
    folders(tmp_path)
    correct(tmp_path, {"cat/0.png": Correction(class_name="dog"), "dog/1.png": Correction(class_name="wolf")})
    dataset = read_dataset(tmp_path)
    assert dataset.class_names == dataset.class_ids == ("cat", "dog", "wolf")
    assert sample(tmp_path, "cat/0.png").label == 1
    assert sample(tmp_path, "dog/1.png").label == 2


@pytest.mark.parametrize(
    ("names", "label", "box_labels"),
    [
        ((), 0, ()),
        ((None, None), 0, ()),
        (("dog", "dog"), 1, ()),
        ((None, "cat"), 0, ()),
        (("dog", None), None, (1, 0)),
    ],
)
def test_boxes_have_the_picture_s_class_or_their_own(
    tmp_path: Path, names: tuple[str | None, ...], label: int | None, box_labels: tuple[int, ...]
) -> None:
    folders(tmp_path)
    correct(tmp_path, {"cat/0.png": Correction(boxes=as_boxes([BOX, (0, 0, 5, 5)]), names=names)})
    one = sample(tmp_path, "cat/0.png")
    assert (one.label, one.box_labels, len(one.boxes)) == (label, box_labels, 2)


def test_all_boxes_can_be_taken_away(tmp_path: Path) -> None:
    table(tmp_path, "0.png,1,1,9,9,a", "1.png,1,1,9,9,a")
    correct(tmp_path, {"train/1.png": Correction(boxes=as_boxes([]))})
    one = sample(tmp_path, "train/1.png")
    assert len(one.boxes) == 0
    assert one.label == 0
    said = read_corrections(tmp_path)["train/1.png"].boxes
    assert said is not None, "none is something else than as it came"
    assert len(said) == 0


def test_a_mask_is_kept_and_goes_when_another_comes(tmp_path: Path) -> None:
    folders(tmp_path)
    for side in (8, 4):
        mask = Image.new("L", (32, 24))
        mask.paste(255, (0, 0, side, side))
        correct(tmp_path, {"cat/0.png": Correction(mask=keep_mask(tmp_path, mask))})
    path = sample(tmp_path, "cat/0.png").mask
    assert path is not None
    assert np.asarray(open_mask(path)).sum() == 255 * 16
    assert len(list((tmp_path / MASKS).iterdir())) == 1
    assert read_dataset(tmp_path).class_names == ("cat", "dog"), "where masks lie is no class"


def test_what_the_data_said_wrongly_is_used_again(tmp_path: Path) -> None:
    table(tmp_path, "0.png,1,1,9,9,a", "1.png,9,9,1,1,a", "2.png,1,1,9,9,b", "3.png,1,1,9,9,b")
    before = read_dataset(tmp_path)
    assert [one.path.name for one in before.left_out] == ["1.png"]
    assert before.problems
    correct(tmp_path, {"train/1.png": Correction(boxes=as_boxes([BOX]), class_name="a")})
    after = read_dataset(tmp_path)
    assert not after.left_out
    assert len(after.samples) == 4
    assert sample(tmp_path, "train/1.png").label == 0


def test_the_validation_part_is_put_right_too(tmp_path: Path) -> None:
    for part in ("train", "val", "test"):
        folders(tmp_path / part)
    said = Correction(boxes=as_boxes([BOX]))
    correct(tmp_path, {"val/cat/0.png": said, "test/dog/0.png": said})
    assert [len(one.boxes) for one in read_dataset(tmp_path).validation].count(1) == 1
    assert len(sample(tmp_path, "test/dog/0.png", "test").boxes) == 1


def test_damaged_lines_are_told_and_the_others_count(tmp_path: Path) -> None:
    folders(tmp_path)
    good = {"boxes": [list(BOX)], "sure": 0.5, "checked": False, "by": "background"}
    bad = [5, {"boxes": [[1, 2, 3]]}, {"boxes": [[9, 9, 1, 1]]}, {"sure": 7}, {"class": 3}, {"names": ["a"]}]
    entries = {"cat/0.png": good, **{f"cat/{number + 1}.png": one for number, one in enumerate(bad)}}
    (tmp_path / CORRECTIONS).write_text(json.dumps(entries))
    dataset = read_dataset(tmp_path)
    assert any("6 lines of .corrections.json cannot be understood" in problem for problem in dataset.problems)
    assert sample(tmp_path, "cat/0.png").boxes.tolist() == [list(BOX)]
    assert list(read_corrections(tmp_path)) == ["cat/0.png"]
    (tmp_path / CORRECTIONS).write_text("[half a fi")
    assert not read_corrections(tmp_path)


def test_a_mask_s_name_leads_nowhere_else(tmp_path: Path) -> None:
    folders(tmp_path)
    (tmp_path / MASKS).mkdir()
    save(tmp_path / "elsewhere.png")
    (tmp_path / CORRECTIONS).write_text(json.dumps({"cat/0.png": {"mask": "../elsewhere.png"}}))
    assert sample(tmp_path, "cat/0.png").mask is None


def test_written_and_read_again_it_is_the_same(tmp_path: Path) -> None:
    said = Correction(boxes=as_boxes([BOX]), names=("ça va",), class_name="b", sure=0.25, checked=False, by="u2net")
    folders(tmp_path)
    correct(tmp_path, {"cat/0.png": said})
    again = read_corrections(tmp_path)["cat/0.png"]
    assert again.boxes is not None
    assert again.boxes.tolist() == [list(BOX)]
    for name in ("names", "class_name", "mask", "sure", "checked", "by"):
        assert getattr(again, name) == getattr(said, name)
    assert corrected_at(tmp_path) > 0


@pytest.mark.parametrize("form", ["coco", "yolo", "voc", "table"])
def test_what_is_written_in_another_form_has_them(tmp_path: Path, form: str) -> None:
    root = folders(tmp_path / "data")
    pictures = [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(3)]
    correct(root, {picture: Correction(boxes=as_boxes([(3, 4, 20, 16)])) for picture in pictures})
    WRITE[form](read_dataset(root), tmp_path / "out")
    for one in read_dataset(tmp_path / "out").samples:
        np.testing.assert_allclose(one.boxes, [[3, 4, 20, 16]], atol=0.05)


def test_several_classes_stay_where_only_the_mask_is_put_right(tmp_path: Path) -> None:
    root = tmp_path / "coco"
    WRITE["coco"](several_classes(tmp_path), root)
    first = next(one for one in read_dataset(root).samples if one.box_labels)
    size = read_size(first.path)
    correct(root, {first.path.relative_to(root).as_posix(): Correction(mask=keep_mask(root, Image.new("L", size, 9)))})
    after = next(one for one in read_dataset(root).samples if one.path == first.path)
    assert after.box_labels == first.box_labels
    assert after.mask is not None


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of two classes put together in the page, with a box on a cup."""
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    root = new_set("My things").path
    content = save(tmp_path / "one.png").read_bytes()
    for name in ("cup", "ball"):
        add_class(root, name)
        add_picture(root, name, content, name="one.png")
    correct(root, {"cup/00001.png": Correction(boxes=as_boxes([BOX]), names=("cup",))})
    return root


def boxed(root: Path) -> list[str]:
    return [one.path.relative_to(root).as_posix() for one in read_dataset(root).samples if len(one.boxes)]


def test_boxes_go_where_their_picture_goes(built: Path) -> None:
    moved = move_pictures(built, ["cup/00001.png"], "ball")
    assert boxed(built) == moved == ["ball/00001.png"]
    out = move_pictures(built, moved, OUT)
    assert boxed(built) == []
    clean_up(built)  # what was taken out can still be taken back
    assert boxed(built) == []
    assert move_pictures(built, out, "cup") == boxed(built) == ["cup/00001.png"]


def test_a_class_s_new_name_is_its_boxes_too(built: Path) -> None:
    rename_class(built, "cup", "mug")
    assert boxed(built) == ["mug/00001.png"]
    assert read_corrections(built)["mug/00001.png"].names == ("mug",)


def test_what_is_said_of_pictures_that_are_gone_goes_too(built: Path) -> None:
    (built / "cup/00001.png").unlink()
    clean_up(built)
    assert not read_corrections(built)


def test_nothing_is_written_where_nothing_was_said(tmp_path: Path) -> None:
    follow(tmp_path, {"a": "b"})
    correct(tmp_path, {})
    assert not (tmp_path / CORRECTIONS).exists()
