"""`cutout` and `crop`: what they write, and how they fail."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from PIL import Image

from smallimg.pictures.images import flatten, open_image
from smallimg.pipeline import Pipeline


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


def found_box(pipeline: Pipeline, path: Path) -> bool:
    return pipeline.predict(open_image(path), classify=False).box is not None


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
