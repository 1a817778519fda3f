"""Cut-outs as files: their names are names on every system. (That they hold the cut-outs: test_ui_try_it.py.)"""

import base64
import io
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from smallimg.pipeline import Pipeline
from smallimg.ui.try_it.cutouts import save_cutout, save_cutouts
from smallimg.ui.try_it.large import large_address


@pytest.fixture(scope="module")
def pipeline(tiny_bundle: Path) -> Pipeline:
    return Pipeline.load(tiny_bundle)


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        ("cat", "cat-cutout.png"),
        ("Größe 3 (1)", "Größe 3 (1)-cutout.png"),
        ("..evil", "evil-cutout.png"),
        ("a:b*c?<d>|e", "a_b_c_d_e-cutout.png"),
        ("con", "picture-cutout.png"),
        (" ", "picture-cutout.png"),
    ],
)
def test_names_are_safe(pipeline: Pipeline, tmp_path: Path, stem: str, name: str) -> None:
    path = tmp_path / f"{stem}.png"
    Image.new("RGB", (32, 32)).save(path)
    assert Path(save_cutout(pipeline, path)).name == name


def test_names_in_a_zip_are_all_different(pipeline: Pipeline, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.png", "A.jpg", "a.webp", "a:.png", "a*.png")]
    for path in paths:
        Image.new("RGB", (32, 32)).save(path)
    with zipfile.ZipFile(save_cutouts(pipeline, paths)) as archive:
        names = archive.namelist()
    assert names == [f"{name}.png" for name in ("a-cutout", "A-cutout-2", "a-cutout-3", "a_-cutout", "a_-cutout-2")]


@pytest.mark.parametrize(
    ("name", "as_it_is"), [("a.JPG", True), ("ä #?.png", True), ("a.tiff", False), ("a.gif", False)]
)
def test_a_picture_in_large_is_the_upload_or_a_copy_that_browsers_show(
    tmp_path: Path, name: str, as_it_is: bool
) -> None:
    image = Image.new("RGB", (3000, 20))
    image.save(tmp_path / name)
    address = large_address(tmp_path / name, image)
    assert not set(address) & set(' #?"<>')
    if as_it_is:
        assert unquote(address) == f"gradio_api/file={tmp_path / name}"
    else:
        with Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/webp;base64,")))) as copy:
            assert copy.size == (1600, 11)
