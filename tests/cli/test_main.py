"""The command line: what it prints, what it writes, and how it fails."""

import csv
import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from smallimg.cli.main import app
from smallimg.cli.wording import named, percent, why_unsure
from smallimg.pictures.images import flatten, open_image
from smallimg.pipeline import Pipeline

ROOT = Path(__file__).parents[2]


def run(*arguments: object) -> Result:
    """The command in this process: an exception other than its exit would surface here."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def run_process(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
    """The command as a shell would start it."""
    command = [sys.executable, "-m", "smallimg", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="session")
def pipeline(tiny_bundle: Path) -> Pipeline:
    return Pipeline.load(tiny_bundle)


@pytest.fixture(scope="session")
def pictures(tiny_challenge: Path) -> list[Path]:
    return sorted((tiny_challenge / "test").iterdir())


@pytest.fixture
def not_a_picture(tmp_path: Path) -> Path:
    path = tmp_path / "notes.jpg"
    path.write_text("milk, eggs")
    return path


def found_box(pipeline: Pipeline, path: Path) -> bool:
    return pipeline.predict(open_image(path), classify=False).box is not None


class TestPredict:
    def test_json_lines_are_the_pipelines_predictions(self, tiny_bundle, pipeline, pictures):
        result = run("predict", *pictures[:3], "--model", tiny_bundle, "--json")
        assert result.exit_code == 0, result.stderr
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["image"] for line in lines] == [str(path) for path in pictures[:3]]
        for line, path in zip(lines, pictures, strict=False):
            expected = pipeline.predict(open_image(path)).as_dict(str(path))
            assert list(line) == [
                "image", "box", "box_score", "answer", "label", "probabilities", "milliseconds", "known",
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


class TestCutout:
    def test_folder_becomes_png_with_the_pipelines_transparency(self, tiny_bundle, pipeline, pictures, tmp_path):
        result = run("cutout", pictures[0].parent, tmp_path / "out", "--model", tiny_bundle)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == f"{len(pictures)} pictures cut out to {tmp_path / 'out'}\n"
        for path in pictures:
            with Image.open(tmp_path / "out" / f"{path.stem}.png") as written:
                assert written.mode == "RGBA"
                expected = pipeline.predict(open_image(path), detect=False, classify=False).cutout
                np.testing.assert_allclose(np.asarray(written, int), np.asarray(expected, int), atol=1)

    @pytest.mark.parametrize(("colour", "rgb"), [("#0080ff", (0, 128, 255)), (None, (255, 255, 255))])
    def test_jpeg_lies_on_a_plain_colour(self, tiny_bundle, pipeline, pictures, tmp_path, colour, rgb):
        # The reference script for this step saved RGBA as JPEG, which Pillow refuses: no file ever came out.
        chosen = [] if colour is None else ["--colour", colour]
        result = run("cutout", pictures[0], tmp_path, "--format", "jpg", *chosen, "--model", tiny_bundle)
        assert result.exit_code == 0, result.stderr
        with Image.open(tmp_path / f"{pictures[0].stem}.jpg") as written:
            assert (written.format, written.mode) == ("JPEG", "RGB")
            cut = pipeline.predict(open_image(pictures[0]), detect=False, classify=False).cutout
            difference = np.abs(np.asarray(written, int) - np.asarray(flatten(cut, rgb), int))
        assert difference.mean() < 4, "more than JPEG's own loss"

    def test_colour_fills_png_too(self, tiny_bundle, pictures, tmp_path):
        target = tmp_path / "red.png"
        assert run("cutout", pictures[0], target, "--colour", "red", "--model", tiny_bundle).exit_code == 0
        with Image.open(target) as written:
            assert written.mode == "RGB"

    def test_tree_is_kept_and_equal_stems_stay_apart(self, tiny_bundle, pictures, tmp_path):
        source = tmp_path / "in"
        (source / "deep").mkdir(parents=True)
        shutil.copy(pictures[0], source / "a.jpg")
        open_image(pictures[1]).save(source / "a.png")
        shutil.copy(pictures[2], source / "deep" / "b.jpeg")
        assert run("cutout", source, tmp_path / "out", "--model", tiny_bundle).exit_code == 0
        written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
        assert written == {"a.jpg.png", "a.png.png", "deep/b.png"}

    def test_one_bad_file_does_not_stop_the_batch(self, tiny_bundle, pictures, not_a_picture, tmp_path):
        shutil.copy(pictures[0], tmp_path / "zebra.jpg")
        out = tmp_path.parent / f"{tmp_path.name}_out"
        result = run("cutout", tmp_path, out, "--model", tiny_bundle)
        assert result.exit_code == 1
        assert "1 picture cut out" in result.stdout
        assert str(not_a_picture) in result.stderr
        assert [path.name for path in out.iterdir()] == ["zebra.png"]


class TestCrop:
    def test_crop_is_the_top_box_in_whole_pixels(self, tiny_bundle, pipeline, pictures, tmp_path):
        with_box = [path for path in pictures if found_box(pipeline, path)]
        result = run("crop", pictures[0].parent, tmp_path, "--model", tiny_bundle)
        assert result.exit_code == (0 if with_box == pictures else 1)
        assert {path.stem for path in tmp_path.iterdir()} == {path.stem for path in with_box}
        for path in with_box:
            x1, y1, x2, y2 = pipeline.predict(open_image(path), classify=False).box.xyxy
            window = (math.floor(x1), math.floor(y1), math.ceil(x2), math.ceil(y2))
            with Image.open(tmp_path / f"{path.stem}.png") as written:
                assert written.tobytes() == open_image(path).crop(window).tobytes()

    def test_transparent_picture_as_jpeg(self, tiny_bundle, pictures, tmp_path):
        picture = open_image(pictures[0])
        picture.putpixel((0, 0), (0, 0, 0))
        picture.putalpha(Image.linear_gradient("L").resize(picture.size).point(lambda value: max(value, 200)))
        picture.save(tmp_path / "clear.png")
        result = run("crop", tmp_path / "clear.png", tmp_path / "crop.jpg", "--model", tiny_bundle)
        if result.exit_code == 0:
            with Image.open(tmp_path / "crop.jpg") as written:
                assert (written.format, written.mode) == ("JPEG", "RGB")
        else:
            assert "no object was found" in result.stderr


class TestWrongUse:
    """Exit code 2, before anything is loaded or written."""

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("predict",),
            ("paint", "x.jpg"),
            ("cutout", "{a}", "{dir}/out.gif"),
            ("cutout", "{a}", "{dir}/out.png", "--format", "jpg"),
            ("cutout", "{a}", "{a}"),
            ("cutout", "{dir}", "{dir}/out"),
            ("cutout", "{a}", "{dir}/out.png", "--colour", "mauvish"),
            ("cutout", "{a}", "{dir}/out.png", "--background", "none"),
            ("crop", "{a}", "{dir}/out.png", "--format", "gif"),
            ("train", "{dir}"),
            ("train", "{dir}", "--out", "x", "--stage", "painter"),
            ("train", "{dir}", "--out", "x", "--epochs", "0"),
            ("challenge", "{dir}/out", "--train", "0"),
        ],
    )
    def test_exit_code_is_2(self, arguments, pictures, tmp_path):
        picture = tmp_path / "a.png"
        open_image(pictures[0]).save(picture)
        before = picture.read_bytes()
        result = run(*(part.format(a=picture, dir=tmp_path) for part in arguments))
        assert result.exit_code == 2
        assert "Usage:" in result.stderr
        assert picture.read_bytes() == before
        assert list(tmp_path.iterdir()) == [picture]


class TestChallenge:
    def test_same_seed_same_bytes(self, tmp_path):
        for name in ("one", "two"):
            out = tmp_path / name
            result = run("challenge", out, "--train", 8, "--test", 4, "--size", 64, "--seed", 7)
            assert result.exit_code == 0, result.stderr
            assert result.stdout == f"8 training and 4 test images written to {out}\n"
        one, two = (
            {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
            for out in (tmp_path / "one", tmp_path / "two")
        )
        assert one == two
        assert len([path for path in one if path.parts[0] == "train"]) == 8
        assert len([path for path in one if path.parts[0] == "test"]) == 4


class TestTrain:
    def test_trains_the_stage_asked_for(self, tiny_challenge, tmp_path):
        out = tmp_path / "bundle"
        options = ("--stage", "classifier", "--background", "none", "--epochs", 2, "--seed", 3)
        result = run("train", tiny_challenge, "--out", out, *options)
        assert result.exit_code == 0, result.stderr
        assert result.stdout == f"Bundle written to {out}\n"
        assert (out / "bundle.json").is_file()
        epochs = [line for line in result.stderr.splitlines() if line.startswith("classifier ")]
        assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]

    def test_bundle_without_a_stage_says_so_where_it_is_needed(self, tiny_challenge, pictures, tmp_path):
        bundle = tmp_path / "bundle"
        options = ("--stage", "classifier", "--background", "none", "--epochs", 1)
        assert run("train", tiny_challenge, "--out", bundle, *options).exit_code == 0
        for verb, missing in (("cutout", "no background remover"), ("crop", "no detector")):
            result = run(verb, pictures[0], tmp_path / "out.png", "--model", bundle)
            assert (result.exit_code, result.stdout) == (1, "")
            assert missing in result.stderr
        predicted = run("predict", pictures[0], "--model", bundle)
        assert predicted.exit_code == 0, predicted.stderr
        assert "no object found" in predicted.stdout

    def test_missing_data_is_a_sentence(self, tmp_path):
        result = run("train", tmp_path / "nowhere", "--out", tmp_path / "bundle")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "nowhere" in result.stderr
        assert not (tmp_path / "bundle").exists()


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


class TestProcess:
    def test_help_needs_no_heavy_import(self):
        code = "import sys, smallimg.cli.main; print({'torch', 'rembg', 'onnxruntime', 'pandas'} & set(sys.modules))"
        loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert loaded.stdout == "set()\n"

    @pytest.mark.parametrize("verb", ["predict", "challenge", "cutout", "crop", "train", "evaluate"])
    def test_help_of_each_verb(self, verb):
        assert verb in run("--help").stdout
        result = run(verb, "--help")
        assert result.exit_code == 0
        assert "Usage:" in result.stdout

    def test_predict_from_a_shell(self, tiny_bundle, pictures, not_a_picture):
        done = run_process("predict", pictures[0], not_a_picture, "--model", tiny_bundle, "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["image"] == str(pictures[0])
        assert "notes.jpg" in done.stderr
        assert "Traceback" not in done.stderr

    def test_unwritable_place_is_a_sentence(self, tmp_path):
        (tmp_path / "file").write_text("in the way")
        done = run_process("challenge", tmp_path / "file" / "out", "--train", 1, "--test", 1)
        assert (done.returncode, done.stdout) == (1, "")
        assert str(tmp_path / "file") in done.stderr
        assert "Traceback" not in done.stderr
