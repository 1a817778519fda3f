"""The sample challenge: the same seed draws the same bytes, and every box and mask is the object's own."""

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.data.challenge import CLASS_NAMES, write_challenge
from smallimg.data.challenge.objects import OBJECTS
from smallimg.data.challenge.scene import draw_picture
from smallimg.data.challenge.sdf import arc, box, capsule, cylinder, sphere, torus
from smallimg.data.challenge.textures import FAMILIES
from smallimg.data.formats import read_dataset
from smallimg.errors import DataError

SMALL = {"train": 16, "test": 8, "size": 96, "seed": 7}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("challenge") / "set"
    write_challenge(out, **SMALL, workers=1)
    return out


def read_rows(out: Path, split: str) -> list[dict[str, str]]:
    with (out / f"{split}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_bytes(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


def test_same_seed_gives_same_bytes_with_two_workers(drawn: Path, tmp_path: Path) -> None:
    write_challenge(tmp_path / "again", **SMALL, workers=2)
    assert read_bytes(tmp_path / "again") == read_bytes(drawn)


def test_another_seed_draws_other_pictures(drawn: Path, tmp_path: Path) -> None:
    write_challenge(tmp_path / "other", train=2, test=1, size=96, seed=8, workers=1)
    assert (tmp_path / "other/train/0000.jpg").read_bytes() != (drawn / "train/0000.jpg").read_bytes()


def test_layout_and_csv(drawn: Path) -> None:
    for split, count in (("train", 16), ("test", 8)):
        rows = read_rows(drawn, split)
        assert list(rows[0]) == ["image", "xmin", "ymin", "xmax", "ymax", "class"]
        assert [row["image"] for row in rows] == [f"{index:04d}.jpg" for index in range(count)]
        assert sorted(path.name for path in (drawn / split).iterdir()) == [row["image"] for row in rows]
        for row in rows:
            with Image.open(drawn / split / row["image"]) as image:
                assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (96, 96))


def test_box_is_the_tight_box_of_the_mask(drawn: Path) -> None:
    for split in ("train", "test"):
        for row in read_rows(drawn, split):
            with Image.open(drawn / f"{split}_masks" / row["image"].replace(".jpg", ".png")) as image:
                mask = image.convert("L")
            assert set(np.unique(mask)) == {0, 255}
            assert mask.getbbox() == tuple(int(row[side]) for side in ("xmin", "ymin", "xmax", "ymax"))


def test_classes_are_balanced_and_their_order_is_shuffled(drawn: Path) -> None:
    for split, each in (("train", 2), ("test", 1)):
        labels = [int(row["class"]) for row in read_rows(drawn, split)]
        assert sorted(labels) == sorted(list(range(8)) * each)
        assert labels != sorted(labels)
        assert labels != list(range(8)) * each


def test_every_class_has_its_own_background_and_the_test_another(drawn: Path) -> None:
    summary = json.loads((drawn / "challenge.json").read_text(encoding="utf-8"))
    assert tuple(summary["classes"]) == CLASS_NAMES == tuple(OBJECTS)
    assert summary["seed"] == 7
    families = [summary["backgrounds"]["train"][name] for name in CLASS_NAMES]
    assert len({*families, summary["backgrounds"]["test"]}) == len(CLASS_NAMES) + 1
    assert set(FAMILIES) == {*families, summary["backgrounds"]["test"]}


@pytest.mark.parametrize("name", CLASS_NAMES)
def test_object_is_seen_and_lies_inside(name: str) -> None:
    for index in range(6):
        rng = np.random.default_rng([11, index])
        picture, mask = draw_picture(name, "concrete", rng, size=112)
        assert not np.concatenate([mask[[0, -1]], mask[:, [0, -1]].T]).any()
        box = Image.fromarray(mask).getbbox()
        assert box is not None
        assert 0.15 < max(box[2] - box[0], box[3] - box[1]) / 112 < 0.95
        inside, outside = picture[mask].astype(float), picture[~mask].astype(float)
        spread = np.abs(np.percentile(inside, [5, 50, 95], axis=0) - np.percentile(outside, [5, 50, 95], axis=0))
        assert spread.max() > 20  # in its light, its shade or its colour it differs from the ground


def test_grounds_have_texture_and_vary() -> None:
    for name, family in FAMILIES.items():
        first, second = (family(np.random.default_rng(seed), 64) for seed in (1, 2))
        assert first.shape == (64, 64, 3), name
        assert first.dtype == np.float32, name
        assert first.std(axis=(0, 1)).min() > 0.005, name
        assert np.abs(first - second).mean() > 0.01, name


def test_an_unfinished_run_has_no_summary(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert total == 4
        if done == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        write_challenge(tmp_path / "set", train=3, test=1, size=64, workers=1, progress=stop)
    assert not (tmp_path / "set/challenge.json").exists()
    with pytest.raises(DataError, match="not an empty folder"):
        write_challenge(tmp_path / "set", train=3, test=1, size=64, workers=1)


def test_numbers_that_make_no_set_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at least 1 training picture"):
        write_challenge(tmp_path / "set", train=0)
    with pytest.raises(DataError, match="side of 32 pixels"):
        write_challenge(tmp_path / "set", size=8)
    assert not (tmp_path / "set").exists()


def test_importing_stays_light() -> None:
    code = "import sys, smallimg.data.challenge; assert not {'torch', 'pandas', 'gradio'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_distances_match_the_nearest_surface_point() -> None:
    """Against points sampled densely on each surface: exact forms must agree to the sampling's width."""
    rng = np.random.default_rng(0)
    where = rng.uniform(-1.5, 1.5, (3, 200)).astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi, (2, 40_000))
    unit = rng.normal(size=(3, 40_000))
    unit /= np.linalg.norm(unit, axis=0)
    ring = np.stack([np.cos(turn[0]), np.sin(turn[0]), 0 * turn[0]])
    lobe = ring * np.cos(turn[1]) + np.array([[0], [0], [1]]) * np.sin(turn[1])
    bend = np.pi / 2 - rng.uniform(-0.6, 0.6, 40_000)
    spine = 0.7 * np.stack([np.cos(bend), np.sin(bend), 0 * bend])
    surfaces = {
        "sphere": (0.8 * unit, sphere(*where, 0.8)),
        "torus": (0.7 * ring + 0.2 * lobe, torus(*where, 0.7, 0.2)),
        # A tube's outside is the hull of balls along its spine.
        "arc": (spine, arc(*where, 0.7, 0.6, 0.0)),
        "capsule": (
            np.outer([0.2, -0.1, 0.5], np.linspace(-1, 1, 4000)),
            capsule(*where, (-0.2, 0.1, -0.5), (0.2, -0.1, 0.5), 0.0),
        ),
    }
    for name, (surface, distance) in surfaces.items():
        nearest = np.min([np.linalg.norm(surface.T - point, axis=1) for point in where.T], axis=1)
        np.testing.assert_allclose(np.abs(distance), nearest, atol=0.02, err_msg=name)
    centre = np.zeros((3, 1), np.float32)
    assert box(*centre, (0.3, 0.5, 0.7), 0.1) == pytest.approx(-0.3)
    assert cylinder(*centre, 0.4, 0.2) == pytest.approx(-0.2)


def test_several_objects_lie_beside_one_another_each_with_its_row(tmp_path: Path) -> None:
    write_challenge(tmp_path / "crowd", train=8, test=2, size=96, seed=3, objects=4, workers=1)
    rows = read_rows(tmp_path / "crowd", "train")
    by_picture = Counter(row["image"] for row in rows)
    assert len(by_picture) == 8
    assert 1 < max(by_picture.values()) <= 4
    for name in by_picture:
        with Image.open(tmp_path / "crowd" / "train_masks" / name.replace("jpg", "png")) as file:
            mask = np.asarray(file) > 0
        boxes = [[int(row[side]) for side in ("xmin", "ymin", "xmax", "ymax")] for row in rows if row["image"] == name]
        for x1, y1, x2, y2 in boxes:
            inside = mask[y1:y2, x1:x2]
            assert all(edge.any() for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]))
            mask[y1:y2, x1:x2] = False
        assert not mask.any(), "what the mask shows lies in the boxes, and these lie apart"
    data = read_dataset(tmp_path / "crowd")
    assert not data.problems
    assert sum(len(sample.boxes) for sample in data.samples) == len(rows)
    with pytest.raises(DataError, match="1 object a picture"):
        write_challenge(tmp_path / "none", objects=0)
