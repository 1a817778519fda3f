"""`predict`: what it prints, and how it fails."""

import json
import re
import shutil
from pathlib import Path

import pytest
from command_line import ROOT, run
from PIL import Image

from smallimg.cli.wording import named, percent, why_unsure
from smallimg.pictures.images import open_image


class TestPredict:
    def test_json_lines_are_the_pipelines_predictions(self, tiny_bundle, pipeline, pictures):
        result = run("predict", *pictures[:3], "--model", tiny_bundle, "--json")
        assert result.exit_code == 0, result.stderr
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["image"] for line in lines] == [str(path) for path in pictures[:3]]
        for line, path in zip(lines, pictures, strict=False):
            expected = pipeline.predict(open_image(path)).as_dict(str(path))
            assert list(line) == [
                "image", "box", "box_score", "answer", "level", "label", "probabilities", "milliseconds",
                "engine", "known",
            ]  # fmt: skip
            assert line["milliseconds"].pop("total") > 0
            assert line["label"] == expected["label"]
            assert line["box"] == pytest.approx(expected["box"], abs=0.2)
            assert line["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-3)

    def test_shipped_bundle_names_the_examples(self):
        result = run("predict", ROOT / "assets" / "examples" / "challenge", "--model", "challenge", "--json")
        assert result.exit_code == 0, result.stderr
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert len(lines) == 8
        answers = {Path(line["image"]).stem.replace("-", " "): line["answer"] for line in lines}
        assert answers.pop("cat") is None
        assert sum(name == answer for name, answer in answers.items()) >= 6, "it is right about 96 % of such pictures"

    def test_readable_lines_are_aligned(self, tiny_bundle, pictures, tmp_path):
        long_name = tmp_path / "a picture with quite a long name.jpg"
        shutil.copy(pictures[0], long_name)
        result = run("predict", pictures[1], long_name, "--model", tiny_bundle)
        assert result.exit_code == 0, result.stderr
        lines = result.stdout.splitlines()
        assert len(lines) == 2
        assert len({line.index("%") for line in lines}) == 1
        assert len({re.search(r" \d+ ms", line).end() for line in lines}) == 1

    def test_the_line_says_what_the_page_says(self, tiny_bundle, pipeline, pictures):
        result = run("predict", *pictures, "--model", tiny_bundle)
        for line, path in zip(result.stdout.splitlines(), pictures, strict=True):
            prediction = pipeline.predict(open_image(path))
            assert f"  {named(prediction)}  " in line
            assert f" {percent(prediction.probabilities[prediction.label])} ".replace("\u00a0", " ") in line
            why = why_unsure(prediction)
            assert line.endswith(f" ms  ({why})" if why else " ms")

    def test_of_an_animation_it_says_which_frame_was_looked_at(self, tiny_bundle, tmp_path):
        frames = [Image.new("RGB", (40, 30), (shade, 90, 60)) for shade in (10, 120, 240)]
        frames[0].save(tmp_path / "waving.gif", save_all=True, append_images=frames[1:])
        asked = ("predict", tmp_path / "waving.gif", "--model", tiny_bundle)
        assert json.loads(run(*asked, "--json").stdout)["frame"] == [1, 3]
        assert "picture 1 of 3 in its file)" in run(*asked).stdout

    def test_folder_stands_for_its_pictures(self, tiny_bundle, pictures):
        result = run("predict", pictures[0].parent, "--model", tiny_bundle, "--json")
        assert [json.loads(line)["image"] for line in result.stdout.splitlines()] == [str(path) for path in pictures]

    def test_unreadable_inputs_are_named_and_the_others_go_on(self, tiny_bundle, pictures, not_a_picture, tmp_path):
        missing = tmp_path / "missing.png"
        result = run("predict", not_a_picture, pictures[0], missing, pictures[1], "--model", tiny_bundle, "--json")
        assert result.exit_code == 1
        named = [json.loads(line)["image"] for line in result.stdout.splitlines()]
        assert named == [str(pictures[0]), str(pictures[1])]
        sentences = [line for line in result.stderr.splitlines() if line]
        assert len(sentences) == 2
        assert str(not_a_picture) in sentences[0]
        assert str(missing) in sentences[1]

    def test_no_background_stage(self, tiny_bundle, pictures):
        result = run("predict", pictures[0], "--model", tiny_bundle, "--background", "none", "--json")
        assert result.exit_code == 0, result.stderr
        assert "background" not in json.loads(result.stdout)["milliseconds"]

    @pytest.mark.parametrize(("option", "value"), [("--model", "no-such-bundle"), ("--background", "no-such-network")])
    def test_unknown_name_is_a_sentence(self, tiny_bundle, pictures, option, value):
        options = {"--model": tiny_bundle, option: value}
        result = run("predict", pictures[0], *[part for pair in options.items() for part in pair])
        assert (result.exit_code, result.stdout) == (1, "")
        assert value in result.stderr
