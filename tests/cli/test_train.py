"""`train`: the stages asked for, and what a bundle without the others can do."""

import json

from command_line import run
from made_data import save


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

    def test_trains_the_architecture_asked_for_and_predicts_with_it(self, tiny_challenge, pictures, tmp_path):
        out = tmp_path / "bundle"
        options = ("--stage", "detector", "--architecture", "ssd", "--name-boxes", "--background", "none")
        result = run("train", tiny_challenge, "--out", out, "--epochs", 1, *options)
        assert result.exit_code == 0, result.stderr
        stage = json.loads((out / "bundle.json").read_text())["stages"]["detector"]
        assert (stage["architecture"], stage["arguments"]) == ("ssd", {"n_classes": 8})
        predicted = run("predict", pictures[0], "--model", out)
        assert predicted.exit_code == 0, predicted.stderr

    def test_an_architecture_that_does_not_exist_is_named_with_those_that_do(self, tiny_challenge, tmp_path):
        result = run("train", tiny_challenge, "--out", tmp_path / "bundle", "--architecture", "yolo11")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "no network “yolo11” to train: choose from detector: localizer," in result.stderr

    def test_missing_data_is_a_sentence(self, tmp_path):
        result = run("train", tmp_path / "nowhere", "--out", tmp_path / "bundle")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "nowhere" in result.stderr
        assert not (tmp_path / "bundle").exists()


def test_names_of_few_whole_pictures_start_where_the_page_and_runs_start_them(tmp_path):
    for name in ("cat", "dog"):
        for index in range(5):
            save(tmp_path / "data" / name / f"{index}.jpg", grey=100 * (name == "cat") + index)
    rest = ("--background", "none", "--epochs", 1)
    for asked, start in (((), "everyday (features)"), (("--start-from", "scratch"), None)):
        out = tmp_path / f"bundle{len(asked)}"
        result = run("train", tmp_path / "data", "--out", out, "--stage", "classifier", *rest, *asked)
        assert result.exit_code == 0, result.stderr
        assert json.loads((out / "bundle.json").read_text())["card"].get("start") == start
