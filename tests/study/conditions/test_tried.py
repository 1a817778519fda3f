"""The study: which objects are drawn, what is counted, and what is said of it."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from smallimg.boxes import as_boxes
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.factors import CONDITIONS, Strengths
from smallimg.study.conditions.findings import findings
from smallimg.study.conditions.objects import Ground, Thing, draw_things, size_of, typical
from smallimg.study.conditions.tried import Tried, cells, cells_csv, changes, sorted_out, trying

SIDES = {"small": 5, "medium": 15, "large": 60}  # of a picture of 100 × 100


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    """Pictures of 100 × 100 with a small, a medium and a large object: ten of cups, two of balls, one of hats."""
    boxes = as_boxes([[0, 0, side, side] for side in SIDES.values()])
    samples = []
    for number, label in enumerate([0] * 10 + [1] * 2 + [2]):
        path = tmp_path / f"{number}.png"
        Image.new("RGB", (100, 100)).save(path)
        samples.append(Sample(path, boxes, label, None))
    return Dataset(tmp_path, "test", ("cup", "ball", "hat"), tuple(samples), (), ())


@pytest.mark.parametrize(
    ("share", "size"), [(0.0099, "small"), (0.01, "medium"), (0.0499, "medium"), (0.05, "large"), (1.0, "large")]
)
def test_sizes_begin_at_their_bounds(share, size):
    assert size_of(share) == size


def test_classes_and_sizes_take_turns(dataset):
    things = draw_things(dataset, ("cup", "ball"), most=12)
    assert {size: sum(one.size == size for one in things) for size in SIDES} == dict.fromkeys(SIDES, 4)
    for size in SIDES:
        assert sorted(one.label for one in things if one.size == size) == ["ball", "ball", "cup", "cup"]
    assert things == draw_things(dataset, ("cup", "ball"), most=12)
    assert len(draw_things(dataset, ("cup", "ball"), most=999)) == 36


def test_data_without_a_known_class_is_refused(dataset):
    with pytest.raises(DataError, match=r"no object with a box and a class that the bundle knows \(teapot\)"):
        draw_things(dataset, ("teapot",), most=12)


def made(size: str, n: int, **right: int) -> list[Tried]:
    """`n` objects of a size; of each condition the first so many are right."""
    thing = Thing(path=None, mask=None, box_xyxy=(0, 0, 1, 1), label="cup", size=size)  # type: ignore[arg-type]
    return [Tried(thing, {name: index < right.get(name, n // 2) for name in CONDITIONS}) for index in range(n)]


def test_every_cell_is_counted():
    tried = made("small", 10, orig_full=2, orig_crop=7) + made("large", 30, orig_full=24)
    by_cell = {(one.condition, one.size): (one.correct, one.n) for one in cells(tried)}
    assert by_cell["orig_full", "small"] == (2, 10)
    assert by_cell["orig_crop", "small"] == (7, 10)
    assert by_cell["orig_full", "all"] == (26, 40)
    assert not any(size == "medium" for _, size in by_cell)
    head, first, *_ = cells_csv(cells(tried)).splitlines()
    assert head == "condition,size,n,correct,accuracy,low,high"
    assert first.startswith("orig_full,small,10,2,0.2,0.0567,")
    change = next(one for one in changes(tried) if (one.condition, one.size) == ("orig_crop", "small"))
    assert (change.against, change.n, change.difference) == ("orig_full", 10, pytest.approx(0.5))


def test_findings_are_found_where_the_figures_say_so():
    tried = (
        made("small", 100, orig_full=10, orig_crop=60, downscale=10, motion_blur=10, bg_blur=10)
        + made("medium", 100, orig_full=50, orig_crop=60, downscale=55, motion_blur=55)
        + made("large", 100, orig_full=80, orig_crop=80, downscale=78, motion_blur=78, bg_blur=95)
    )
    assert [one.verdict for one in findings(cells(tried), changes(tried))] == ["found"] * 5
    small = [one for one in tried if one.thing.size == "small"]
    assert {one.verdict for one in findings(cells(small), changes(small))} == {"found", "open"}


def test_findings_are_not_found_where_the_figures_say_the_reverse():
    tried = (
        made("small", 100, orig_full=90, orig_crop=60, downscale=60, motion_blur=60)
        + made("medium", 100, orig_full=50, orig_crop=60, downscale=30, motion_blur=30)
        + made("large", 100, orig_full=20, orig_crop=80, downscale=20, motion_blur=20, bg_blur=2)
    )
    assert [one.verdict for one in findings(cells(tried), changes(tried))] == ["not found"] * 5


def test_objects_are_named_under_every_condition(tiny_bundle, tiny_challenge, tmp_path):
    pipeline = Pipeline.load(tiny_bundle)
    things = draw_things(read_dataset(tiny_challenge, split="test"), pipeline.class_names, most=4)
    missing = replace(things[0], path=tmp_path / "gone.png")
    came = list(trying(pipeline, (*things, missing), strengths=Strengths()))
    tried, errors = sorted_out(came)
    assert [one.thing for one in tried] == list(things)
    assert all(set(one.right) == set(CONDITIONS) for one in tried)
    assert came[-1] == errors[0]
    assert "gone.png" in errors[0]
    with pytest.raises(DataError, match="None of the pictures could be read"):
        sorted_out(came[-1:])


def test_what_was_pasted_says_at_which_size():
    """Only there the table has one more column, empty where several sizes are counted together."""
    plain = made("small", 3)
    assert "pasted_at" not in cells_csv(cells(plain))
    pasted = [
        Tried(replace(one.thing, size=size, ground=Ground(Path("b.png"), (), share)), one.right)
        for one in plain
        for size, share in zip(SIDES, typical(), strict=True)
    ]
    rows = list(csv.DictReader(io.StringIO(cells_csv(cells(pasted)))))
    assert [row["pasted_at"] for row in rows[:4]] == ["0.005", "0.0224", "0.15", ""]
    assert [row["size"] for row in rows[:4]] == ["small", "medium", "large", "all"]
