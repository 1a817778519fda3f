"""What the sheet and the box editor ask of the server: kept for training, and nothing that is sent is trusted."""

import base64
import io
import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.data.by_class import NEW, add_class, add_picture, new_set
from smallimg.data.corrections import CORRECTIONS, read_corrections
from smallimg.data.dataset import Sample
from smallimg.data.formats import read_dataset
from smallimg.data.kept import data_folder, find_data
from smallimg.data.left_out import read_left_out
from smallimg.files import shipped
from smallimg.pictures.masks import open_mask
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.boxes.server import BACKGROUND, server_functions

SIZE = (64, 48)
#: What JSON can carry and a box cannot be.
NO_BOXES: list[Any] = [
    None, "all", {}, [1, 2, 3, 4], [[1, 2, 3]], [[1, 2, 3, "4"]], [[1, 2, 3, None]], [[1, 2, 3, True]],
    [[1, 2, float("nan"), 9]], [[0, 0, float("inf"), 9]], [[1e300, 0, 9, 9]], [[5, 5, 5, 9]], [[70, 50, 90, 60]],
    [[-9, -9, -1, -1]], [[0, 0, 9, 9]] * 101,
]  # fmt: skip


@pytest.fixture
def server() -> SimpleNamespace:
    return SimpleNamespace(**{one.__name__: one for one in server_functions(Pipelines())})


def encoded(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (*SIZE[::-1], 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture
def built() -> str:
    """The id of a set of two classes, two pictures each."""
    kept = new_set("Desk")
    for name in ("cup", "ball"):
        add_class(kept.path, name)
        for seed in range(2):
            add_picture(kept.path, name, encoded(seed), name="camera.jpg")
    return kept.id


@pytest.fixture
def table() -> str:
    """The id of a set with boxes and classes in a table."""
    root = data_folder() / "table-1"
    (root / "train").mkdir(parents=True)
    rows = ["image,xmin,ymin,xmax,ymax,class", *(f"{n}.jpg,2,2,20,20,{'ab'[n % 2]}" for n in range(4))]
    (root / "train.csv").write_text("\n".join(rows))
    for number in range(4):
        (root / f"train/{number}.jpg").write_bytes(encoded(number))
    return root.name


def saved(data_id: str, picture: str, *boxes: list[float], **rest: Any) -> dict[str, Any]:
    names = rest.pop("names", [None] * len(boxes))
    return {"set": data_id, "picture": picture, "boxes": list(boxes), "names": names, "checked": True, **rest}


def sample(data_id: str, picture: str) -> Sample:
    root = find_data(data_id).path
    return next(one for one in read_dataset(root).samples if one.path == root / picture)


def scrim(keep: tuple[int, int, int, int] | None, size: tuple[int, int] = SIZE) -> bytes:
    """What the brush sends: dark on the background, clear on what is kept."""
    picture = Image.new("RGBA", size, (0, 0, 0, 255))
    if keep:
        picture.paste((0, 0, 0, 0), keep)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def brushed(data_id: str, picture: str, content: bytes, **rest: Any) -> Any:
    return SimpleNamespace(data={"set": data_id, "at": picture, **rest}, files=[("mask.png", content)])


def test_a_sheet_tells_what_is_known(server: SimpleNamespace, built: str, table: str) -> None:
    sheet = server.open_sheet({"set": built})
    assert (sheet["name"], sheet["classes"], sheet["built"]) == ("Desk", ["cup", "ball"], True)
    assert [one["at"] for one in sheet["pictures"]] == [
        "cup/00001.jpg", "cup/00002.jpg", "ball/00003.jpg", "ball/00004.jpg",
    ]  # fmt: skip
    assert sheet["pictures"][0] | {"at": ""} == {
        "at": "", "size": SIZE, "boxes": [], "names": [], "class": "cup", "sure": 1.0, "checked": False, "by": "",
        "new": False, "part": "", "mask": "",
    }  # fmt: skip
    assert DEFAULT_BUNDLE in [one["id"] for one in sheet["by"]]
    other = server.open_sheet({"set": table})
    assert not other["built"]
    assert [(one["at"], one["boxes"], one["class"]) for one in other["pictures"]][1] == (
        "train/1.jpg",
        [[2, 2, 20, 20]],
        "b",
    )
    assert json.loads(json.dumps(other)) == other | {
        "pictures": [one | {"size": list(one["size"])} for one in other["pictures"]]
    }
    smalls = server.smalls({"set": table, "pictures": ["train/0.jpg", "train/9.jpg"]})["smalls"]
    assert smalls["train/0.jpg"].startswith("data:image/webp")
    assert smalls["train/9.jpg"] == ""
    assert server.look_at_picture({"set": table, "picture": "train/0.jpg"})["large"].startswith("data:image/webp")


def test_a_box_that_was_drawn_is_trained_on(server: SimpleNamespace, built: str, table: str) -> None:
    assert server.save(saved(built, "cup/00001.jpg", [30, 40, 3.5, 4])) == {"picture": "cup/00001.jpg", "class": "cup"}
    assert sample(built, "cup/00001.jpg").boxes.tolist() == [[3.5, 4, 30, 40]], "drawn from any corner"
    assert server.save(saved(table, "train/0.jpg", [-5, -5, 30, 400])) == {"picture": "train/0.jpg"}
    after = sample(table, "train/0.jpg")
    assert (after.boxes.tolist(), after.label) == ([[0, 0, 30, 48]], 0), "cut to the picture"
    (entry,) = [one for one in server.open_sheet({"set": table})["pictures"] if one["checked"]]
    assert (entry["at"], entry["boxes"], entry["class"]) == ("train/0.jpg", [[0, 0, 30, 48]], "a")


def test_classes_of_pictures_and_of_boxes(server: SimpleNamespace, built: str, table: str) -> None:
    two = ([1, 1, 9, 9], [20, 20, 40, 40])
    server.save(saved(table, "train/0.jpg", *two, names=[None, "wolf"]))
    dataset = read_dataset(find_data(table).path)
    assert dataset.class_names == ("a", "b", "wolf")
    assert dataset.samples[0].box_labels == (0, 2)
    server.save(saved(table, "train/2.jpg", *two, **{"class": " wolf  hound "}))
    assert read_dataset(find_data(table).path).class_names[sample(table, "train/2.jpg").label or 0] == "wolf hound"
    # In a set that grows class by class the picture moves, with its boxes; a class that is not there is made.
    assert server.save(saved(built, "cup/00001.jpg", [1, 1, 9, 9], **{"class": "ball"}))["picture"] == "ball/00001.jpg"
    assert len(sample(built, "ball/00001.jpg").boxes) == 1
    moved = server.save(saved(built, "cup/00002.jpg", **{"class": "Pen"}))
    assert moved == {"picture": "Pen/00002.jpg", "class": "Pen"}
    assert server.save(saved(built, "Pen/00002.jpg", **{"class": "CUP"}))["picture"] == "cup/00002.jpg"
    refused = server.save(saved(built, "cup/00002.jpg", **{"class": "train"}))
    assert "is what parts of a data set are called" in refused["error"]


@pytest.mark.parametrize("boxes", NO_BOXES)
def test_what_is_no_box_is_refused(server: SimpleNamespace, table: str, boxes: Any) -> None:
    names = [None] * (len(boxes) if isinstance(boxes, list) else 0)
    answer = server.save({"set": table, "picture": "train/0.jpg", "boxes": boxes, "names": names, "checked": True})
    assert list(answer) == ["error"]
    assert "box" in answer["error"]
    assert not (find_data(table).path / CORRECTIONS).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": []}, {"names": None}, {"names": [3]}, {"names": ["x" * 41]}, {"names": ["a\u0000b"]},
        {"class": 5}, {"class": ""}, {"class": "two\u202elines"}, {"sure": 2}, {"sure": "1"}, {"sure": float("nan")},
        {"by": 3}, {"by": "x" * 400}, {"picture": ["train/0.jpg"]}, {"set": None},
        {"picture": "../table-1/train/0.jpg"}, {"picture": "/etc/passwd"}, {"picture": "train.csv"}, {"picture": ""},
        {"picture": ".about.json"}, {"picture": "train/\0.jpg"}, {"set": "../x"}, {"picture": "train"},
    ],
)  # fmt: skip
def test_other_values_are_refused_too(server: SimpleNamespace, table: str, wrong: dict[str, Any]) -> None:
    answer = server.save(saved(table, "train/0.jpg", [1, 1, 9, 9]) | wrong)
    assert list(answer) == ["error"]
    assert not (find_data(table).path / CORRECTIONS).exists()
    for function in vars(server).values():
        for nonsense in (None, [], "x", {}, {"set": table, "pictures": [3]}, {"set": table, "pictures": ["a"] * 61}):
            answer = function(nonsense)
            assert list(answer) == ["error"] or function is server.open_sheet


@pytest.mark.parametrize("by", ["", BACKGROUND])
def test_a_test_part_is_put_right_like_the_others(server: SimpleNamespace, table: str, by: str) -> None:
    root = find_data(table).path
    shutil.copytree(root / "train", root / "test")
    shutil.copy(root / "train.csv", root / "test.csv")
    sheet = server.open_sheet({"set": table})
    assert [(one["at"], one["part"]) for one in sheet["pictures"]] == [
        *((f"train/{number}.jpg", "train") for number in range(4)),
        *((f"test/{number}.jpg", "test") for number in range(4)),
    ]
    assert sheet["unread"] == []
    before = next(one for one in sheet["pictures"] if one["at"] == "test/0.jpg")

    def measured() -> list[Any]:
        return [one.boxes.tolist() for one in read_dataset(root, split="test").samples if one.path.name == "0.jpg"]

    server.save(saved(table, "test/0.jpg", [1, 1, 9, 9], by=by, checked=not by))
    assert measured() == [[[2, 2, 20, 20] if by else [1, 1, 9, 9]]], "agreed to, or not yet"
    server.save(saved(table, "test/0.jpg", [1, 1, 9, 9], by=by))
    assert measured() == [[[1, 1, 9, 9]]]
    undone = {name: before[name] for name in ("names", "class", "sure", "checked", "by")}
    server.save(saved(table, "test/0.jpg", *before["boxes"], **undone))
    assert measured() == [before["boxes"]]
    assert server.leave({"set": table, "pictures": ["test/0.jpg"]})["pictures"] == ["test/0.jpg"]
    assert measured() == []
    server.leave({"set": table, "pictures": ["test/0.jpg"], "back": "test"})
    assert measured() == [before["boxes"]]
    assert len(read_dataset(root).samples) == 4


def test_a_link_leads_nowhere(server: SimpleNamespace, table: str, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(encoded())
    (find_data(table).path / "train/9.jpg").symlink_to(tmp_path / "secret.jpg")
    assert "not in this set any more" in server.look_at_picture({"set": table, "picture": "train/9.jpg"})["error"]


def test_boxes_are_proposed_and_what_was_agreed_to_stays(server: SimpleNamespace, built: str) -> None:
    server.save(saved(built, "cup/00001.jpg", [1, 1, 9, 9]))
    asked = {"set": built, "by": BACKGROUND, "pictures": ["cup/00001.jpg", "cup/00002.jpg", "ball/00003.jpg"]}
    found = server.find_boxes(asked)["pictures"]
    assert list(found) == ["cup/00002.jpg", "ball/00003.jpg"]
    said = read_corrections(find_data(built).path)
    assert not said["cup/00002.jpg"].checked
    assert 0 <= said["cup/00002.jpg"].sure <= 1
    assert said["cup/00001.jpg"].checked
    again = server.find_boxes(asked | {"again": True, "pictures": ["cup/00001.jpg"]})["pictures"]["cup/00001.jpg"]
    assert again["by"] == BACKGROUND
    by_model = server.find_boxes(asked | {"by": DEFAULT_BUNDLE})["pictures"]["cup/00002.jpg"]
    assert by_model["by"] == DEFAULT_BUNDLE
    assert "are gone" in server.find_boxes(asked | {"by": "../challenge"})["error"]


def test_new_pictures_wait_with_what_a_model_says_until_somebody_agrees(server: SimpleNamespace) -> None:
    example = shipped("assets/examples") / "challenge" / "cup.jpg"
    sent = SimpleNamespace(data={"set": "", "by": "challenge"}, files=[("x/cup.jpg", example.read_bytes())])
    assert server.open_sheet({"set": ""})["pictures"] == []
    answer = server.add_new(sent)
    picture = answer["picture"]
    assert picture["new"]
    assert (picture["class"], picture["by"], picture["checked"]) == ("cup", "challenge", False)
    assert len(picture["boxes"]) == 1
    root = find_data(answer["set"]).path
    (waits,) = server.open_sheet({"set": answer["set"]})["pictures"]
    assert waits == picture
    assert not [one for one in root.iterdir() if one.name[0] != "."], "nothing is learned from it yet"
    agreed = {name: picture[name] for name in ("boxes", "names", "class", "sure", "by")}
    said = server.save({"set": answer["set"], "picture": picture["at"], "checked": True, **agreed})
    assert said == {"picture": "cup/00001.jpg", "class": "cup"}
    assert sample(answer["set"], "cup/00001.jpg").boxes.tolist() == pytest.approx(np.array(picture["boxes"]), abs=0.01)
    assert read_corrections(root)["cup/00001.jpg"].class_name is None, "its folder says it from now on"
    # Taken back, it waits again; what nobody has named goes nowhere.
    assert server.leave({"set": answer["set"], "pictures": ["cup/00001.jpg"], "back": NEW})["pictures"] == [
        ".new/00001.jpg"
    ]
    nameless = server.save(
        {"set": answer["set"], "picture": ".new/00001.jpg", "checked": True, **agreed, "class": None}
    )
    assert "Say what it is first" in nameless["error"]
    damaged = SimpleNamespace(data={"set": answer["set"], "by": "challenge"}, files=[("notes.jpg", b"milk, eggs")])
    assert "notes.jpg is not a picture" in server.add_new(damaged)["error"]


def test_a_set_with_labels_of_its_own_takes_no_other_pictures(server: SimpleNamespace, table: str) -> None:
    sent = SimpleNamespace(data={"set": table, "by": DEFAULT_BUNDLE}, files=[("a.jpg", encoded())])
    assert "came with labels of its own" in server.add_new(sent)["error"]


def test_a_mask_is_mended_and_its_box_follows(server: SimpleNamespace, built: str) -> None:
    shown = server.look_at_mask({"set": built, "picture": "cup/00001.jpg"})["mask"]
    found = Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2])))
    assert (found.mode, found.size) == ("RGBA", SIZE)
    content = scrim((8, 6, 40, 30))
    assert server.save_mask(brushed(built, "cup/00001.jpg", content, box=True)) == {"boxes": [[8, 6, 40, 30]]}
    after = sample(built, "cup/00001.jpg")
    assert after.mask is not None
    assert np.asarray(open_mask(after.mask))[20, 20] == 255
    assert np.asarray(open_mask(after.mask))[2, 2] == 0
    shown = server.look_at_mask({"set": built, "picture": "cup/00001.jpg"})["mask"]
    again = Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2])))
    assert again.getpixel((20, 20))[3] == 0
    assert again.getpixel((2, 2))[3] == 255
    # Of several boxes none moves, and the mask stays when a box does.
    server.save(saved(built, "cup/00001.jpg", [1, 1, 9, 9], [20, 20, 30, 30]))
    assert len(sample(built, "cup/00001.jpg").boxes) == 2
    assert sample(built, "cup/00001.jpg").mask is not None
    server.save_mask(brushed(built, "cup/00001.jpg", scrim((0, 0, 9, 9)), box=False))
    assert len(sample(built, "cup/00001.jpg").boxes) == 2


def test_a_mask_that_came_with_the_data_is_the_one_that_is_mended(server: SimpleNamespace, table: str) -> None:
    root = find_data(table).path
    own = np.zeros(SIZE[::-1], np.uint8)
    own[10:30, 10:30] = 255
    (root / "train_masks").mkdir()
    for number in range(4):
        Image.fromarray(own).save(root / f"train_masks/{number}.png")
    one = server.open_sheet({"set": table})["pictures"][0]
    assert one["mask"] == "train_masks/0.png"
    asked = {"set": table, "picture": one["at"], "mask": one["mask"]}

    def opaque() -> Any:
        shown = server.look_at_mask(asked)["mask"]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(shown.partition(",")[2]))).getchannel("A"))

    assert np.array_equal(opaque(), 255 - own)
    server.save_mask(brushed(table, one["at"], scrim((8, 6, 40, 30)), box=True))
    assert opaque()[7, 9] == 0, "what was mended comes first"
    assert server.open_sheet({"set": table})["pictures"][0]["mask"] == ""
    for elsewhere in ("../x.png", "/etc/passwd", "train.csv", ".corrected-masks/x.png", ["train_masks/0.png"]):
        assert "error" in server.look_at_mask(asked | {"picture": "train/1.jpg", "mask": elsewhere})


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (scrim(None), "Nothing is left of the object"),
        (scrim((0, 0, *SIZE)), "All of the picture is object"),
        (scrim((0, 0, 9, 9), (48, 64)), "another shape"),
        (encoded(), "Nothing is left"),
        (b"milk, eggs", "is not a picture"),
    ],
)
def test_what_is_no_mask_is_refused(server: SimpleNamespace, built: str, content: bytes, told: str) -> None:
    assert told in server.save_mask(brushed(built, "cup/00001.jpg", content, box=True))["error"]
    assert sample(built, "cup/00001.jpg").mask is None


def test_pictures_are_taken_out_and_back(server: SimpleNamespace, built: str, table: str) -> None:
    server.save(saved(built, "cup/00001.jpg", [1, 1, 9, 9]))
    (out,) = server.leave({"set": built, "pictures": ["cup/00001.jpg"]})["pictures"]
    assert len(server.open_sheet({"set": built})["pictures"]) == 3
    assert server.leave({"set": built, "pictures": [out], "back": "cup"})["pictures"] == ["cup/00001.jpg"]
    assert len(sample(built, "cup/00001.jpg").boxes) == 1
    root = find_data(table).path
    for number in range(2):
        server.leave({"set": table, "pictures": [f"train/{number}.jpg"]})
    server.leave({"set": table, "pictures": ["train/0.jpg"], "back": "train"})
    assert read_left_out(root) == ("train/1.jpg",)
    server.leave({"set": table, "pictures": ["train/1.jpg"], "back": "train"})
    assert read_left_out(root) == ()
    assert (root / "train.csv").read_text().count(".jpg,2,2,20,20") == 4, "its own files stay as they came"
