"""The figures of an evaluation, against sums done by hand on a pipeline whose answers are known."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError
from smallimg.pipeline import Pipeline
from smallimg.results import Box, Prediction
from smallimg.study.evaluation import Evaluation, evaluate, write_evaluation
from smallimg.study.looking import Setting

CLASSES = ("cup", "ball", "hat", "pen")
SIZE = (20, 10)


class Answers:
    """A pipeline that gives one prepared prediction after the other."""

    class_names = CLASSES

    def __init__(self, *predictions: Prediction) -> None:
        self._predictions: Iterator[Prediction] = iter(predictions)
        self.told: list[list[Box] | None] = []  # where it was told that the object is

    def each(self, work: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        return (work(self, item) for item in items)

    def predict(self, image: Image.Image, *, remove_background: bool, boxes: list[Box] | None = None) -> Prediction:
        assert image.size == SIZE
        assert remove_background
        self.told.append(boxes)
        return next(self._predictions)


def answer(
    label: str | None = None,
    box: tuple[float, ...] | None = None,
    alpha: np.ndarray | None = None,
    ms: float = 1.0,
    sure: float = 1.0,
) -> Prediction:
    cutout = None
    if alpha is not None:
        cutout = Image.new("RGBA", SIZE)
        cutout.putalpha(Image.fromarray(alpha))
    boxes = () if box is None else (Box(*box, score=0.9), Box(0, 0, 20, 10, score=0.1))
    rest = (1 - sure) / (len(CLASSES) - 1)
    probabilities = {name: sure if name == label else rest for name in CLASSES} if label else {}
    return Prediction(SIZE, cutout, boxes, None, probabilities, {"detector": ms, "total": 2 * ms})


def make_dataset(
    root: Path,
    labels: list[int | None],
    boxes: list[list[list[float]]] | None = None,
    masks: list[np.ndarray] | None = None,
) -> Dataset:
    (root / "test").mkdir()
    samples = []
    for index, label in enumerate(labels):
        path = root / "test" / f"{index}.png"
        Image.new("RGB", SIZE).save(path)
        mask = None
        if masks:
            mask = root / f"mask{index}.png"
            Image.fromarray(masks[index]).save(mask)
        samples.append(Sample(path, as_boxes(boxes[index] if boxes else []), label, mask))
    # The data knows three of the four classes, in another order than the pipeline.
    return Dataset(root, "test", ("hat", "cup", "ball"), tuple(samples), (), ("7", "8", "9"))


def test_classification_figures(tmp_path: Path) -> None:
    #                                    cup cup ball hat
    dataset = make_dataset(tmp_path, [1, 1, 2, 0])
    progress: list[tuple[int, int]] = []
    evaluation = evaluate(
        Answers(answer("cup"), answer("ball"), answer("ball"), answer("ball")),
        dataset,
        progress=lambda done, total: progress.append((done, total)),
    )
    metrics = evaluation.metrics
    assert metrics["n"] == 4
    assert metrics["accuracy"] == 0.5
    # cup 1/1, ball 1/3, hat never predicted 0; pen is neither predicted nor true and does not count
    assert metrics["precision"] == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-6)
    assert metrics["recall"] == pytest.approx((1 / 2 + 1 + 0) / 3, abs=1e-6)
    assert metrics["class_accuracy"] == {"cup": 0.5, "ball": 1.0, "hat": 0.0}
    assert metrics["classes"] == ["cup", "ball", "hat", "pen"]
    assert metrics["confusion_matrix"] == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert metrics["calibration_error"] == 0.5, "always certain, half of the time right"
    assert metrics["known"] == 1
    assert metrics["accuracy_interval"] == pytest.approx([0.150039, 0.849961], abs=1e-6), "Wilson's, of 2 of 4"
    assert (metrics["answered"], metrics["answered_right"]) == (4, 2)
    assert [row.name for row in evaluation.measured] == ["0.png", "1.png", "2.png", "3.png"]
    assert progress == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert "box_iou" not in metrics
    assert "mask_iou" not in metrics


def test_what_it_is_not_sure_of_is_counted_apart(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [1, 1, 2, 0, None])
    answers = (answer("cup", sure=0.9), answer("cup", sure=0.4), answer("hat", sure=0.3), answer("cup"), answer("pen"))
    metrics = evaluate(Answers(*answers), dataset).metrics
    assert metrics["accuracy"] == 0.5, "the most probable class, sure of it or not"
    assert (metrics["answered"], metrics["answered_right"]) == (2, 1), "of those whose class is known"


def test_classes_thresholds_and_calibration_are_counted(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [1, 1, 2, 0])
    answers = (answer("cup", sure=0.9), answer("cup", sure=0.6), answer("cup", sure=0.8), answer("hat", sure=0.26))
    metrics = evaluate(Answers(*answers), dataset).metrics
    assert metrics["by_class"]["cup"] == {
        "n": 2, "named": 3, "right": 2, "precision": pytest.approx(2 / 3, abs=1e-6), "recall": 1.0, "f1": 0.8,
        "precision_interval": pytest.approx([0.2077, 0.9385], abs=1e-4),
        "recall_interval": pytest.approx([0.3424, 1.0], abs=1e-4),
    }  # fmt: skip
    assert metrics["by_class"]["ball"]["precision"] is None, "never said"
    assert metrics["by_class"]["hat"]["recall"] == 1
    assert "pen" not in metrics["by_class"]
    assert metrics["f1"] == pytest.approx((0.8 + 0 + 1) / 3, abs=1e-6)
    # Of the third, "ball" had a third of the fifth that "cup" left over.
    surprise = -np.log([0.9, 0.6, 0.2 / 3, 0.26])
    assert metrics["loss"] == pytest.approx(surprise.mean(), abs=1e-5)
    counted = metrics["thresholds"]
    at = {round(one, 2): place for place, one in enumerate(counted["from"])}
    # The last one has no lead over the others, and is said at no threshold.
    assert [(counted["answered"][at[one]], counted["right"][at[one]]) for one in (0.0, 0.7, 0.85, 0.95)] == [
        (3, 2), (2, 1), (1, 1), (0, 0),
    ]  # fmt: skip
    assert [(one["n"], one["right"]) for one in metrics["calibration"]] == [(1, 1), (1, 1), (1, 0), (1, 1)]
    assert metrics["calibration"][0]["low"] <= 0.26 < metrics["calibration"][0]["high"]
    assert metrics["named"] == 4
    assert metrics["known_interval"] == pytest.approx([0.5101, 1.0], abs=1e-4)


def test_what_was_ruled_out_and_true_has_a_finite_loss(tmp_path: Path) -> None:
    metrics = evaluate(Answers(answer("cup", sure=1.0)), make_dataset(tmp_path, [2])).metrics
    assert 10 < metrics["loss"] < 20


def test_whole_pictures_are_looked_at_without_cropping(tmp_path: Path) -> None:
    pipeline = Answers(answer("cup", (5, 0, 10, 10)))
    dataset = make_dataset(tmp_path, [1], [[[0, 0, 10, 10]]])
    evaluation = evaluate(pipeline, dataset, setting=Setting(crop=False))
    assert pipeline.told == [[Box(0, 0, *SIZE, 1.0)]]
    assert "box_iou" not in evaluation.metrics
    assert evaluation.rows[0].box is None


def test_pictures_without_a_box_and_sizes_of_objects_are_counted(tmp_path: Path) -> None:
    boxes = [[[0, 0, 10, 10]], [[0, 0, 20, 10]], []]
    predictions = [answer("cup", (0, 0, 10, 10)), answer("ball"), answer("cup", (0, 0, 5, 5))]
    metrics = evaluate(Answers(*predictions), make_dataset(tmp_path, [1] * 3, boxes)).metrics
    assert (metrics["without_box"], metrics["looked_for_boxes"], metrics["boxes_known"]) == (1, 3, 2)
    assert metrics["objects"] == {"small": 2, "medium": 0, "large": 0}
    assert metrics["map_50"] == pytest.approx(0.5, abs=0.01), "one of two is found; no box is known of the third"
    assert metrics["by_size"] == {"small": {"n": 2, "named": 2, "right": 1, "box_iou": pytest.approx(0.5)}}


def test_rows_are_handed_over_as_they_come(tmp_path: Path) -> None:
    taken: list[Any] = []
    dataset = make_dataset(tmp_path, [1, 2], [[[0, 0, 10, 10]], []])
    first, second = answer("cup", (2, 2, 7.5, 8), alpha=np.full((10, 20), 255, np.uint8)), answer("cup")
    evaluation = evaluate(Answers(first, second), dataset, keep=("cutouts", "crops"), take=taken.append)
    assert [one.row for one in taken] == evaluation.rows
    assert {name: Image.open(io.BytesIO(content)).size for name, content in taken[0].files.items()} == {
        "cutouts": SIZE, "crops": (6, 6),
    }  # fmt: skip
    assert taken[1].files == {}


def test_box_figures_take_the_top_box_and_the_best_truth(tmp_path: Path) -> None:
    boxes = [[[0, 0, 10, 10]], [[0, 0, 10, 10], [10, 0, 20, 10]], [[0, 0, 10, 10]], []]
    predictions = [
        answer("cup", (5, 0, 10, 10)),  # 50 of 100
        answer("cup", (12, 0, 20, 10)),  # 80 of 100, with the second
        answer("cup"),  # no object found counts 0
        answer("cup", (0, 0, 1, 1)),  # no truth, so it does not count
    ]
    metrics = evaluate(Answers(*predictions), make_dataset(tmp_path, [1] * 4, boxes)).metrics
    assert metrics["box_iou"] == pytest.approx((0.5 + 0.8 + 0) / 3)
    assert metrics["box_iou_50"] == pytest.approx(2 / 3)


def test_mask_figures(tmp_path: Path) -> None:
    left, top, empty = (np.zeros((10, 20), np.uint8) for _ in range(3))
    left[:, :10] = 255
    top[:5] = 255
    soft = np.where(left > 0, 128, 127).astype(np.uint8)  # just above and below one half
    evaluation = evaluate(
        Answers(answer(alpha=top), answer(alpha=soft), answer(alpha=empty)),
        make_dataset(tmp_path, [None] * 3, masks=[left, left, empty]),
    )
    # Nothing found where nothing is, is no success: it is counted, and left out of the mean.
    assert evaluation.metrics["mask_iou"] == pytest.approx((50 / 150 + 1) / 2)
    assert evaluation.metrics["mask_empty"] == 1
    soft_mae = ((255 - 128) + 127) / 2 / 255
    assert evaluation.metrics["mask_mae"] == pytest.approx((0.5 + soft_mae + 0) / 3)
    assert "accuracy" not in evaluation.metrics


def test_given_boxes_are_told_and_not_measured(tmp_path: Path) -> None:
    boxes = [[[0, 0, 10, 10]], [[0, 0, 10, 10], [12, 0, 20, 10]], []]
    dataset = make_dataset(tmp_path, [1] * 3, boxes)
    answers = [answer("cup", (0, 0, 10, 10)), answer("cup", (0, 0, 10, 10)), answer("hat")]
    pipeline = Answers(*answers)
    metrics = evaluate(pipeline, dataset, setting=Setting(given_boxes=True)).metrics
    assert pipeline.told == [
        [Box(0, 0, 10, 10, 1.0)], [Box(0, 0, 10, 10, 1.0), Box(12, 0, 20, 10, 1.0)], []
    ]  # fmt: skip
    assert metrics["accuracy"] == pytest.approx(2 / 3, abs=1e-6)
    assert "box_iou" not in metrics, "it would be that of the truth with itself"

    pipeline = Answers(*answers)
    assert "box_iou" in evaluate(pipeline, dataset).metrics
    assert pipeline.told == [None] * 3


def test_milliseconds_are_medians(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [1, 1, 1])
    metrics = evaluate(Answers(*(answer("cup", ms=ms) for ms in (1, 50, 2))), dataset).metrics
    assert metrics["milliseconds"] == {"detector": 2, "total": 4}


def test_an_unreadable_picture_is_listed_and_the_others_go_on(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [1, 2, 0])
    dataset.samples[1].path.write_text("no picture")
    evaluation = evaluate(Answers(answer("cup"), answer("hat")), dataset)
    assert evaluation.metrics["n"] == 2
    assert evaluation.metrics["accuracy"] == 1
    assert evaluation.metrics["unreadable"] == ["1.png"]
    assert evaluation.errors == [
        "1.png is not a picture smallimg can read: use JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.",
        "1 picture has the most frequent class, cup, in submission.csv, because nothing was found there, or it does "
        "not open: 1.png",
    ]
    assert evaluation.answers == [("0.png", "cup"), ("1.png", "cup"), ("2.png", "hat")]
    assert [(row.name, row.error[:5]) for row in evaluation.rows] == [("0.png", ""), ("1.png", "1.png"), ("2.png", "")]

    for sample in dataset.samples:
        sample.path.unlink()
    with pytest.raises(DataError, match="none of the pictures could be read"):
        evaluate(Answers(), dataset)


def test_classes_the_bundle_does_not_know_are_named(tmp_path: Path) -> None:
    pipeline = Answers()
    pipeline.class_names = ("cup", "pen")
    with pytest.raises(DataError, match=r"not trained for \(ball, hat\): it knows cup, pen"):
        evaluate(pipeline, make_dataset(tmp_path, [0, 1, 2]))


def test_of_very_many_known_classes_a_dozen_are_named(tmp_path: Path) -> None:
    pipeline = Answers()
    pipeline.class_names = tuple(f"kind {index}" for index in range(142))
    with pytest.raises(DataError, match=r"it knows kind 0, .*, kind 11 and 130 more\.$"):
        evaluate(pipeline, make_dataset(tmp_path, [0, 1, 2]))


def test_files_hold_the_figures_and_the_submission(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [1, 2, 0])
    evaluation = evaluate(Answers(answer("cup"), answer("pen"), answer("hat")), dataset)
    out = tmp_path / "new" / "out"
    write_evaluation(evaluation, dataset, out)
    assert json.loads((out / "metrics.json").read_text()) == evaluation.metrics
    # By the data's own ids; "pen" is a class of the bundle alone, so it goes by its name.
    assert (out / "submission.csv").read_text() == "Id,Category\n0.png,8\n1.png,pen\n2.png,7\n"
    assert sorted(path.name for path in out.iterdir()) == ["metrics.json", "submission.csv"]


def test_names_in_a_submission_stay_as_they_are(tmp_path: Path) -> None:
    """It is for a scorer, to which a quote before a name makes another name of it."""
    dataset = Dataset(tmp_path, "test", ("cup",), (), (), ("=1+1",))
    names = ["=HYPERLINK()", "+1.jpg", "-1.jpg", "@a.jpg", "a,b.jpg", "a=b.jpg"]
    answers = [(name, "cup") for name in names]
    write_evaluation(Evaluation({}, [], [], answers), dataset, tmp_path)
    with (tmp_path / "submission.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows[1:]] == names
    assert {row[1] for row in rows[1:]} == {"=1+1"}


def test_an_object_found_where_none_is_counts_nothing(tmp_path: Path) -> None:
    empty, full = np.zeros((10, 20), np.uint8), np.full((10, 20), 255, np.uint8)
    metrics = evaluate(Answers(answer(alpha=full)), make_dataset(tmp_path, [None], masks=[empty])).metrics
    assert metrics["mask_iou"] == 0
    only_empty = tmp_path / "only"
    only_empty.mkdir()
    metrics = evaluate(Answers(answer(alpha=empty)), make_dataset(only_empty, [None], masks=[empty])).metrics
    assert ("mask_iou" in metrics, metrics["mask_empty"]) == (False, 1)


@pytest.mark.parametrize("written", ["0 and 1", "palette", "cut-out"])
def test_masks_are_read_as_training_reads_them(written: str, tmp_path: Path) -> None:
    left = np.zeros((10, 20), np.uint8)
    left[:, :10] = 255
    dataset = make_dataset(tmp_path, [None], masks=[left // 255])
    (sample,) = dataset.samples
    if written == "palette":
        picture = Image.fromarray(left // 255 * 15)
        picture.putpalette([0, 0, 0] * 15 + [192, 128, 128])
        picture.save(sample.mask)
    elif written == "cut-out":
        picture = Image.new("RGBA", SIZE, (9, 9, 9, 0))
        picture.putalpha(Image.fromarray(left))
        picture.save(sample.mask)
    assert evaluate(Answers(answer(alpha=left)), dataset).metrics["mask_iou"] == 1


def test_what_is_left_out_of_measuring_has_a_row_all_the_same(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path, [1, 1])
    wrong = Sample(dataset.samples[1].path, as_boxes([]), None, None, name="-wrong row.png")
    gone = Sample(tmp_path / "test/9.png", as_boxes([]), None, None, name="9.png")
    dataset = replace(dataset, samples=dataset.samples[:1], left_out=(wrong, gone))
    evaluation = evaluate(Answers(answer("cup"), answer("hat")), dataset)
    assert (evaluation.metrics["n"], len(evaluation.measured), evaluation.metrics["unreadable"]) == (1, 1, [])
    assert evaluation.answers == [("0.png", "cup"), ("-wrong row.png", "hat"), ("9.png", "cup")]
    assert "9.png" in evaluation.errors[-1]


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file could not be written"):
        write_evaluation(Evaluation({}, [], []), make_dataset(tmp_path, []), tmp_path / "file")


def test_a_real_pipeline_on_the_sample_challenge_gives_every_figure(tiny_bundle: Path, tiny_challenge: Path) -> None:
    dataset = read_dataset(tiny_challenge, split="test")
    metrics = evaluate(Pipeline.load(tiny_bundle), dataset).metrics
    assert (metrics["n"], metrics["unreadable"]) == (8, [])
    shares = ("accuracy", "precision", "recall", "box_iou", "box_iou_50", "mask_iou", "mask_mae")
    assert all(0 <= metrics[name] <= 1 for name in shares)
    assert np.sum(metrics["confusion_matrix"], axis=1).tolist() == [1] * 8  # a picture a class in the small test split
    assert metrics["milliseconds"].keys() == {"background", "detector", "classifier", "total"}


def test_a_real_pipeline_that_is_told_the_boxes_asks_no_detector(tiny_bundle: Path, tiny_challenge: Path) -> None:
    dataset = read_dataset(tiny_challenge, split="test")
    evaluation = evaluate(Pipeline.load(tiny_bundle), dataset, setting=Setting(given_boxes=True))
    assert evaluation.metrics["milliseconds"].keys() == {"background", "classifier", "total"}
    assert not {"box_iou", "box_iou_50"} & evaluation.metrics.keys()
    for row, sample in zip(evaluation.measured, dataset.samples, strict=True):
        assert list(row.box.xyxy) == sample.boxes[0].tolist()
