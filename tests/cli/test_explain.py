"""`explain`: files for people and for programs, and what it says when it cannot."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from PIL import Image


class TestExplain:
    def test_each_picture_has_its_heat_its_map_and_its_score(self, tiny_bundle, pictures, tmp_path):
        twin = tmp_path / pictures[0].name  # the same name from another folder
        twin.write_bytes(pictures[0].read_bytes())
        result = run("explain", *pictures[:2], twin, "--model", tiny_bundle, "--out", tmp_path / "why")
        assert result.exit_code == 0, result.stderr
        told = json.loads((tmp_path / "why" / "scores.json").read_text())["explanations"]
        assert [one["image"] for one in told] == [*map(str, pictures[:2]), str(twin)]
        assert len({name for one in told for name in one["files"]}) == 6
        for one in told:
            shown, heat = (tmp_path / "why" / name for name in one["files"])
            with Image.open(shown) as picture:
                assert np.load(heat).shape == (picture.height, picture.width)
            assert one["method"] == "gradcam"
            assert one["comparable_between_pictures"] is False
            assert set(one["trust"]["faithfulness"]) == {"map", "random", "middle"}
            assert -1 <= one["trust"]["shuffled_rank_correlation"] <= 1
            assert f"trust: {one['trust']['verdict']}" in result.stdout

    def test_a_contrast_and_a_quick_look(self, tiny_bundle, pictures, tmp_path):
        names = ("--class", "cup", "--against", "ball", "--map", "png", "--quick")
        result = run("explain", pictures[0], *names, "--model", tiny_bundle, "--out", tmp_path)
        assert result.exit_code == 0, result.stderr
        (told,) = json.loads((tmp_path / "scores.json").read_text())["explanations"]
        assert (told["question"], told["trust"]) == ("cup rather than ball", None)
        assert (tmp_path / f"{pictures[0].stem}-gradcam-heat.png").is_file()

    def test_a_set_is_summed_up_by_answer_and_size(self, tiny_bundle, tiny_challenge, tmp_path):
        arguments = ("--set", "--method", "layercam", "--most", 6, "--model", tiny_bundle, "--out", tmp_path)
        result = run("explain", tiny_challenge, *arguments)
        assert result.exit_code == 0, result.stderr
        assert "6 of 8 pictures, LayerCAM" in result.stdout
        rows = json.loads((tmp_path / "scores.json").read_text())["rows"]
        assert sum(row["n"] for row in rows if row["size"] == "all") == 6
        with (tmp_path / "inside.csv").open(newline="") as file:
            table = list(csv.DictReader(file))
        assert len(table) == 6
        right = sum(row["class"] == row["predicted"] for row in table)
        assert right == sum(row["n"] for row in rows if (row["answer"], row["size"]) == ("right", "all"))
        assert (tmp_path / "sheet-wrong.png").is_file() == (right < 6)

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--class", "doog"), "knows no class “doog”"),
            (("--method", "drise", "--class", "cup"), "drise explains a box"),
            (("--set", "--class", "cup"), "--set takes one data set"),
            (("--set", "--split", "holiday"), "holiday"),
            (("--method", "magic"), "magic"),
        ],
    )
    def test_wrong_use_is_a_sentence(self, tiny_bundle, tiny_challenge, tmp_path, arguments, sentence):
        result = run("explain", tiny_challenge, *arguments, "--model", tiny_bundle, "--out", tmp_path / "why")
        assert result.exit_code in (1, 2)
        assert sentence in " ".join(result.stderr.replace("│", " ").split())
        assert not (tmp_path / "why").exists()

    def test_a_file_that_is_no_picture_is_named_and_the_others_go_on(
        self, tiny_bundle, pictures, not_a_picture: Path, tmp_path
    ):
        result = run(
            "explain", not_a_picture, pictures[0], "--quick", "--model", tiny_bundle, "--out", tmp_path / "why"
        )
        assert result.exit_code == 1
        assert "notes.jpg" in result.stderr
        assert "1 picture explained" in result.stdout
