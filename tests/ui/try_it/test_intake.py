"""Pictures by their address in "Try it"; what is fetched at all, `tests/pictures/test_by_address.py` sees."""

from pathlib import Path

import gradio as gr
import pytest

from smallimg.errors import ImageError
from smallimg.pictures.by_address import Fetched
from smallimg.pictures.images import MAX_BYTES, open_image
from smallimg.ui.try_it.intake import add_by_address, open_upload

PICTURE = Path(__file__).parents[3] / "assets" / "examples" / "cifar10" / "cat.jpg"


def fetch(text: str) -> Fetched:
    if text != "https://cats.example/cat.jpg":
        raise ImageError(f"“{text}” leads to no server <b>.")
    return Fetched("cat.jpg", PICTURE.read_bytes(), open_image(PICTURE))


def test_the_picture_joins_the_chosen_ones() -> None:
    paths, field, said = add_by_address(["other.jpg"], "https://cats.example/cat.jpg", fetch=fetch)
    assert (paths[0], Path(paths[1]).name, field, said) == ("other.jpg", "cat.jpg", "", "")
    assert Path(paths[1]).read_bytes() == PICTURE.read_bytes()
    again, field, said = add_by_address(paths, "https://cats.example/cat.jpg", fetch=fetch)
    assert (again, field) == (gr.skip(), "")
    assert "“cat.jpg” is among the pictures already" in said


def test_what_is_wrong_is_said_and_the_address_stays_to_be_mended() -> None:
    paths, field, said = add_by_address(None, "https://nobody.example/", fetch=fetch)
    assert (paths, field) == (gr.skip(), gr.skip())
    assert "leads to no server &lt;b&gt;" in said
    _, _, said = add_by_address(None, " ")
    assert "There is no address" in said


def test_an_upload_that_the_page_has_cut_is_named(tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(PICTURE.read_bytes().ljust(MAX_BYTES + 1, b"\0"))
    with pytest.raises(ImageError, match=r"large\.jpg has more than 10 MB"):
        open_upload(large)
