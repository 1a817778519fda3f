"""`conditions`: its files, and what it says when it cannot."""

import csv
import json

import pytest
from command_line import run
from PIL import Image


def test_the_tables_agree_and_the_sheet_shows_all_conditions(tiny_bundle, tiny_challenge, tmp_path):
    options = ("--model", tiny_bundle, "--most", 6, "--corruptions", "--severity", 2)
    result = run("conditions", tiny_challenge, "--out", tmp_path / "study", *options)
    assert result.exit_code == 0, result.stderr
    with (tmp_path / "study" / "results_conditions.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["condition"] for row in rows if row["size"] == "all"} == {
        "orig_full", "orig_crop", "downscale", "motion_blur", "occlusion", "bg_blur", "noise", "fog", "jpeg",
        "brightness",
    }  # fmt: skip
    for row in rows:
        assert float(row["low"]) <= int(row["correct"]) / int(row["n"]) <= float(row["high"])
        if row["size"] == "all":
            assert int(row["n"]) == 6
    told = json.loads((tmp_path / "study" / "conditions.json").read_text())
    assert told["objects"] == 6
    assert told["pasted"]
    assert told["notes"][0] in result.stderr
    assert told["notes"][0].startswith("There are no small, no medium and only 8 large objects: ")
    assert {row["pasted_at"] for row in rows if row["size"] == "large"} == {"0.15"}
    assert {one["image"] for one in told["tried"]} <= {f"test/{at:04}.jpg" for at in range(8)}
    assert len(told["findings"]) == 5
    for finding in told["findings"]:
        assert f"{finding['verdict']}:" in result.stdout
        assert finding["claim"] in result.stdout
    with Image.open(tmp_path / "study" / "sheet.png") as sheet:
        assert sheet.width == 10 * 150


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--small", 0.2, "--large", 0.1), "--small and --large are shares"),
        (("--occlusion", 2), "--occlusion is a number from 0 to 1, got 2"),
        (("--split", "holiday"), "holiday"),
        (("--corruptions", "--severity", 6), "--severity is a number from 1 to 5, got 6"),
        (("--protocol", "document"), "learns classes of 5 pictures or more"),
        (("--model", "cifar10"), "no object with a box and a class that the bundle knows"),
    ],
)
def test_wrong_use_is_a_sentence(tiny_challenge, tmp_path, arguments, sentence):
    result = run("conditions", tiny_challenge, "--out", tmp_path / "study", *arguments)
    assert result.exit_code in (1, 2)
    assert sentence in " ".join(result.stderr.replace("│", " ").split())
    assert not (tmp_path / "study").exists()
