"""Data sets in each form, sound and damaged; the report names what is wrong and the rest goes on."""

import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample, skip_unreadable, split_train_validation, trainable
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError

HEADER = "image,xmin,ymin,xmax,ymax,class"
SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


def save(path: Path, size_wh: tuple[int, int] = (20, 10), orientation: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[274] = orientation
    Image.new("L" if path.suffix == ".png" else "RGB", size_wh).save(path, exif=exif)
    return path


def write_table(root: Path, *rows: str, split: str = "train", images: int = 3, header: str = HEADER) -> Path:
    """A challenge-form data set of `images` pictures 20×10 named 0.jpg, 1.jpg, …"""
    for index in range(images):
        save(root / split / f"{index}.jpg")
    (root / f"{split}.csv").write_text("\n".join([header, *rows]) + "\n")
    return root


# --- the challenge's form -----------------------------------------------------------------------------------------


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
    ("classes", "cells", "names", "ids", "labels"),
    [
        (None, ["2", "10", "1"], ("1", "2", "10"), ("1", "2", "10"), [1, 2, 0]),
        (None, ["cup", "ball", "cup"], ("ball", "cup"), ("ball", "cup"), [1, 0, 1]),
        (None, ["cup", "3", "cup"], ("3", "cup"), ("3", "cup"), [1, 0, 1]),
        ("cup\nball\nhat\n", ["2", "1", "0"], ("cup", "ball", "hat"), ("0", "1", "2"), [2, 1, 0]),
        ("cup\nball\nhat\n", ["hat", "cup", "ball"], ("cup", "ball", "hat"), ("cup", "ball", "hat"), [2, 0, 1]),
        ("5\n7\n6\n", ["7", "6", "5"], ("5", "7", "6"), ("5", "7", "6"), [1, 2, 0]),  # a name wins over an index
    ],
)
def test_classes_by_index_and_by_name(
    classes: str | None,
    cells: list[str],
    names: tuple[str, ...],
    ids: tuple[str, ...],
    labels: list[int],
    tmp_path: Path,
) -> None:
    write_table(tmp_path, *(f"{index}.jpg,0,0,5,5,{cell}" for index, cell in enumerate(cells)))
    if classes:
        (tmp_path / "classes.txt").write_text(classes)
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.class_ids, dataset.problems) == (names, ids, ())
    assert [sample.label for sample in dataset.samples] == labels


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
        ("1.jpg,-1,0,5,5,cup", "the box (-1, 0, 5, 5) leaves the picture of 20 × 10 pixels"),
        ("1.jpg,0,0,20.5,5,cup", "the box (0, 0, 20.5, 5) leaves the picture"),
        ("1.jpg,0,0,5,11,cup", "the box (0, 0, 5, 11) leaves the picture"),
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


def test_a_picture_of_two_classes_is_left_out(tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,cup", "1.jpg,5,5,9,9,ball", "2.jpg,0,0,5,5,ball")
    dataset = read_dataset(tmp_path)
    assert [sample.path.name for sample in dataset.samples] == ["0.jpg", "2.jpg"]
    assert dataset.problems == ("train.csv: 1.jpg has rows of several classes (ball, cup), expected one",)


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


def test_nothing_usable_is_an_error_with_the_report(tmp_path: Path) -> None:
    write_table(tmp_path, *(f"{index}.jpg,0,0,5,5,cup" for index in range(100, 130)), images=0)
    with pytest.raises(DataError) as caught:
        read_dataset(tmp_path)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{tmp_path} holds nothing usable for 'train'. What is wrong:"
    assert lines[1] == "- train.csv line 2: there is no picture 100.jpg"
    assert lines[-1] == "- … and 11 more"  # 30 rows and the class without a picture, of which 20 are shown
    assert len(lines) == 22


def test_wrong_columns_are_named(tmp_path: Path) -> None:
    write_table(tmp_path, header="filename,xmin,ymin,xmax,ymax,label")
    expected = r"lacks the column image, class: expected image,xmin,.*, found filename,xmin,ymin,xmax,ymax,label\."
    with pytest.raises(DataError, match=expected):
        read_dataset(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00bad", b"\x00", HEADER.encode() + b"\n" + b'"' + b"x" * 200_000])
def test_a_table_that_is_none(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_bytes(data)
    with pytest.raises(DataError, match=r"train\.csv (lacks the column|could not be read as a table)"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("challenge.json", "{"),
        ("challenge.json", "[]"),
        ("challenge.json", '{"names": []}'),
        ("challenge.json", '{"classes": "cup"}' + "x"),
        ("challenge.json", '{"classes": 3}'),
        ("challenge.json", '{"classes": ["cup", 3]}'),
        ("challenge.json", "[" * 100_000),
        ("classes.txt", "\n"),
        ("classes.txt", "cup\nball\ncup\n"),
    ],
)
def test_class_names_that_are_none(name: str, text: str, tmp_path: Path) -> None:
    write_table(tmp_path, "0.jpg,0,0,5,5,0")
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=f"{name} does not name the classes"):
        read_dataset(tmp_path)


# --- the other forms ----------------------------------------------------------------------------------------------


def test_folders_named_by_class_with_splits(tmp_path: Path) -> None:
    for name in ("train/dog/b.jpg", "train/dog/a.JPG", "train/cat/deep/a.png", "test/cat/a.jpg"):
        save(tmp_path / name)
    (tmp_path / "train/empty").mkdir()
    (tmp_path / "train/dog/broken.jpg").write_bytes(b"nothing")
    dataset = read_dataset(tmp_path)
    assert (dataset.class_names, dataset.class_ids, dataset.split) == (("cat", "dog"), ("cat", "dog"), "train")
    found = [(sample.path.relative_to(tmp_path / "train").as_posix(), sample.label) for sample in dataset.samples]
    assert found == [("cat/deep/a.png", 0), ("dog/a.JPG", 1), ("dog/b.jpg", 1)]
    (problem,) = dataset.problems
    assert problem.startswith("dog/: broken.jpg is not a picture")
    assert read_dataset(tmp_path, split="test").class_names == ("cat",)


def test_folders_named_by_class_without_splits(tmp_path: Path) -> None:
    save(tmp_path / "dog/a.jpg")
    save(tmp_path / "cat/a.jpg")
    dataset = read_dataset(tmp_path, split="test")
    assert (dataset.split, dataset.class_names) == ("all", ("cat", "dog"))
    assert all(sample.boxes.shape == (0, 4) and sample.mask is None for sample in dataset.samples)


def test_declared_classes_order_the_folders(tmp_path: Path) -> None:
    for name in ("dog", "cat", "rat"):
        save(tmp_path / name / "a.jpg")
    (tmp_path / "classes.txt").write_text("dog\ncat\n")
    dataset = read_dataset(tmp_path)
    assert [(sample.path.parent.name, sample.label) for sample in dataset.samples] == [("cat", 1), ("dog", 0)]
    assert dataset.problems == ("rat/ is none of the classes named: dog, cat",)


def test_pictures_with_masks(tmp_path: Path) -> None:
    for name in ("images/a.jpg", "images/b.jpg", "images/deep/a.jpg", "masks/a.png", "masks/deep/a.png", "masks/z.png"):
        save(tmp_path / name)
    dataset = read_dataset(tmp_path)
    assert (dataset.split, dataset.class_names, dataset.class_ids) == ("all", (), ())
    assert [(sample.path, sample.mask, sample.label) for sample in dataset.samples] == [
        (tmp_path / "images/a.jpg", tmp_path / "masks/a.png", None),
        (tmp_path / "images/deep/a.jpg", tmp_path / "masks/deep/a.png", None),
    ]
    assert dataset.problems == ("b.jpg: its mask is missing", "the mask z.png has no picture in images/")


def test_data_without_a_form_says_what_was_expected_and_found(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Expected train\.csv beside .* found an empty folder\."):
        read_dataset(tmp_path)
    write_table(tmp_path, "0.jpg,0,0,5,5,cup")
    with pytest.raises(DataError, match=r"for 'validation'\. .* found train\.csv, train/\."):
        read_dataset(tmp_path, split="validation")
    with pytest.raises(DataError, match="There is no data set at"):
        read_dataset(tmp_path / "missing")


def test_test_pictures_are_never_taken_for_training(tmp_path: Path) -> None:
    save(tmp_path / "test/cat/a.jpg")
    with pytest.raises(DataError, match=r"for 'train'.*found test/"):
        read_dataset(tmp_path)


@pytest.mark.parametrize("top", ["", "my data"])
def test_a_zip_reads_like_its_folder(top: str, tmp_path: Path) -> None:
    write_table(tmp_path / "zipped" / top, "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,ball")
    archive = Path(shutil.make_archive(str(tmp_path / "data"), "zip", tmp_path / "zipped"))
    dataset = read_dataset(archive)
    assert dataset.class_names == ("ball", "cup")
    assert all(sample.path.is_file() for sample in dataset.samples)
    with pytest.raises(DataError, match="the limit is 3"):
        read_dataset(archive, max_files=3)
    with pytest.raises(DataError, match="unpacks to more than the limit"):
        read_dataset(archive, max_bytes=700)


def test_a_file_that_is_no_zip(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"photo\.jpg could not be unpacked"):
        read_dataset(save(tmp_path / "photo.jpg"))


# --- splitting ----------------------------------------------------------------------------------------------------


def dataset_of(labels: list[int | None]) -> Dataset:
    samples = tuple(Sample(Path(f"{index}.jpg"), as_boxes([]), label, None) for index, label in enumerate(labels))
    return Dataset(Path("data"), "train", ("cup", "ball", "hat"), samples, (), ("0", "1", "2"))


def test_the_split_is_stratified_whole_and_repeatable() -> None:
    dataset = dataset_of([0] * 50 + [1] * 30 + [2] * 20)
    training, validation = split_train_validation(dataset)
    assert np.bincount([sample.label for sample in training.samples]).tolist() == [40, 24, 16]
    assert np.bincount([sample.label for sample in validation.samples]).tolist() == [10, 6, 4]
    paths = [sample.path for part in (training, validation) for sample in part.samples]
    assert sorted(paths) == sorted(sample.path for sample in dataset.samples)
    assert (training.split, validation.split) == ("train", "validation")

    again = split_train_validation(dataset)[1]
    other = split_train_validation(dataset, seed=1)[1]
    assert again.samples == validation.samples != other.samples


@pytest.mark.parametrize("fraction", [0.01, 0.2, 0.99])
def test_small_data_leaves_a_picture_a_class_on_both_sides(fraction: float) -> None:
    training, validation = split_train_validation(dataset_of([0, 1, 2, 0, 1, 2]), fraction=fraction)
    for part in (training, validation):
        assert {sample.label for sample in part.samples} == {0, 1, 2}


def test_unlabelled_data_is_split_by_chance() -> None:
    training, validation = split_train_validation(dataset_of([None] * 10))
    assert (len(training.samples), len(validation.samples)) == (8, 2)


def test_classes_with_one_picture_are_named() -> None:
    with pytest.raises(DataError, match="data: cup, hat with a single picture"):
        split_train_validation(dataset_of([0, 1, 1, 2]))
    with pytest.raises(DataError, match="has a single picture"):
        split_train_validation(dataset_of([None]))


# --- what can be trained on ---------------------------------------------------------------------------------------


def cut_short(path: Path) -> None:
    """Leave the header whole, so that only opening the picture to its end tells."""
    path.write_bytes(path.read_bytes()[:-40])


def test_pictures_cut_short_are_named_and_left_out(tmp_path: Path) -> None:
    for name in ("cat/a.jpg", "cat/b.jpg", "cat/c.jpg", "dog/a.jpg", "dog/b.jpg", "fox/a.jpg"):
        save(tmp_path / name, size_wh=(200, 100))
    cut_short(tmp_path / "cat/a.jpg")
    cut_short(tmp_path / "fox/a.jpg")
    dataset = read_dataset(tmp_path)
    assert (len(dataset.samples), dataset.problems) == (6, ())
    told: list[tuple[int, int]] = []
    readable = skip_unreadable(dataset, progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 6) for done in range(1, 7)]
    assert readable.problems == tuple(
        f"{name}/a.jpg is a damaged or incomplete JPEG picture: export it again." for name in ("cat", "fox")
    )
    assert [(sample.path.stem, sample.label) for sample in readable.samples] == [("b", 0), ("c", 0), ("a", 1), ("b", 1)]
    assert readable.class_names == ("cat", "dog", "fox")
    left = trainable(dataset)
    assert (left.class_names, left.class_ids) == (("cat", "dog"), ("cat", "dog"))
    assert left.problems == (*readable.problems, "the class fox has no picture that opens and is left out")


def test_a_class_with_a_single_picture_is_left_out_and_the_labels_close_up(tmp_path: Path) -> None:
    write_table(tmp_path, *(f"{index}.jpg,0,0,5,5,{label}" for index, label in enumerate([2, 0, 2, 3, 3])), images=5)
    (tmp_path / "classes.txt").write_text("ant\nbee\ncow\ndog\n")
    dataset = trainable(read_dataset(tmp_path))
    assert (dataset.class_names, dataset.class_ids) == (("cow", "dog"), ("2", "3"))
    assert [(sample.path.stem, sample.label) for sample in dataset.samples] == [("0", 0), ("2", 0), ("3", 1), ("4", 1)]
    assert dataset.problems == (
        "the class bee has no picture",
        "the class ant has a single picture and is left out: two are the least, better twenty",
    )
    split_train_validation(dataset)  # which would refuse it otherwise


def test_a_mask_cut_short_takes_its_picture_with_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in "abc":
        save(tmp_path / "images" / f"{name}.jpg")
        mask = save(tmp_path / "masks" / f"{name}.png")
        Image.fromarray(rng.integers(0, 255, (10, 20), np.uint8)).save(mask)
    (tmp_path / "masks/b.png").write_bytes((tmp_path / "masks/b.png").read_bytes()[:100])
    dataset = trainable(read_dataset(tmp_path))
    assert [sample.path.stem for sample in dataset.samples] == ["a", "c"]
    assert dataset.problems == ("masks/b.png is a damaged or incomplete PNG picture: export it again.",)


def test_nothing_to_train_on_is_an_error_with_the_report(tmp_path: Path) -> None:
    save(tmp_path / "dog/a.jpg")
    save(tmp_path / "cat/a.jpg")
    with pytest.raises(DataError, match=r"(?s)nothing that can be trained on.*the class cat has a single picture"):
        trainable(read_dataset(tmp_path))


# --- real sets, where they lie beside the project -----------------------------------------------------------------


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="the real data sets do not lie in ../shared/data")
@pytest.mark.parametrize(
    ("name", "split", "samples", "classes"),
    [("challenge.zip", "test", 800, 8), ("saliency.zip", "train", 1896, 0), ("kinds.tar.xz", "val", 3958, 200)],
)
def test_real_sets_read_without_a_problem(name: str, split: str, samples: int, classes: int, tmp_path: Path) -> None:
    path = SHARED_DATA / name
    if path.suffix == ".xz":
        with tarfile.open(path) as archive:  # the training pictures would only take time
            archive.extractall(tmp_path, [one for one in archive if not one.name.startswith("train")], filter="data")
        path = tmp_path
    dataset = read_dataset(path, split=split, max_files=100_000)
    assert (len(dataset.samples), len(dataset.class_names), dataset.problems) == (samples, classes, ())
