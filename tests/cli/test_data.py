"""`challenge`, `check` and `convert`: data sets, drawn, looked at and written."""

import shutil
from pathlib import Path

import pytest
from command_line import run
from made_data import save

from smallimg.data.formats import read_dataset


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


class TestConvert:
    """What is written is tested with each form in tests/data/formats."""

    def test_every_form_and_every_split(self, tiny_challenge: Path, tmp_path: Path) -> None:
        left_out = {"table": "", "folders": "boxes and masks", "masks": "boxes and classes"}
        for form, left in left_out.items():
            result = run("convert", tiny_challenge, tmp_path / form, "--to", form)
            assert result.exit_code == 0, result.stderr
            no_place = f"; their {left} have no place in that form" if left else ""
            assert result.stdout == f"16 pictures written to {tmp_path / form}{no_place}\n"
            assert len(read_dataset(tmp_path / form).samples) == 16
        for form in ("table", "folders"):
            result = run("convert", tiny_challenge, tmp_path / form, "--to", form, "--split", "test")
            assert result.exit_code == 0, result.stderr
            assert len(read_dataset(tmp_path / form, split="test").samples) == 8

    def test_a_zip_and_what_is_wrong_in_it(self, tiny_challenge: Path, tmp_path: Path) -> None:
        data = tmp_path / "data"
        shutil.copytree(tiny_challenge, data)
        (data / "train" / "0005.jpg").unlink()
        archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", data)
        result = run("convert", archive, tmp_path / "out", "--to", "folders")
        assert result.exit_code == 1
        assert "there is no picture 0005.jpg" in result.stderr
        assert result.stdout.startswith("15 pictures written")

    @pytest.mark.parametrize("form", ["table", "masks"])
    def test_what_the_data_lacks_is_a_sentence(self, form: str, tmp_path: Path) -> None:
        for name in ("cat/a.jpg", "dog/a.jpg"):
            save(tmp_path / "in" / name)
        result = run("convert", tmp_path / "in", tmp_path / "out", "--to", form)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "2 of 2 pictures have no" in result.stderr
        assert not (tmp_path / "out").exists()

    def test_nothing_is_written_over_and_nothing_into_the_data(self, tiny_challenge: Path, tmp_path: Path) -> None:
        assert run("convert", tiny_challenge, tmp_path, "--to", "masks").exit_code == 0
        again = run("convert", tiny_challenge, tmp_path, "--to", "masks")
        assert (again.exit_code, "is there already" in again.stderr) == (1, True)
        inside = run("convert", tiny_challenge, tiny_challenge / "out", "--to", "masks")
        assert (inside.exit_code, "lies in DATA" in inside.stderr) == (2, True)
        assert run("convert", tiny_challenge, tmp_path, "--to", "paintings").exit_code == 2
