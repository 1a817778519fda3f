"""Maps of a set: what is looked at, where it lies, and that the files say the same."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_map import made_map

from smallimg.data.formats import read_dataset
from smallimg.errors import DataError, Stopped
from smallimg.pictures.images import open_local
from smallimg.pipeline import Pipeline
from smallimg.study.mapping import SetMap, features_of, map_csv, map_set, read_features, write_map
from smallimg.study.set_map import nearest_to


def test_two_models_look_at_the_same_pictures(tiny_bundle: Path, tiny_challenge: Path, tmp_path: Path) -> None:
    dataset = read_dataset(tiny_challenge, split="test")
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    samples = [replace(one, path=broken) if at == 3 else one for at, one in enumerate(dataset.samples)]
    pipeline = Pipeline.load(tiny_bundle)
    told: list[tuple[int, int, str]] = []
    drawn, features = map_set(
        [pipeline, pipeline.with_background("none")], ["own", "without"], replace(dataset, samples=tuple(samples)),
        tell=lambda *step: told.append(step),
    )  # fmt: skip
    assert [point.image for point in drawn.points] == [f"test/{at:04}.jpg" for at in range(8) if at != 3]
    assert len(drawn.errors) == 1
    assert "broken.jpg" in drawn.errors[0]
    for at, sample in enumerate(one for one in samples if one.path != broken):
        assert drawn.points[at].truth == dataset.class_names[sample.label]
        said = pipeline.predict(open_local(sample.path))
        assert drawn.points[at].answers[0].label == said.label
    assert {step[2] for step in told} == {"Looking", "Placing"}
    assert max(step[0] for step in told if step[2] == "Looking") == 8 + 7
    write_map(tmp_path / "out", drawn, features)
    assert SetMap.from_dict(drawn.as_dict()) == drawn
    kept = read_features(tmp_path / "out", 1)
    np.testing.assert_allclose(kept, features[1], rtol=1e-2, atol=1e-3)
    others, cosines = nearest_to(read_features(tmp_path / "out", 0), features_of(pipeline, samples[5].path))
    assert drawn.points[others[0]].image == "test/0005.jpg"
    assert cosines[0] == pytest.approx(1, abs=1e-3)


def test_whoever_stops_it_need_not_wait(tiny_bundle: Path, tiny_challenge: Path) -> None:
    def stop(done: int, of: int, doing: str) -> None:
        if doing == "Placing":
            raise Stopped("enough")

    dataset = read_dataset(tiny_challenge, split="test")
    with pytest.raises(Stopped, match="enough"):
        map_set([Pipeline.load(tiny_bundle)], ["one"], dataset, tell=stop)
    with pytest.raises(DataError, match="5 pictures at least, and 4"):
        map_set([Pipeline.load(tiny_bundle)], ["one"], dataset, most=4)


def test_right_is_asked_of_each_model_by_what_it_knows() -> None:
    drawn = made_map()
    assert [drawn.is_right(point, 0) for point in drawn.points] == [True, False, True, False, None, None]
    strange = replace(drawn, models=(drawn.models[0], replace(drawn.models[1], classes=("cat",))))
    assert [strange.is_right(point, 1) for point in strange.points] == [True, True, None, None, None, None]


def test_the_table_has_a_row_a_picture_and_columns_a_model() -> None:
    rows = list(csv.reader(io.StringIO(map_csv(made_map(names=("=one", "two"))))))
    assert rows[0][:6] == ["image", "class", "predicted (=one)", "probability (=one)", "x (=one)", "y (=one)"]
    assert rows[2] == ["1.jpg", "cat", "dog", "0.8", "1.0", "0.0", "cat", "0.8", "1.0", "0.0"]
    assert next(csv.reader(io.StringIO(map_csv(made_map(models=1))))) == [
        "image", "class", "predicted", "probability", "x", "y",
    ]  # fmt: skip


@pytest.mark.parametrize("wrong", [{}, {"models": 3}, {"models": [], "points": [{"image": "a", "answers": [[1]]}]}])
def test_what_is_damaged_says_so(wrong: dict, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="draw the map again"):
        SetMap.from_dict(wrong)
    (tmp_path / "features.npz").write_bytes(b"PK")
    with pytest.raises(DataError, match="draw the map again"):
        read_features(tmp_path, 0)
