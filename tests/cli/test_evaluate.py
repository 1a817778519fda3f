"""`evaluate`: its figures and its submission say the same."""

import csv
import json
import shutil
import zipfile
from collections import Counter

import pytest
from command_line import run


class TestEvaluate:
    def test_submission_and_metrics_agree(self, tiny_bundle, tiny_challenge, tmp_path):
        result = run("evaluate", tiny_challenge, "--model", tiny_bundle, "--out", tmp_path)
        assert result.exit_code == 0, result.stderr
        metrics = json.loads((tmp_path / "metrics.json").read_text())
        with (tmp_path / "submission.csv").open(newline="") as file:
            submission = list(csv.DictReader(file))
        with (tiny_challenge / "test.csv").open(newline="") as file:
            truth = list(csv.DictReader(file))
        assert list(submission[0]) == ["Id", "Category"]
        right = [said["Category"] == true["class"] for said, true in zip(submission, truth, strict=True)]
        assert metrics["accuracy"] == pytest.approx(sum(right) / len(right))
        assert f"{metrics['accuracy']:.4g}" in result.stdout

    def test_damaged_and_missing_pictures_are_named_and_have_the_most_frequent_class(
        self, tiny_bundle, tiny_challenge, tmp_path
    ):
        data = tmp_path / "data"
        shutil.copytree(tiny_challenge, data)
        damaged = data / "test" / "0003.jpg"
        damaged.write_bytes(damaged.read_bytes()[:800])  # its header is whole, its pixels are not
        (data / "test" / "0005.jpg").unlink()
        result = run("evaluate", data, "--model", tiny_bundle, "--out", tmp_path / "report")
        assert result.exit_code == 1
        assert "0003.jpg" in result.stderr
        assert "0005.jpg" in result.stderr
        with (tmp_path / "report" / "submission.csv").open(newline="") as file:
            said = {row["Id"]: row["Category"] for row in csv.DictReader(file)}
        assert sorted(said) == [f"{index:04}.jpg" for index in range(8)]
        asked = Counter(said[name] for name in said if name not in ("0003.jpg", "0005.jpg"))
        assert {said["0003.jpg"], said["0005.jpg"]} == {asked.most_common(1)[0][0]}
        assert json.loads((tmp_path / "report" / "metrics.json").read_text())["n"] == 6

    @pytest.mark.parametrize("form", ["folder", "names", "folder alone"])
    def test_pictures_of_which_nothing_is_known_end_in_a_submission(self, form, tiny_bundle, tiny_challenge, tmp_path):
        data = tmp_path / "data"
        pictures = data / "test" if form != "folder alone" else data
        shutil.copytree(tiny_challenge / "test", pictures)
        (pictures / "0003.jpg").rename(pictures / "-3.jpg")
        (pictures / "0005.jpg").write_bytes(b"no picture")
        names = sorted(path.name for path in pictures.iterdir())
        if form == "names":
            (data / "test.csv").write_text("image\n" + "".join(f"{name}\n" for name in names))
        result = run("evaluate", data, "--model", tiny_bundle, "--out", tmp_path / "report")
        assert (result.exit_code, "0005.jpg" in result.stderr) == (1, True), result.stderr
        with (tmp_path / "report" / "submission.csv").open(newline="") as file:
            said = {row["Id"]: row["Category"] for row in csv.DictReader(file)}
        assert sorted(said) == names
        assert "accuracy" not in json.loads((tmp_path / "report" / "metrics.json").read_text())

    def test_missing_split_is_a_sentence(self, tiny_bundle, tiny_challenge, tmp_path):
        result = run("evaluate", tiny_challenge, "--model", tiny_bundle, "--out", tmp_path, "--split", "holiday")
        assert result.exit_code == 1
        assert "holiday" in result.stderr


def test_another_bundle_and_the_lesson_stand_beside_it(tiny_bundle, tiny_challenge, tmp_path):
    asked = ("--against", "challenge", "--lesson", "--cutouts", "--crops")
    result = run("evaluate", tiny_challenge, "--model", tiny_bundle, *asked, "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    with (tmp_path / "predictions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert len(rows) == metrics["n"] == 8
    assert sum(row["label"] == row["truth"] for row in rows) / 8 == pytest.approx(metrics["accuracy"])
    told = json.loads((tmp_path / "comparison.json").read_text())
    (pair,) = told["pairs"]
    assert pair["both"] + pair["only_first"] == round(8 * metrics["accuracy"])
    assert 0 <= pair["p"] <= 1
    lesson = json.loads((tmp_path / "lesson.json").read_text())
    assert len(lesson["pairs"]) >= 1
    assert "right:" in result.stdout
    for name in ("cutouts.zip", "crops.zip"):
        with zipfile.ZipFile(tmp_path / name) as pictures:
            assert pictures.testzip() is None
            assert 1 <= len(pictures.namelist()) <= 8
