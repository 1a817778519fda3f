"""What can be trained on is sorted out, and split."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_data import save, write_table
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import (
    Dataset,
    Sample,
    share_classes,
    skip_unreadable,
    split_train_validation,
    together,
    trainable,
)
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError


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


def several(*shown: tuple[int, ...]) -> Dataset:
    """Pictures of one class, or of several, each in a box of its own."""
    samples = tuple(
        Sample(
            Path(f"{index}.jpg"),
            as_boxes([[0, 0, 5, 5]] * len(labels)),
            labels[0] if len(set(labels)) == 1 else None,
            None,
            box_labels=labels if len(set(labels)) > 1 else (),
        )
        for index, labels in enumerate(shown)
    )
    return Dataset(Path("data"), "train", ("cup", "ball", "hat", "pen"), samples, (), ("0", "1", "2", "3"))


def test_classes_of_boxes_close_up_too_and_their_pictures_stay() -> None:
    dataset = trainable(several((0,), (2, 3), (3, 2), (3,), (1, 3), (2,)), opened=False)
    assert (dataset.class_names, dataset.class_ids) == (("hat", "pen"), ("2", "3"))
    assert [(one.label, one.box_labels, len(one.boxes)) for one in dataset.samples] == [
        (None, (0, 1), 2),
        (None, (1, 0), 2),
        (1, (), 1),
        (None, (-1, 1), 2),  # it shows the ball, which is left out
        (0, (), 1),
    ]
    assert dataset.problems == tuple(
        f"the class {name} has a single picture and is left out: two are the least, better twenty"
        for name in ("cup", "ball")
    )


@pytest.mark.parametrize(
    "shown",
    [
        [(0,)] * 10 + [(0, 1)] * 10 + [()] * 10,
        [(0,)] * 10 + [(1,)] + [(0, 1)],
        [(0,)] * 4 + [(1,), (2,), (0, 1, 2)],
        [(0, 1)] * 4,
        [(0,), (0,), (0, 1), (1, 0)],
    ],
)
def test_pictures_of_several_classes_are_split_evenly(shown: list[tuple[int, ...]]) -> None:
    dataset = several(*shown)
    training, validation = split_train_validation(dataset)
    for part in (training, validation):
        counts = [sum(one.label == label for one in part.samples) for label in (0, None)]
        share = len(part.samples) / len(shown)
        for count, label in zip(counts, (0, None), strict=True):
            assert abs(count - share * sum(one.label == label for one in dataset.samples)) <= 1
    assert len(training.samples) + len(validation.samples) == len(shown)


def test_splits_get_one_list_of_classes() -> None:
    first = several((0,), (0, 1))
    other = replace(
        several((0,), (1, 0)), split="test", class_names=("ball", "owl", "hat", "pen"), class_ids=tuple("5678")
    )
    shared = share_classes([first, other])
    names = ("cup", "ball", "hat", "pen", "owl")
    assert [one.class_names for one in shared] == [names, names]
    assert [one.class_ids for one in shared] == [("0", "1", "2", "3", "6")] * 2
    assert [(one.label, one.box_labels) for one in shared[0].samples] == [(0, ()), (None, (0, 1))]
    assert [(one.label, one.box_labels) for one in shared[1].samples] == [(1, ()), (None, (4, 1))]


def test_a_drawn_mask_that_is_damaged_is_named(tmp_path: Path) -> None:
    mask = tmp_path / "elsewhere/m.png"
    mask.parent.mkdir()
    mask.write_bytes(b"no picture")
    sample = Sample(save(tmp_path / "data/a.jpg"), as_boxes([]), None, mask)
    left = skip_unreadable(Dataset(tmp_path / "data", "train", (), (sample,), (), ()))
    assert left.samples == ()
    assert left.problems[0].startswith("m.png is not a picture")


def test_nothing_to_train_on_is_an_error_with_the_report(tmp_path: Path) -> None:
    save(tmp_path / "dog/a.jpg")
    save(tmp_path / "cat/a.jpg")
    with pytest.raises(DataError, match=r"(?s)nothing that can be trained on.*the class cat has a single picture"):
        trainable(read_dataset(tmp_path))


@pytest.mark.parametrize("seed", range(5))
def test_no_class_of_two_is_without_validation(seed: int) -> None:
    training, validation = split_train_validation(dataset_of([0] * 60 + [1] * 2 + [2] * 2), seed=seed)
    for part in (training, validation):
        assert {sample.label for sample in part.samples} == {0, 1, 2}
    assert len(training.samples) + len(validation.samples) == 64


def test_pictures_without_a_class_are_dealt_out_on_their_own() -> None:
    training, validation = split_train_validation(dataset_of([0] * 10 + [1] * 10 + [None] * 10))
    assert [sum(one.label is None for one in part.samples) for part in (training, validation)] == [8, 2]
    alone, _ = split_train_validation(dataset_of([0] * 10 + [None]))
    assert sum(one.label is None for one in alone.samples) == 1


def test_a_given_validation_part_goes_along(tmp_path: Path) -> None:
    for name in ("train/ant/0", "train/bee/0", "train/bee/1", "valid/bee/0", "valid/bee/1", "valid/ant/0"):
        save(tmp_path / f"{name}.jpg", size_wh=(200, 100))
    cut_short(tmp_path / "train/ant/0.jpg")
    cut_short(tmp_path / "valid/bee/1.jpg")
    told: list[tuple[int, int]] = []
    dataset = trainable(read_dataset(tmp_path), progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (6, 6)
    assert dataset.class_names == ("bee",)
    training, validation = split_train_validation(dataset)
    assert [[sample.label for sample in part.samples] for part in (training, validation)] == [[0, 0], [0]]
    assert any("valid/bee/1.jpg is a damaged" in problem for problem in dataset.problems)


def test_masks_that_say_nothing_are_named(tmp_path: Path) -> None:
    for index, value in enumerate((0, 0, 0, 255, 1)):
        save(tmp_path / f"images/{index}.jpg")
        save(tmp_path / f"masks/{index}.png", grey=value)
    half = Image.new("L", (20, 10))
    half.paste(1, (0, 0, 9, 9))
    save(tmp_path / "images/5.jpg")
    half.save(tmp_path / "masks/5.png")
    dataset = skip_unreadable(read_dataset(tmp_path))
    assert len(dataset.samples) == 6
    say = "which says nothing of an object"
    assert dataset.problems == (
        f"3 masks are empty, {say} (masks/0.png, masks/1.png, masks/2.png): draw it, or take the picture out",
        f"2 masks are full, {say} (masks/3.png, masks/4.png): draw it, or take the picture out",
    )
    assert "2 masks are read as 0 and 1 in place of 0 and 255" in dataset.notes


def test_many_findings_that_are_alike_are_one_line() -> None:
    alike = [f"train.csv line {index}: there is no picture {index}.jpg" for index in range(20)]
    assert together([alike[0], "something else", *alike[1:]]) == [f"{alike[0]} – and 19 more like it", "something else"]
    assert together(alike[:3]) == alike[:3]


def test_a_box_of_no_known_class_is_none_in_shared_classes_either() -> None:
    part = several((0, -1))
    part = replace(part, class_names=("cup",), class_ids=("0",), validation=part.samples)
    first, second = share_classes([replace(part, class_names=("pen",)), part])
    assert first.class_names == second.class_names == ("pen", "cup")
    for dataset, label in ((first, 0), (second, 1)):
        assert [one.box_labels for one in (*dataset.samples, *dataset.validation)] == [(label, -1)] * 2
