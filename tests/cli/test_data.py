"""`challenge`, `check` and `convert`: data sets, drawn, looked at and written."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from made_data import save, write_table

from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset


def classes_of(dataset: Dataset) -> list[str]:
    return [dataset.class_names[sample.label] for sample in sorted(dataset.samples, key=lambda one: one.path.name)]


def boxes_of(dataset: Dataset) -> np.ndarray:
    return np.concatenate([sample.boxes for sample in sorted(dataset.samples, key=lambda one: one.path.name)])


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
        left_out = {
            "coco": "", "yolo": "masks", "voc": "", "csv": "", "table": "", "folders": "boxes and masks",
            "masks": "boxes and classes",
        }  # fmt: skip
        for form, left in left_out.items():
            result = run("convert", tiny_challenge, tmp_path / form, "--to", form)
            assert result.exit_code == 0, result.stderr
            no_place = f"; their {left} have no place in that form" if left else ""
            count = "16 pictures" if form == "masks" else "24 pictures"
            parts = "" if form == "masks" else " (train 16, test 8)"
            assert result.stdout == f"{count} written to {tmp_path / form}{parts}{no_place}\n"
            for split, pictures in (("train", 16), ("test", 8)):
                if form == "masks" and split == "test":
                    assert "test can be written to a folder of their own with --split" in result.stderr
                    continue
                again = read_dataset(tmp_path / form, split=split)
                before = read_dataset(tiny_challenge, split=split)
                assert (len(again.samples), again.problems) == (pictures, ())
                if "classes" not in left:
                    assert classes_of(again) == classes_of(before)
                if "boxes" not in left:
                    np.testing.assert_allclose(boxes_of(again), boxes_of(before), atol=0.5)

    def test_one_split_after_the_other(self, tiny_challenge: Path, tmp_path: Path) -> None:
        for split, pictures in (("train", 16), ("test", 8)):
            result = run("convert", tiny_challenge, tmp_path, "--to", "yolo", "--split", split)
            assert result.stdout.startswith(f"{pictures} pictures written to {tmp_path};"), result.stderr
            assert len(read_dataset(tmp_path, split=split).samples) == pictures

    def test_a_split_that_cannot_be_read_is_named_and_the_others_are_written(self, tmp_path: Path) -> None:
        write_table(tmp_path / "in", "0.jpg,0,0,5,5,cup", "1.jpg,0,0,5,5,ball")
        (tmp_path / "in/test.csv").write_text("image\n0.jpg\n")
        result = run("convert", tmp_path / "in", tmp_path / "out", "--to", "coco")
        assert (result.exit_code, result.stdout) == (1, f"2 pictures written to {tmp_path / 'out'}\n")
        assert "test.csv has names of pictures and nothing about them" in result.stderr

    def test_a_zip_and_what_is_wrong_in_it(self, tiny_challenge: Path, tmp_path: Path) -> None:
        data = tmp_path / "data"
        shutil.copytree(tiny_challenge, data)
        (data / "train" / "0005.jpg").unlink()
        archive = shutil.make_archive(str(tmp_path / "zipped"), "zip", data)
        result = run("convert", archive, tmp_path / "out", "--to", "folders")
        assert result.exit_code == 1
        assert "there is no picture 0005.jpg" in result.stderr
        assert result.stdout.startswith("23 pictures written")
        assert "(train 15, test 8)" in result.stdout

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
