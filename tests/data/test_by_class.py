"""A set that grows class by class: whole after every step, and readable as what it is."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.data import by_class
from smallimg.data.by_class import (
    OUT,
    add_class,
    add_picture,
    clean_up,
    delete_class,
    find_picture,
    last_change,
    move_pictures,
    new_set,
    open_set,
    read_classes,
    rename_class,
)
from smallimg.data.formats import read_dataset
from smallimg.data.kept import delete_data, list_data, rename_data
from smallimg.data.thumbnails import SIDE, thumbnail
from smallimg.errors import DataError, ImageError


def encoded(seed: int = 0, *, form: str = "JPEG", size: tuple[int, int] = (40, 24)) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(buffer, form)
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def root() -> Path:
    """A set of two classes with two pictures each."""
    root = new_set("My things").path
    for name in ("cup", "ball"):
        add_class(root, name)
        for seed in range(2):
            add_picture(root, name, encoded(seed + len(name)), name="camera.jpg")
    return root


def test_what_a_deleted_set_was_called_is_not_given_again(data: Path) -> None:
    """A run names its data by the folder: it would take the new one's pictures for those that it learned from."""
    first, second = (new_set("My things").id for _ in range(2))
    delete_data(second)
    delete_data(first)
    assert len({first, second, new_set("My things").id}) == 3
    (data / ".last.json").write_text("[]")  # damaged
    assert new_set("My things").id == first


def contents(root: Path) -> dict[str, tuple[str, ...]]:
    return {one.name: one.files for one in read_classes(root)}


def test_a_new_set_is_one_of_the_sets_that_are_there(root: Path) -> None:
    assert contents(root) == {"cup": ("00001.jpg", "00002.jpg"), "ball": ("00003.jpg", "00004.jpg")}
    [kept] = list_data()
    assert (kept.name, kept.pictures, kept.path) == ("My things", 4, root)
    dataset = read_dataset(root)
    assert (set(dataset.class_names), len(dataset.samples), dataset.problems) == ({"cup", "ball"}, 4, ())
    assert new_set("My things").name == "My things (2)"


def test_its_own_name_and_its_classes_do_not_disturb_each_other(root: Path) -> None:
    rename_data(root.name, "Kitchen")
    add_class(root, "a fork")
    [kept] = list_data()
    assert (kept.name, list(contents(root))) == ("Kitchen", ["cup", "ball", "a fork"])


def test_a_picture_keeps_its_bytes_and_its_ending(root: Path) -> None:
    content = encoded(form="PNG")
    assert add_picture(root, "cup", content, name="Photo of mine.PNG") == "00005.png"
    assert find_picture(root, "cup/00005.png").read_bytes() == content


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holiday.jpg is empty"),
        (b"GIF89a no picture", "holiday.jpg is not a picture"),
        (encoded(size=(400, 300))[:900], "holiday.jpg is a damaged or incomplete JPEG"),
        (b"\xff" * 10_000_001, "holiday.jpg has 10.0 MB and the limit is 10 MB"),
    ],
    ids=["empty", "none", "cut short", "too large"],
)
def test_what_is_no_picture_is_not_kept(root: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ImageError, match=sentence):
        add_picture(root, "cup", content, name="holiday.jpg")
    assert len(contents(root)["cup"]) == 2


def test_a_full_set_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_class, "MOST_PICTURES", 4)
    with pytest.raises(DataError, match="This set is full: 4 pictures"):
        add_picture(root, "cup", encoded(), name="x.jpg")
    monkeypatch.setattr(by_class, "MOST_CLASSES", 2)
    with pytest.raises(DataError, match="2 classes at most"):
        add_class(root, "fork")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "needs a name"),
        (" . ", "needs a name"),
        ("../out", "because of “/”"),
        ("a\\b", "because of"),
        ("what?", "because of"),
        ("x" * 41, "too long"),
        ("test", "parts of a data set"),
        ("Train", "parts of a data set"),
        ("masks", "parts of a data set"),
        ("images", "parts of a data set"),
        ("CUP", "already"),
        ("  cup ", "already"),
    ],
)
def test_a_name_that_no_reader_would_take_for_a_class_is_refused(root: Path, name: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        add_class(root, name)
    with pytest.raises(DataError, match=sentence):
        rename_class(root, "ball", name)
    assert list(contents(root)) == ["cup", "ball"]


def test_two_names_that_would_be_parts_of_one_set_are_refused(root: Path) -> None:
    add_class(root, "my train")
    with pytest.raises(DataError, match="“my test” beside “my train”"):
        add_class(root, "my test")
    add_class(root, "photo frame")
    with pytest.raises(DataError, match="“face mask” beside “photo frame”"):
        add_class(root, "face mask")


@pytest.mark.parametrize("name", ["Käse & Brot", "杯子", "my train", "with mask", "1", "Anna’s mine"])
def test_any_other_name_is_read_back(root: Path, name: str) -> None:
    add_class(root, name)
    add_picture(root, name, encoded(9), name="x.jpg")
    assert set(read_dataset(root).class_names) == {"cup", "ball", name}


def test_a_class_is_called_otherwise_and_keeps_its_place(root: Path) -> None:
    assert rename_class(root, "cup", " Mug  one ") == "Mug one"
    assert contents(root) == {"Mug one": ("00001.jpg", "00002.jpg"), "ball": ("00003.jpg", "00004.jpg")}
    assert rename_class(root, "Mug one", "mug one") == "mug one", "another spelling of its own name"
    with pytest.raises(DataError, match="no class “cup”"):
        rename_class(root, "cup", "x")


def test_pictures_move_go_out_and_come_back(root: Path) -> None:
    assert move_pictures(root, ["cup/00001.jpg"], "ball") == ["ball/00001.jpg"]
    [out] = move_pictures(root, ["ball/00003.jpg"], OUT)
    assert contents(root) == {"cup": ("00002.jpg",), "ball": ("00001.jpg", "00004.jpg")}
    assert list_data()[0].pictures == 3
    assert len(read_dataset(root).samples) == 3, "what was taken out is not read"
    assert add_picture(root, "cup", encoded(), name="x.jpg") == "00005.jpg", "its number waits with it"
    assert move_pictures(root, [out], "ball") == ["ball/00003.jpg"]


def test_a_class_goes_out_and_comes_back(root: Path) -> None:
    out = delete_class(root, "cup")
    assert contents(root) == {"ball": ("00003.jpg", "00004.jpg")}
    add_class(root, "cup", place=0)
    assert list(contents(root)) == ["cup", "ball"]
    move_pictures(root, out, "cup")
    assert contents(root)["cup"] == ("00001.jpg", "00002.jpg")


def test_of_one_name_in_two_classes_neither_is_lost(root: Path) -> None:
    (root / "ball" / "00001.jpg").write_bytes(encoded(7))
    assert move_pictures(root, ["cup/00001.jpg"], "ball") == ["ball/00005.jpg"]
    assert len(contents(root)["ball"]) == 4


@pytest.mark.parametrize("picture", ["../cup/00001.jpg", "cup/../cup/00001.jpg", "cup", "/etc/passwd", ".about.json",
                                     ".thumbnails/x.webp", "cup/.hidden.jpg", "cup/linked.jpg", "cup/\0"])  # fmt: skip
def test_no_name_leads_out_of_the_set(root: Path, picture: str, tmp_path: Path) -> None:
    (root / "cup" / ".hidden.jpg").write_bytes(encoded())
    (tmp_path / "own.jpg").write_bytes(encoded())
    (root / "cup" / "linked.jpg").symlink_to(tmp_path / "own.jpg")
    with pytest.raises(DataError, match="not in this set any more"):
        find_picture(root, picture)
    with pytest.raises(DataError, match="not in this set any more"):
        move_pictures(root, ["cup/00001.jpg", picture], OUT)
    assert "00001.jpg" in contents(root)["cup"], "nothing is moved where not all can be"
    with pytest.raises(DataError, match="no class"):
        move_pictures(root, ["cup/00001.jpg"], "../elsewhere")


def test_pictures_that_come_at_once_get_names_of_their_own(root: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        names = list(pool.map(lambda seed: add_picture(root, "cup", encoded(seed), name="x.jpg"), range(12)))
    assert len(set(names)) == 12
    assert len(contents(root)["cup"]) == 14
    assert list_data()[0].pictures == 16


def test_what_was_taken_out_is_deleted_an_hour_later(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [out] = move_pictures(root, ["cup/00001.jpg"], OUT)
    thumbnail(root, root / out)
    clean_up(root)
    assert (root / out).is_file()
    monkeypatch.setattr(by_class, "KEPT_OUT_S", -1.0)
    clean_up(root)
    assert not (root / out).exists()
    assert list((root / ".thumbnails").iterdir()) == [], "nor is anything left of what it showed"


def test_a_small_picture_is_made_once_and_stays_where_its_picture_goes(root: Path) -> None:
    add_picture(root, "cup", encoded(size=(400, 200)), name="x.jpg")
    small = thumbnail(root, root / "cup" / "00005.jpg")
    assert Image.open(io.BytesIO(small)).size == (SIDE, SIDE // 2)
    [moved] = move_pictures(root, ["cup/00005.jpg"], "ball")
    made = list((root / ".thumbnails").iterdir())
    assert thumbnail(root, root / moved) == small
    assert list((root / ".thumbnails").iterdir()) == made


def test_the_time_of_the_last_change_is_known(root: Path) -> None:
    before = time.time()
    assert last_change(root) <= before
    rename_class(root, "cup", "mug")
    assert last_change(root) >= before
    assert last_change(root.parent) == 0.0


def test_folders_that_were_brought_in_can_be_changed_and_other_forms_cannot(
    data: Path, tiny_challenge: Path, tmp_path: Path
) -> None:
    for name in ("cat", "dog"):
        file = data / "pets-1" / name / "1.png"
        file.parent.mkdir(parents=True)
        file.write_bytes(encoded(len(name), form="PNG"))
    assert open_set("pets-1").name == "pets-1"
    assert move_pictures(data / "pets-1", ["cat/1.png"], "dog") == ["dog/00002.png"]
    (data / "split" / "train" / "cat").mkdir(parents=True)
    (data / "split" / "train" / "cat" / "1.png").write_bytes(encoded())
    (data / "tiny").symlink_to(tiny_challenge)
    (data / "linked").symlink_to(data / "pets-1")
    for other in ("split", "tiny", "linked"):
        with pytest.raises(DataError, match="only pictures in a folder for each class"):
            open_set(other)
    with pytest.raises(DataError, match="no data set"):
        open_set("../pets-1")
