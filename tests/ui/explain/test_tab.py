"""The "Look inside" tab: a data set looked at, its table, its map, and what is said where there is none."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg.data.kept import describe_data
from smallimg.study.explain.inside import Inside
from smallimg.study.explain.seen import Seen, SetSeen
from smallimg.study.explain.set_table import set_table
from smallimg.ui.data_choice import KEPT, OWN, fresh_choices
from smallimg.ui.explain.map import SetMap, draw_map, open_pictures
from smallimg.ui.explain.map_figure import BY_ANSWER, BY_CLASS, BY_LABEL, map_figure
from smallimg.ui.explain.set_view import gallery, set_view
from smallimg.ui.explain.tab import draw_map_of, look_inside, method_line
from smallimg.ui.pipelines import Pipelines


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "SMALLIMG_DATA"


def seen(index: int, truth: str | None, label: str, name: str | None = None) -> Seen:
    picture = Image.new("RGB", (20, 20))
    return Seen(
        Path(name or f"{index}.jpg"), truth, label, 0.8, Inside(0.1 * index, 0.1, index > 2), picture, np.eye(8)[index]
    )


SIX = (
    seen(0, "cat", "cat"),
    seen(1, "cat", "dog"),
    seen(2, "dog", "dog"),
    seen(3, "dog", "dog"),
    seen(4, "cat", "cat"),
    seen(5, None, "dog"),
)


def click(value: str) -> gr.SelectData:
    return SimpleNamespace(index=0, value=value)  # type: ignore[return-value]


def look(bundle: Path | str, source: str, dropped: str | None = None, kept: str | None = None) -> tuple[Any, ...]:
    nobody = lambda *_, **__: None  # noqa: E731
    return look_inside(Pipelines(), str(bundle), "layercam", 100, source, dropped, kept, progress=nobody)


def test_a_kept_set_has_its_table_its_csv_and_its_map(tiny_bundle: Path, tiny_challenge: Path, folders: Path) -> None:
    folders.mkdir()
    (folders / "mine").symlink_to(tiny_challenge)
    message, _, html, csv, _, found, *_ = look(tiny_bundle, KEPT, kept="mine")
    assert message == ""
    assert "8 pictures, models “bundle”, LayerCAM" in words(html)
    assert "hottest place on it" in html
    assert len(Path(csv).read_text().splitlines()) == 9
    state, figure, rows, said = draw_map_of(found, BY_CLASS)
    assert said == ""
    assert Path(rows.value["path"]).read_text().splitlines()[1].startswith("test/0000.jpg,")
    drawn = json.loads(figure)
    assert sorted(at for trace in drawn["data"] for at in trace["customdata"]) == list(range(8))
    assert "8 pictures in the lasso" in open_pictures(state, click(f"lasso {','.join(map(str, range(8)))}"))


@pytest.mark.parametrize(
    ("source", "kept", "sentence"),
    [
        (KEPT, None, "Choose some of the pictures"),
        (KEPT, "../../etc", "There is no data set"),
        (OWN, None, "Drop a zip"),
    ],
)
def test_what_was_not_chosen_is_a_sentence(tiny_bundle: Path, source: str, kept: str | None, sentence: str) -> None:
    message, panel, *_ = look(tiny_bundle, source, kept=kept)
    assert sentence in message
    assert panel.visible is False


def test_models_that_are_gone_are_a_sentence(tmp_path: Path) -> None:
    assert "are gone" in look(tmp_path / "nowhere", OWN)[0]


def test_the_view_tells_wrong_from_right(folders: Path) -> None:
    html = set_view(SetSeen(SIX, 9, ("x.jpg is damaged.",)), set_table(SIX), title="Grad-CAM", model=EVIL)
    said = words(html)
    assert "6 of 9 pictures, drawn at random" in said
    assert "Named rightly: 4 of 5 (" in said
    assert "1 could not be read: x.jpg is damaged." in said
    assert said.index("Wrong answers") < said.index("Right answers")
    assert "onerror" not in tags_of(html)
    assert "where its object is nobody knows" in set_view(SetSeen(SIX, 6, ()), [], title="", model="")


@pytest.mark.parametrize(
    ("by", "names"),
    [
        (BY_CLASS, ["cat", "dog", "not known"]),
        (BY_ANSWER, ["not known", "right", "wrong"]),
        (BY_LABEL, ["cat", "dog"]),
    ],
)
def test_colours_tell_what_is_asked(by: str, names: list[str]) -> None:
    figure = map_figure(SIX, np.zeros((6, 2), np.float32), by=by)
    assert [trace["name"] for trace in figure["data"]] == names
    symbols = {
        at: symbol
        for trace in figure["data"]
        for at, symbol in zip(trace["customdata"], trace["marker"]["symbol"], strict=True)
    }
    assert symbols == {0: "circle", 1: "x", 2: "circle", 3: "circle", 4: "circle", 5: "circle-open"}


def test_many_classes_share_the_last_colour_and_names_mean_no_harm() -> None:
    many = [seen(at % 8, f"kind {at:02}", "x", EVIL) for at in range(30)]
    figure = map_figure(many, np.zeros((30, 2), np.float32), by=BY_CLASS)
    assert len({trace["marker"]["color"] for trace in figure["data"]}) == len(figure["data"]) == 10
    assert figure["data"][-1]["name"] == "21 others"
    assert "<img" not in json.dumps(figure)
    assert "onerror" not in tags_of(gallery(many, "All", places=range(30)))


def test_a_click_opens_the_neighbours_and_what_is_no_place_nothing() -> None:
    shown = SetMap(SIX, np.zeros((6, 2), np.float32), np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 1], [1, 1], [-1, 0]]))
    html = open_pictures(shown, click("near 0"))
    assert "Most like 0.jpg" in html
    places = [int(part.split('"')[0]) for part in html.split('data-near="')[1:]]
    assert places == [0, 1, 4, 3, 2, 5]
    for nothing in ("lasso ", "lasso 99", "near x", ""):
        assert open_pictures(shown, click(nothing)) == ""
    assert "no longer there" in open_pictures(None, click("near 0"))


def test_too_few_pictures_have_no_map() -> None:
    state, figure, rows, said = draw_map(SIX[:3], BY_CLASS)
    assert (state, figure, rows.visible) == (None, None, False)
    assert "5 pictures at least" in said


def test_the_lists_are_fresh(folders: Path, tiny_challenge: Path) -> None:
    folders.mkdir()
    (folders / "mine").mkdir()
    describe_data(folders / "mine", name="Mine")
    model, data = fresh_choices("nowhere", "mine")
    assert model.value == model.choices[0][1]
    assert data.value == "mine"
    assert "Zeiler" in method_line("occlusion")
