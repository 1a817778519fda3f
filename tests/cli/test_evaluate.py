"""`evaluate`: its figures and its submission say the same."""

import csv
import json
import shutil

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

    def test_damaged_and_missing_pictures_are_named_and_left_out(self, tiny_bundle, tiny_challenge, tmp_path):
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
            names = [row["Id"] for row in csv.DictReader(file)]
        assert names == ["0000.jpg", "0001.jpg", "0002.jpg", "0004.jpg", "0006.jpg", "0007.jpg"]

    def test_missing_split_is_a_sentence(self, tiny_bundle, tiny_challenge, tmp_path):
        result = run("evaluate", tiny_challenge, "--model", tiny_bundle, "--out", tmp_path, "--split", "holiday")
        assert result.exit_code == 1
        assert "holiday" in result.stderr
