"""The map on the page: its colours, what a lasso, a click, a colour and a dropped picture open, and a whole one."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from made_jobs import work_here
from made_map import DIRECTIONS, made_map
from read_html import EVIL, tags_of, words

from smallimg.files import write_json
from smallimg.runs.jobs import Kind
from smallimg.runs.mapping import MAPS, MapConfig, Mapped
from smallimg.study.mapping import Model, Point, SetMap, write_map
from smallimg.ui.data_choice import KEPT, OWN
from smallimg.ui.explain.map import start_map
from smallimg.ui.explain.map_figure import BY_ANSWER, BY_CLASS, BY_LABEL, BY_MODEL, COLOURS, map_figure
from smallimg.ui.explain.map_view import open_group, open_like, open_pictures, recolour, show_map
from smallimg.ui.pipelines import Pipelines


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "GRADIO_TEMP_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    return tmp_path / "SMALLIMG_DATA"


@pytest.fixture
def one(tiny_challenge: Path, tmp_path: Path) -> Mapped:
    """A finished map of two models, made by hand; of its pictures 0.jpg alone is there."""
    made = MAPS.create(MapConfig("challenge", str(tiny_challenge), others=["cifar10"], names=["one", "two"]))
    shutil.copy(tiny_challenge / "test" / "0000.jpg", tmp_path / "0.jpg")
    write_map(made.path, made_map(), [DIRECTIONS, DIRECTIONS[::-1]])
    write_json(made.path / "about.json", {"root": str(tmp_path)})
    write_json(made.path / "status.json", {"status": "finished"})
    return MAPS.read(made.id)


def click(value: str) -> gr.SelectData:
    return SimpleNamespace(index=0, value=value)  # type: ignore[return-value]


def opened(html: str) -> list[int]:
    return [int(part.split('"')[0]) for part in html.split('data-asked="near ')[1:]]


@pytest.mark.parametrize(
    ("by", "model", "names"),
    [
        (BY_CLASS, 0, ["cat", "dog", "not known"]),
        (BY_ANSWER, 0, ["not known", "right", "wrong"]),
        (BY_LABEL, 1, ["cat", "dog"]),
        (BY_MODEL, 0, ["all are right", "all say the same", "none is right", "only one", "only two", "they differ"]),
    ],
)
def test_colours_tell_what_is_asked(by: str, model: int, names: list[str]) -> None:
    figure = map_figure(made_map(), by=by, model=model)
    assert [trace["name"] for trace in figure["data"]] == names
    symbols = {
        at: symbol
        for trace in figure["data"]
        for at, symbol in zip(trace["customdata"], trace["marker"]["symbol"], strict=True)
    }
    right = {0: "circle", 1: "x", 2: "circle", 3: "x"} if model == 0 else {0: "circle", 1: "circle", 2: "x", 3: "x"}
    assert symbols == right | {4: "circle-open", 5: "circle-open"}
    told = {trace["name"]: trace["customdata"] for trace in figure["data"]}
    if by == BY_MODEL:
        assert (told["only one"], told["only two"]) == ([2], [1])
        colours = [
            trace["marker"]["color"] for trace in figure["data"] if trace["name"].startswith(("only", "all are"))
        ]
        assert len(set(colours)) == 3


def test_many_classes_share_the_last_colour_and_names_mean_no_harm() -> None:
    drawn = made_map(image=EVIL, names=(EVIL, EVIL))
    points = [Point(EVIL, f"kind {at:02}", drawn.points[0].answers) for at in range(30)]
    figure = map_figure(SetMap(drawn.models, tuple(points), 30), by=BY_CLASS)
    assert len({trace["marker"]["color"] for trace in figure["data"]}) == len(figure["data"]) == len(COLOURS)
    assert figure["data"][-1]["name"] == "21 others"
    assert "<img" not in json.dumps(figure)


def test_a_finished_map_is_shown_and_recoloured(one: Mapped) -> None:
    head, by, eyes, figure, group, files, nothing = show_map(one.id)
    assert "6 of 9 pictures, drawn at random. “one” is right about 2 of 4 and “two” is right about 2 of 4." in words(
        head
    )
    assert (by.value, eyes.visible, nothing) == (BY_MODEL, True, "")
    assert sorted(at for trace in json.loads(figure)["data"] for at in trace["customdata"]) == list(range(6))
    assert ("only two (1)", "only two") in group.choices
    assert 'data-file="map.csv"' in files
    again, group = recolour(one.id, BY_LABEL, 1)
    assert [trace["name"] for trace in json.loads(again)["data"]] == ["cat", "dog"]
    assert group.choices == [("cat (5)", "cat"), ("dog (1)", "dog")]
    assert recolour(one.id, BY_LABEL, 99)[0] == recolour(one.id, BY_LABEL, None)[0], "there is no such model"
    assert show_map("gone")[3] is None
    (one.path / "map.json").write_text('{"models": 3}')
    assert "is damaged" in words(show_map(one.id)[0])
    assert recolour(one.id, BY_LABEL, 0)[0] is None


def test_what_a_model_has_no_name_for_is_said_and_why(one: Mapped) -> None:
    assert "no name" not in show_map(one.id)[0]
    drawn = made_map()
    only_cats = replace(drawn, models=(drawn.models[0], Model("two", ("cat",))))
    write_map(one.path, only_cats, [DIRECTIONS, DIRECTIONS])
    said = words(show_map(one.id)[0])
    assert "“two” has no name for “dog”: an answer to pictures of it is neither right nor wrong" in said
    assert "“one” has no name" not in said


def test_lasso_click_and_colour_open_pictures(one: Mapped) -> None:
    lasso = open_pictures(one.id, 0, click("lasso 0,3"))
    assert "2 pictures in the lasso" in words(lasso)
    assert opened(lasso) == [0, 3]
    assert lasso.count("<img") == 1
    assert "3.jpg is gone" in words(lasso)
    near = open_pictures(one.id, 0, click("near 0"))
    assert "Most like 0.jpg, as one sees it" in words(near)
    assert opened(near) == [0, 1, 4, 3, 2, 5]
    assert opened(open_pictures(one.id, 1, click("near 0"))) == [0, 3, 2, 1, 4, 5], "the other sees them otherwise"
    assert opened(open_group(one.id, BY_MODEL, 0, "only two")) == [1]
    for nothing in ("lasso ", "lasso 99", "near x", ""):
        assert open_pictures(one.id, 0, click(nothing)) == ""
    assert open_group(one.id, BY_MODEL, 0, None) == ""
    assert "no longer there" in open_pictures("gone", 0, click("near 0"))
    assert "onerror" not in tags_of(open_group(one.id, BY_CLASS, 0, EVIL))
    (one.path / "features.npz").unlink()
    assert "draw the map again" in words(open_pictures(one.id, 0, click("near 0")))


def test_one_is_drawn_and_a_dropped_picture_finds_its_like(
    tiny_bundle: Path, tiny_challenge: Path, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kind, "start", Kind.read)
    nobody = lambda *_, **__: None  # noqa: E731
    folders.mkdir()
    (folders / "mine").symlink_to(tiny_challenge)
    bundle = str(tiny_bundle)
    message, chosen = start_map(bundle, [bundle, "challenge"], 5000, KEPT, None, "mine", "test", progress=nobody)
    assert message == ""
    done = work_here(MAPS, MAPS.read(chosen.value))
    assert (done.status, done.config.title, done.files) == ("finished", "bundle and challenge on mine", MAPS.offered)
    assert "8 pictures. “bundle” is right about " in words(show_map(done.id)[0])
    like = open_like(Pipelines(), done.id, 0, str(tiny_challenge / "test" / "0003.jpg"))
    assert opened(like)[0] == 3
    assert "1.00 alike" in words(like)
    (folders / "text.png").write_text("no picture")
    assert "text.png" in words(open_like(Pipelines(), done.id, 0, str(folders / "text.png")))
    assert np.load(done.path / "features.npz")["features_1"].shape[0] == 8
    message, chosen = start_map(bundle, [], 100, OWN, "", None, None, progress=nobody)
    assert "Drop a zip" in words(message)
    assert chosen == gr.skip()
