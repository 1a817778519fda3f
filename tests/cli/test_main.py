"""The command line as a whole: its help, its exit codes, and that no error is a traceback."""

import json
import subprocess
import sys

import pytest
from command_line import ROOT, run, run_process

from smallimg.cli.main import app
from smallimg.pictures.images import open_image

VERBS = [command.name or command.callback.__name__ for command in app.registered_commands]


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


class TestEmpty:
    """`"$PICTURE"` where nobody has set it: `Path("")` would be the folder that one is in."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ("predict", ""), ("predict", "{a}", ""), ("predict", "{a}", "--out="), ("challenge", ""), ("check", ""),
            ("convert", "", "{out}", "--to", "coco"), ("convert", "{data}", "", "--to", "coco"),
            ("cutout", "", "{out}"), ("cutout", "{a}", ""), ("crop", "", "{out}"), ("train", "", "--out", "{out}"),
            ("train", "{data}", "--out", "{out}", "--state", ""), ("evaluate", "", "--out", "{out}"),
            ("evaluate", "{data}", "--out", ""), ("compare", "", "--model", "challenge"),
            ("explain", "", "--out", "{out}"), ("conditions", "", "--out", "{out}"), ("map", "", "--out", "{out}"),
            ("runs", "start", "", "--name", "x"), ("runs", "import", ""),
        ],
    )  # fmt: skip
    def test_an_empty_path_is_not_the_folder_one_is_in(
        self, arguments, pictures, tiny_challenge, tmp_path, monkeypatch
    ):
        folder = tmp_path / "here"
        folder.mkdir()
        open_image(pictures[0]).save(folder / "a.png")
        monkeypatch.chdir(folder)
        monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
        words = (word.format(a=pictures[0], data=tiny_challenge, out=tmp_path / "out") for word in arguments)
        result = run(*words)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "the path is empty: look whether a variable of the shell is not set" in result.stderr
        assert [path.name for path in tmp_path.rglob("*")] == ["here", "a.png"]

    def test_nothing_else_that_is_asked_for_by_name_is_empty(self, tiny_challenge, tmp_path):
        result = run("evaluate", tiny_challenge, "--out", tmp_path / "out", "--against", "")
        assert result.exit_code == 2
        assert "'--against': it is empty" in result.stderr
        assert not (tmp_path / "out").exists()


class TestPlaces:
    """Where results are to go is looked at before the work, and what the system says of a path gets its remedy."""

    @pytest.mark.parametrize(
        "verb",
        [
            ("evaluate", "{data}"), ("map", "{data}"), ("conditions", "{data}"), ("train", "{data}"),
            ("explain", "{a}"), ("predict", "{a}"),
        ],
    )  # fmt: skip
    def test_a_file_where_a_folder_is_to_be_is_named_before_anything_is_done(
        self, verb, pictures, tiny_challenge, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("smallimg.data.formats.read_dataset", None)
        monkeypatch.setattr("smallimg.pipeline.Pipeline.load", None)
        (tmp_path / "notes.txt").write_text("milk")
        words = [word.format(a=pictures[0], data=tiny_challenge) for word in verb]
        for place in ("notes.txt", "notes.txt/results"):
            result = run(*words, "--out", tmp_path / place)
            assert result.exit_code == 2
            assert "cannot be a folder, because notes.txt is a file: choose another place." in result.stderr

    def test_of_what_cannot_be_written_the_path_is_told_that_was_given(self, tiny_bundle, pictures, tmp_path):
        (tmp_path / "notes.txt").write_text("milk")
        result = run("cutout", pictures[0], tmp_path / "notes.txt" / "a.png", "--model", tiny_bundle)
        assert result.exit_code == 1
        assert "notes.txt could not be read or written (" in result.stderr
        assert result.stderr.strip().endswith("check the path, or choose another place.")

    def test_where_nothing_was_done_no_count_is_told(self, tiny_bundle, tmp_path):
        result = run("cutout", tmp_path / "gone.jpg", tmp_path / "out.png", "--model", tiny_bundle)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "gone.jpg could not be opened" in result.stderr

    def test_a_part_that_nobody_has_is_not_taken_for_the_whole(self, tiny_bundle, pictures, tmp_path):
        folder = tmp_path / "things" / "cup"
        folder.mkdir(parents=True)
        open_image(pictures[0]).save(folder / "a.png")
        asked = ("evaluate", folder.parent, "--model", tiny_bundle, "--out", tmp_path / "out")
        result = run(*asked, "--split", "tset")
        assert result.exit_code == 1
        assert "things has no part 'tset', as it has no parts" in result.stderr
        assert run(*asked, "--split", "Testing").exit_code == 0


class TestProcess:
    def test_help_needs_no_heavy_import(self):
        code = "import sys, smallimg.cli.main; print({'torch', 'rembg', 'onnxruntime', 'pandas'} & set(sys.modules))"
        loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert loaded.stdout == "set()\n"

    @pytest.mark.parametrize("verb", VERBS)
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
