"""Where data comes from: whole or not at all, within limits, and a sentence where there is no network."""

import os
import re
import shutil
import sys
import time
import zipfile
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from PIL import Image

from smallimg.data import sources as data_sources
from smallimg.data.formats import STAYED_IN_ZIP, TEXT_SUFFIXES, read_dataset
from smallimg.data.kept import ABOUT, list_data
from smallimg.data.sources import draw_sample, fetch_known, keep_upload
from smallimg.errors import DataError, Stopped
from smallimg.visitors.wanted import wanted_while


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def save(path: Path, colour: str = "red") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path)
    return path


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """A dropped folder: two classes of two pictures, and what lies about in folders besides."""
    for name in ("cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png", "cats/.hidden.png", "__MACOSX/cats/1.png"):
        save(tmp_path / "pets" / name)
    (tmp_path / "pets" / "notes.doc").write_text("milk, eggs")
    return tmp_path / "pets"


def files_of(folder: Path) -> list[str]:
    """Those that somebody would see."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in (ABOUT, STAYED_IN_ZIP))
    return sorted(path.relative_to(folder).as_posix() for path in files)


def dropped(folder: Path) -> tuple[list[Path], list[str]]:
    """A folder's files, and where they lay in it, as a browser tells: from the folder's own name on."""
    names = files_of(folder)
    return [folder / name for name in names], [f"{folder.name}/{name}" for name in names]


PETS = ["cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png"]


# --- the sample challenge -----------------------------------------------------------------------------------------


def test_the_sample_is_drawn_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Path] = []

    def draw(out: Path, *, train: int, test: int, progress: Any) -> None:
        drawn.append(out)
        assert out.name.startswith("._")  # its own name only when it is whole
        save(out / "train/0.jpg")
        progress(train + test, train + test)

    monkeypatch.setattr(data_sources, "draw_aside", draw)
    told: list[tuple[int, int]] = []
    for _ in range(2):
        path = draw_sample(train=8, test=4, progress=lambda done, of: told.append((done, of)))
        assert path == data / "challenge-8-4"
    assert (len(drawn), told, files_of(path)) == (1, [(12, 12)], ["train/0.jpg"])
    assert draw_sample(progress=lambda done, of: None) == data / "challenge"
    assert {folder.name for folder in data.iterdir()} == {"challenge", "challenge-8-4"}


def test_a_half_drawn_sample_is_not_taken(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def draw(out: Path, **options: Any) -> None:
        save(out / "train/0.jpg")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(data_sources, "draw_aside", draw)
    with pytest.raises(OSError, match="No space left"):
        draw_sample()
    assert list(data.iterdir()) == list_data() == []


def test_what_a_killed_process_was_making_goes_the_day_after(data: Path, pets: Path) -> None:
    for name, age_s in (("._old", 25 * 3600.0), ("._new", 3600.0)):
        save(data / name / "cat" / "0.jpg")
        os.utime(data / name, (time.time() - age_s,) * 2)
    keep_upload([Path(shutil.make_archive(str(pets), "zip", pets))])
    assert {one.name for one in data.iterdir()} == {"._new", "pets-1"}


# --- what somebody drops ------------------------------------------------------------------------------------------


def test_a_zip_is_unpacked_and_kept(data: Path, pets: Path) -> None:
    archive = Path(shutil.make_archive(str(pets.parent / "My Pets!"), "zip", pets))
    assert keep_upload([archive]) == data / "my-pets-1"
    assert files_of(data / "my-pets-1") == PETS
    assert keep_upload(archive, name="Haustiere") == data / "haustiere-1"
    assert {path.name for path in data.iterdir()} == {"my-pets-1", "haustiere-1"}


def test_what_stays_in_a_zip_is_counted_where_its_data_is_looked_at(data: Path, pets: Path) -> None:
    kept = keep_upload(Path(shutil.make_archive(str(pets), "zip", pets)))
    assert "1 file is of a kind smallimg does not read: .doc (1)" in read_dataset(kept).notes


def test_no_upload_takes_anothers_place(data: Path, pets: Path) -> None:
    """Least of all the sample challenge's, which is told by its name alone."""
    archive = Path(shutil.make_archive(str(pets.parent / "challenge"), "zip", pets))
    names = [keep_upload([archive], name=name).name for name in ("challenge", "challenge", "photos-2", "photos-2", "☺")]
    assert names == ["challenge-1", "challenge-2", "photos-2-1", "photos-2-2", "pictures-1"]


def test_loose_files_lie_as_in_the_dropped_folder(data: Path, pets: Path) -> None:
    files, relative = dropped(pets)
    path = keep_upload(files, relative=[name.replace("/", "\\") for name in relative], name="pets")
    assert (path, files_of(path)) == (data / "pets-1", [f"pets/{name}" for name in PETS])
    assert read_dataset(path).class_names == ("cats", "dogs")


def test_labels_of_every_kind_come_along(data: Path, pets: Path) -> None:
    """What a folder's zip is made of in the browser is what is unpacked here."""
    for suffix in TEXT_SUFFIXES:
        (pets / f"notes{suffix}").write_text("{}")
    kept = keep_upload(*dropped(pets)[:1], relative=dropped(pets)[1])
    assert {Path(name).suffix for name in files_of(kept)} == {".png", *TEXT_SUFFIXES}
    wanted = re.search(
        r"WANTED = /(.*)/i", (Path(data_sources.__file__).parents[1] / "ui/folder.js").read_text("utf-8")
    )
    assert all(re.search(wanted[1], f"x{suffix}") for suffix in data_sources.SUFFIXES)


def test_loose_files_without_their_places_lie_side_by_side(data: Path, tmp_path: Path) -> None:
    table = tmp_path / "b" / "train.csv"
    save(tmp_path / "a" / "images" / "x.png")
    table.parent.mkdir()
    table.write_text("image,xmin,ymin,xmax,ymax,class\nx.png,0,0,4,4,cup\n")
    files = [tmp_path / "a/images/x.png", table]
    # Side by side the picture lies in no folder of the form's, and that is said rather than kept.
    with pytest.raises(DataError, match="holds nothing usable for 'train'") as caught:
        keep_upload(files)
    assert "pictures holds" in str(caught.value)
    assert list(data.iterdir()) == []
    assert keep_upload(files, relative=["images/x.png", "train.csv"]) == data / "pictures-1"


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("../1.png", "a path out of its folder"),
        ("/cats/1.png", "a path out of its folder"),
        ("C:\\cats\\1.png", "a path out of its folder"),
        ("cats/\0.png", "a path out of its folder"),
        ("cats/2.png", "Two files are called cats/2.png: zip the folder"),
    ],
)
def test_places_outside_or_taken_are_refused(place: str, sentence: str, data: Path, pets: Path) -> None:
    files = [pets / name for name in ("cats/2.png", "cats/1.png")]
    with pytest.raises(DataError, match=sentence):
        keep_upload(files, relative=["cats/2.png", place])
    assert list(data.iterdir()) == []


def test_a_picture_beyond_the_pages_limits_is_left_out_and_told(
    data: Path, pets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(pets, tmp_path / "with large ones"))
    Image.new("RGB", (300, 200)).save(folder / "cats" / "large.png")
    (folder / "cats" / "heavy.jpg").write_bytes(bytes(90_000))
    monkeypatch.setattr(data_sources, "MAX_PIXELS", 50_000)
    monkeypatch.setattr(data_sources, "PICTURE_BYTES", 80_000)
    kept = read_dataset(keep_upload(Path(shutil.make_archive(str(tmp_path / "zip"), "zip", folder))))
    before = read_dataset(pets)
    assert len(kept.samples) == len(before.samples)
    assert "2 files are of a kind smallimg does not read: .over-0-mb (1), .over-0-megapixels (1)" in kept.notes


def test_links_are_refused(pets: Path) -> None:
    link = pets / "cats/3.png"
    link.symlink_to(pets / "cats/1.png")
    with pytest.raises(DataError, match=r"cats/3\.png' is a link"):
        keep_upload([pets / "cats/1.png", link], relative=["cats/1.png", "cats/3.png"])


@pytest.mark.parametrize(("limit", "value", "sentence"), [("MAX_FILES", 3, "limit is 3"), ("MAX_BYTES", 100, "limit")])
@pytest.mark.parametrize("as_zip", [True, False])
def test_limits_hold(
    as_zip: bool, limit: str, value: int, sentence: str, data: Path, pets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_sources, limit, value)
    files, relative = dropped(pets)
    archive = Path(shutil.make_archive(str(pets), "zip", pets))
    with pytest.raises(DataError, match=sentence):
        keep_upload([archive]) if as_zip else keep_upload(files, relative=relative)
    assert list(data.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            ("mine/bundle.json", "mine/classifier.onnx"),
            "holds a trained model and no pictures: “Bring in a model”",
        ),
        (("photos.zip",), r"holds another zip \(photos\.zip\): unpack it once"),
        (
            ("train.csv", "notes.txt"),
            r"holds nothing smallimg can use: expected .* pictures, found \.csv \(1\), \.txt \(1\)",
        ),
    ],
)
def test_what_was_meant_for_another_place_is_told_so(
    files: tuple[str, ...], sentence: str, data: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        for name in files:
            archive.writestr(name, "x")
    with pytest.raises(DataError, match=rf"^other\.zip {sentence}"):
        keep_upload([tmp_path / "other.zip"])
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("as_zip", [True, False])
def test_other_files_are_named_when_nothing_is_left(as_zip: bool, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "office"
    folder.mkdir()
    for name in ("a.doc", "b.doc", "README"):
        (folder / name).write_text("milk, eggs")
    files = [Path(shutil.make_archive(str(folder), "zip", folder))] if as_zip else dropped(folder)[0]
    with pytest.raises(DataError, match=r"nothing smallimg can use.* found \.doc \(2\), without an ending \(1\)\."):
        keep_upload(files)
    assert list(data.iterdir()) == []


def test_what_is_no_data_is_told_by_its_own_name(data: Path, tmp_path: Path) -> None:
    folder = save(tmp_path / "photos" / "1.png").parent
    archive = Path(shutil.make_archive(str(folder), "zip", folder))
    with pytest.raises(DataError, match=r"^photos\.zip has no data smallimg knows"):
        keep_upload([archive])
    with pytest.raises(DataError, match=r"^pictures has no data smallimg knows"):
        keep_upload([folder / "1.png"])
    text = tmp_path / "notes.doc"
    text.write_text("milk, eggs")
    with pytest.raises(DataError, match=r"notes\.doc could not be unpacked"):
        keep_upload([text])
    with pytest.raises(DataError, match="found no files"):
        keep_upload([])
    with pytest.raises(DataError, match="1 files and 2 places"):
        keep_upload([folder / "1.png"], relative=["a/1.png", "b/1.png"])
    assert list(data.iterdir()) == []


# --- known sets ---------------------------------------------------------------------------------------------------


class FakeLoader:
    """torchvision's loaders' ways, without their network: 30 pictures of three kinds."""

    classes = ("T-shirt/top", "bag", "boot")
    asked: ClassVar[list[tuple[Path, bool]]] = []

    def __init__(self, root: Path, *, train: bool, download: bool) -> None:
        assert download
        self.asked.append((root, train))
        self.targets = [index % 3 for index in range(30)]

    def __getitem__(self, index: int) -> tuple[Image.Image, int]:
        return Image.new("L", (28, 28), index), self.targets[index]


def test_known_sets_become_class_folders_once(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeLoader, "asked", [])
    monkeypatch.setitem(sys.modules, "torchvision", SimpleNamespace(datasets=SimpleNamespace(FashionMNIST=FakeLoader)))
    for _ in range(2):
        path = fetch_known("Fashion-MNIST", per_class=5)
        assert path == data / "fashion-mnist-5"
    assert FakeLoader.asked == [(data / "downloads/fashion-mnist", train) for train in (True, False)]
    training, test = read_dataset(path), read_dataset(path, split="test")
    assert training.class_names == ("T-shirt or top", "bag", "boot")
    assert [sample.label for sample in training.samples] == [0] * 5 + [1] * 5 + [2] * 5
    assert files_of(path / "test") == [f"{name}/00001.png" for name in training.class_names]
    with Image.open(training.samples[1].path) as picture:
        assert (picture.mode, picture.getpixel((0, 0))) == ("RGB", (3, 3, 3))
    assert (len(test.samples), training.problems + test.problems) == (3, ())


def test_nobody_waits_for_what_is_fetched_once_it_is_cancelled(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10

    begun, go_on = Event(), Event()

    def fetch(*_: Any, **__: Any) -> None:
        begun.set()
        go_on.wait(30)
        raise OSError("too late")

    def not_once_it_has_begun() -> None:
        if begun.is_set():
            raise Stopped("It was cancelled.")

    monkeypatch.setattr(CIFAR10, "__init__", fetch)
    with wanted_while(not_once_it_has_begun), pytest.raises(Stopped, match="It was cancelled"):
        fetch_known("CIFAR-10", per_class=2)
    assert list_data() == []
    go_on.set()


def test_without_a_network_there_is_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10, FashionMNIST

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(CIFAR10, "url", "http://127.0.0.1:9/")  # nobody listens there
    monkeypatch.setattr(FashionMNIST, "mirrors", ["http://127.0.0.1:9/"])
    for name in data_sources.KNOWN:
        with pytest.raises(
            DataError, match=rf"{name} could not be fetched, because the internet cannot be reached .* need no network"
        ):
            fetch_known(name)
    assert files_of(data) == []


def test_unknown_names_and_numbers_are_sentences() -> None:
    with pytest.raises(DataError, match="choose CIFAR-10 or Fashion-MNIST"):
        fetch_known("ImageNet")
    with pytest.raises(DataError, match="choose 2, not 1"):
        fetch_known("CIFAR-10", per_class=1)


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(DataError, match=r"can be kept in “data” \(Not a directory\): .* in the setting SMALLIMG_DATA"):
        draw_sample(train=8, test=8)
