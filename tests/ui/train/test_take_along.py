"""The chosen set as a zip: what is said of it, and why there is none."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from made_data import save
from read_html import words

from smallimg.data.kept import data_folder, describe_data
from smallimg.ui.train.take_along import FORMS, offer, take_along


def quiet(*_: Any, **__: Any) -> None:
    """A `gr.Progress` that nobody watches."""


@pytest.fixture
def pets(data: Path) -> str:
    for number in range(20):
        save(data / "pets-1" / ("cat", "dog")[number % 2] / f"{number:02}.png")
    describe_data(data_folder() / "pets-1", name="<b>Cats</b> & dogs")
    return "pets-1"


def test_the_set_is_written_under_its_name_and_its_parts_are_told(pets: str) -> None:
    said, archive = take_along(pets, "folders", quiet)
    assert words(said).startswith("16 in “train” and 4 in “validation”; ")
    assert Path(archive).name == "b-Cats-b-dogs-folders.zip"
    with zipfile.ZipFile(archive) as file:
        assert sum(name.endswith(".png") for name in file.namelist()) == 20


@pytest.mark.parametrize(
    ("data_id", "form", "why"),
    [
        ("pets-1", "coco", "have no box"),
        ("pets-1", "masks", "have no mask"),
        ("../etc", "coco", "There is no data set"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(pets: str, data_id: str, form: str, why: str) -> None:
    said, archive = take_along(data_id, form, quiet)
    assert why in words(said)
    assert "--crops" not in said
    assert archive is None


@pytest.mark.parametrize(
    ("can_train", "form"),
    [((), "masks"), (("classifier",), "folders"), (("detector", "classifier"), "coco"), (("remover",), "masks")],
)
def test_the_form_that_holds_the_most_is_offered_first(can_train: tuple[str, ...], form: str) -> None:
    row, dropdown, _ = offer("pets-1", can_train)
    assert (row.visible, dropdown.value) == (True, form)
    assert form in FORMS
    assert offer("", ())[0].visible is False
