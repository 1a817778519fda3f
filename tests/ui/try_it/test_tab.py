"""The handlers of the "Try it" tab, with a real bundle that knows next to nothing."""

import json
import re
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.pictures.images import MAX_BYTES, open_image
from smallimg.runs.run import RunConfig, adopt_run, rename_run
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.theme import HEAD
from smallimg.ui.try_it.examples import examples_of
from smallimg.ui.try_it.tab import (
    STAGE_CHOICES,
    add_example,
    add_photo,
    background_choices,
    choose_background,
    look_at_pictures,
    refusal,
    save_all,
    save_one,
    summary,
)
from smallimg.ui.try_it.welcome import steps

STAGES = [name for _, name in STAGE_CHOICES]


@pytest.fixture(scope="module")
def pipelines() -> Pipelines:
    return Pipelines()


@pytest.fixture
def picture(tiny_challenge: Path) -> str:
    return str(sorted((tiny_challenge / "test").iterdir())[0])


def look(pipelines: Pipelines, paths: list[str] | None, bundle: Path, **options: Any) -> tuple[Any, ...]:
    values = {"background": "own", "stages": STAGES, "max_boxes": 3, "threshold": 0.0, **options}
    return look_at_pictures(pipelines, paths, str(bundle), **values, progress=lambda *_, **__: None)


def cells(table: str) -> list[list[str]]:
    """The text of a table's cells, row by row, without its head."""
    return [
        re.findall(r"<t[hd][^>]*>([^<]*)</t", row) for row in re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1])
    ]


@pytest.mark.parametrize("paths", [None, []])
def test_no_pictures_show_the_four_steps(pipelines: Pipelines, tiny_bundle: Path, paths: list[str] | None) -> None:
    html, report, table, cutouts, *files = look(pipelines, paths, tiny_bundle)
    assert html == steps()
    assert (report.visible, cutouts.interactive) == (False, False)
    assert [table, *files] == ["", None, None]


def test_the_third_step_shows_and_tells_what_is_done() -> None:
    kept, cut = steps(), steps(cut_out=True)
    assert "cut from the picture, background and all" in kept
    assert "plain grey stands where the background" in cut
    # The checker that stands for transparency is drawn in the first step only: no crop is transparent.
    assert kept.count("url(#si-checks)") == cut.count("url(#si-checks)") == 1


def test_an_unreadable_file_is_named_and_the_others_go_on(
    pipelines: Pipelines, tiny_bundle: Path, picture: str, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    html, report, table, cutouts, csv, json_file = look(pipelines, [str(notes), picture], tiny_bundle)
    assert (report.visible, cutouts.interactive) == (True, True)
    assert html.count("<article") == 2
    assert "notes.txt is not a picture" in html
    assert [row[0] for row in cells(table)] == ["notes.txt", Path(picture).name]
    records = json.loads(Path(json_file).read_text(encoding="utf-8"))
    assert [record["problem"] is None for record in records] == [False, True]
    assert sum(records[1]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert Path(csv).read_text(encoding="utf-8").count("\n") == 3


def test_a_ninth_picture_is_refused_by_name(
    pipelines: Pipelines, tiny_bundle: Path, picture: str, tmp_path: Path
) -> None:
    ninth = tmp_path / "ninth.png"
    Image.new("RGB", (8, 8)).save(ninth)
    html, _, table, *_ = look(pipelines, [*[picture] * 8, str(ninth)], tiny_bundle)
    assert "ninth.png was left out" in html
    assert len(cells(table)) == html.count("<article") == 8


def test_many_refused_pictures_take_one_sentence() -> None:
    assert refusal([]) == ""
    assert "a, b, c and 40 more were left out" in refusal([*"abc", *["x"] * 40])


def test_options_reach_the_pipeline(pipelines: Pipelines, tiny_bundle: Path, picture: str) -> None:
    html, _, table, cutouts, *_ = look(
        pipelines, [picture], tiny_bundle, stages=["detector"], max_boxes=2, threshold=0.0
    )
    assert html.count('class="si-box') == 2
    assert cells(table)[0][1] == "stage off"
    assert cutouts.interactive is False
    html, _, table, *_ = look(pipelines, [picture], tiny_bundle, threshold=1.0, background="none")
    assert cells(table)[0][3] == "no object found"
    assert "the background stays" in html


def test_a_file_over_the_limit_is_named(pipelines: Pipelines, tiny_bundle: Path, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(bytes(MAX_BYTES + 1))
    assert "huge.jpg has more than 10 MB" in look(pipelines, [str(huge)], tiny_bundle)[0]


def test_the_page_cuts_files_just_behind_the_limit() -> None:
    assert f"LIMIT = {MAX_BYTES:_};" in HEAD


def test_a_missing_bundle_is_a_sentence(pipelines: Pipelines, picture: str) -> None:
    html, report, *_ = look(pipelines, [picture], Path("no-such-bundle"))
    assert "no-such-bundle" in html
    assert report.visible is False


def test_a_background_that_fails_gives_way_to_the_one_before(pipelines: Pipelines, tiny_bundle: Path) -> None:
    shown, working, message = choose_background(pipelines, str(tiny_bundle), "no-such-model", "none")
    assert (shown, working) == ("none", "none")
    assert "no-such-model" in message
    assert "Going on with “none”" in message
    assert choose_background(pipelines, str(tiny_bundle), "own", "none") == ("own", "own", "")


def test_background_choices_tell_which_need_a_download(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REMBG_HOME", str(tmp_path))
    labels = {name: label for label, name in background_choices()}
    assert "download" not in labels["own"] + labels["none"]
    assert "downloads on first use" in labels["u2net"]


def test_a_photo_joins_the_pictures_under_a_name_of_its_own(tmp_path: Path) -> None:
    paths: list[str] = ["a.png"]
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        photo = tmp_path / folder / "image.webp"
        photo.write_bytes(b"photo")
        paths, camera = add_photo(str(photo), paths)
        assert camera is None
        assert photo.read_bytes() == b"photo", "who sent the same picture still has it"
    assert [Path(path).name for path in paths] == ["a.png", "photo-1.webp", "photo-2.webp"]
    assert Path(paths[-1]).read_bytes() == b"photo"
    assert add_photo(None, None) == (None, None)


@pytest.mark.parametrize(("total", "is_said"), [(44.0, True), (53.0, False)])
def test_times_that_overlap_are_explained(total: float, is_said: bool) -> None:
    record = {
        "problem": None,
        "milliseconds": {"background": 33.0, "detector": 11.0, "classifier": 8.0, "total": total},
        "engine": "onnxruntime",
    }
    line = summary([record, {"problem": "No.", "milliseconds": {}}], "everyday", "own")
    assert line.startswith(f"1 picture in {total:.0f}\u00a0ms")
    assert line.endswith("background model “own” · run by onnxruntime")
    assert ("(background and object at the same time)" in line) is is_said


def test_where_nothing_was_read_no_time_is_told() -> None:
    for count in (1, 2):
        line = summary([{"problem": "No.", "milliseconds": {}, "engine": None}] * count, "everyday", "own")
        assert line == "No picture could be read · models “everyday” · background model “own”"


def test_what_ran_the_networks_is_told_in_plain_words_and_only_where_one_ran() -> None:
    record = {"problem": None, "milliseconds": {"classifier": 0.5, "total": 0.6}, "engine": "onnxruntime-int8"}
    line = summary([record], "everyday", "own")
    assert "int8" not in line
    assert "in rounded numbers (8 bits): faster, and probabilities may shift a little" in line
    off = summary([record | {"milliseconds": {"total": 0.1}}], "everyday", "own")
    assert off.startswith("1 picture in 0.1\u00a0ms · ")
    assert "run by" not in off


def test_a_model_that_cannot_be_downloaded_is_one_sentence_in_our_words(
    no_internet: None, pipelines: Pipelines, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REMBG_HOME", str(tmp_path))
    monkeypatch.delenv("U2NET_HOME", raising=False)
    *_, message = choose_background(pipelines, str(tiny_bundle), "silueta", "own")
    assert "“silueta” could not be downloaded: check the connection" in message
    assert not re.search(r"HTTPS?\w*Pool|Error|Max retries|127\.0\.0\.1|://", message)


def test_an_example_is_added_once(tmp_path: Path) -> None:
    first = SimpleNamespace(index=0)
    paths, message = add_example(None, DEFAULT_BUNDLE, first)
    assert message == ""
    assert [Path(path).name for path in paths] == [examples_of(DEFAULT_BUNDLE)[0].path.name]
    same, message = add_example(paths, DEFAULT_BUNDLE, first)
    assert "is among the pictures already" in message
    assert same == gr.skip()
    assert len(add_example(paths, DEFAULT_BUNDLE, SimpleNamespace(index=1))[0]) == 2


@pytest.mark.parametrize("index", [-1, 99, "0", None])
def test_an_example_that_is_none_adds_nothing(index: object) -> None:
    assert add_example(None, DEFAULT_BUNDLE, SimpleNamespace(index=index)) == (gr.skip(), "")


def test_cut_outs_are_saved_one_or_all(pipelines: Pipelines, tiny_bundle: Path, picture: str, tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    paths = [picture, str(notes), picture]
    one = save_one(pipelines, paths, str(tiny_bundle), "own", 0)
    expected = pipelines.get(str(tiny_bundle), "own").predict(open_image(picture)).cutout
    with Image.open(one) as saved:
        assert (saved.format, saved.mode, saved.size) == ("PNG", "RGBA", expected.size)
        assert saved.tobytes() == expected.tobytes()
    with zipfile.ZipFile(save_all(pipelines, paths, str(tiny_bundle), "own")) as archive:
        stem = Path(picture).stem
        assert archive.namelist() == [f"{stem}-cutout.png", f"{stem}-cutout-2.png"]
        assert archive.read(archive.namelist()[0]) == Path(one).read_bytes()


@pytest.mark.parametrize(("background", "index"), [("own", 1), ("own", 7), ("own", "0"), ("none", 0)])
def test_what_cannot_be_saved_is_a_sentence(
    pipelines: Pipelines, tiny_bundle: Path, picture: str, tmp_path: Path, background: str, index: object
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    with pytest.raises(gr.Error) as one:
        save_one(pipelines, [picture, str(notes)], str(tiny_bundle), background, index)
    assert one.value.message.endswith(".")
    with pytest.raises(gr.Error) as none:
        save_all(pipelines, [str(notes)], str(tiny_bundle), background)
    assert none.value.message.startswith("There is no cut-out to save")


def test_the_summary_names_a_run_as_it_is_called_now(
    pipelines: Pipelines, tiny_bundle: Path, picture: str, tmp_path: Path
) -> None:
    files = {path.name: path for path in tiny_bundle.iterdir()}
    run = adopt_run(RunConfig("first try", data=""), files, folder=tmp_path)
    rename_run(run.id, "Plugs & cups", folder=tmp_path)
    html, *_ = look(pipelines, [picture], run.path)
    assert "models “Plugs &amp; cups”" in html
    assert run.id not in html
