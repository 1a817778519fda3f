"""Where the "Train" tab's pictures come from: whatever is brought, it is shown, or a sentence says why not."""

import fcntl
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
from brought import Told, button_of, click, link, shown
from PIL import Image

from smallimg.data.by_class import read_classes
from smallimg.data.kept import data_folder, list_data
from smallimg.runs.run import Run, RunConfig, create_run
from smallimg.ui.train.data_brought import SIZES, UNSORTED, take_known, take_sample, take_upload
from smallimg.ui.train.data_kept import choose_kept, delete_kept, kept_choices, name_kept, rename_kept
from smallimg.ui.train.data_panel import CLASSES, KEPT, OWN, SAMPLE, SOURCES, continue_kept, show_source, sort_loose
from smallimg.ui.train.data_shown import GONE, act_on_finding, data_path, look_again, look_at_data, look_if_used
from smallimg.ui.train.shelf import shelf

NOTHING = {"path": "", "can_train": (), "preview": ""}


def refused(answer: tuple[Any, ...]) -> str:
    """What is said of data that cannot be used."""
    parts = shown(answer)
    assert NOTHING.items() <= parts.items()
    assert parts["report"].visible is False
    assert parts["message"].startswith('<p class="si-notice" role="status">')
    return str(parts["message"])


@contextmanager
def under_way(run: Run) -> Iterator[None]:
    """Pass for the worker of a run that trains: hold its lock."""
    (run.path / "status.json").write_text(json.dumps({"status": "running"}), encoding="utf-8")
    with (run.path / "lock").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)
        yield


def test_sound_data_is_shown_without_a_report(pets: Path) -> None:
    progress = Told()
    parts = shown(look_at_data(link(pets), progress))
    assert (parts["path"], parts["can_train"], parts["message"]) == ("pets", ("classifier",), "")
    assert "20 pictures without boxes or masks" in parts["preview"]
    assert "Every row and every picture is sound." in parts["preview"]
    assert parts["report"].visible is False
    assert progress.told[-1] == ((20, 20), "Reading every picture")


def test_what_is_wrong_is_in_the_report_and_the_rest_goes_on(pets: Path) -> None:
    (pets / "cat" / "00.png").write_text("no picture")
    parts = shown(look_at_data(link(pets), Told()))
    assert parts["path"] == "pets"
    assert "1 thing is wrong and 1 thing is doubtful" in parts["preview"]
    assert parts["report"].visible is True
    report = Path(parts["report"].constructor_args["value"]).read_text(encoding="utf-8")
    assert "00.png" in report
    assert "2 problems" in report


def test_what_is_found_can_be_left_out_and_used_again(pets: Path) -> None:
    for number in (1, 3):
        shutil.copy(pets / "cat" / "00.png", pets / "cat" / f"copy {number}.png")
    data_id = link(pets)
    before = shown(look_at_data(data_id, Told()))["preview"]
    assert "22 pictures" in before
    after = shown(act_on_finding(data_id, button_of(before, "Leave these 2 out"), Told()))
    assert (after["path"], after["message"], after["can_train"]) == (data_id, "", ("classifier",))
    assert "20 pictures" in after["preview"]
    assert "2 pictures are left out of everything" in after["preview"]
    assert "Leave these" not in after["preview"]
    assert shown(look_at_data(data_id, Told()))["preview"] == after["preview"], "after a reload too"
    again = shown(act_on_finding(data_id, button_of(after["preview"], "Use them again"), Told()))
    assert again["preview"] == before


def test_data_that_a_run_learns_from_stays_as_it_is(pets: Path, data: Path) -> None:
    shutil.copy(pets / "cat" / "00.png", pets / "cat" / "copy.png")
    data_id = link(pets)
    preview = shown(look_at_data(data_id, Told()))["preview"]
    with under_way(create_run(RunConfig(name="slow", data=str(data_folder() / "pets")))):
        answer = act_on_finding(data_id, button_of(preview, "Leave this one out"), Told())
    assert "“slow” is learning from “pets” now: stop that run first." in answer[2]
    assert answer[3] == preview, "with buttons that can be pressed again"
    assert not (pets / "left-out.txt").exists()


def test_looking_closer_finds_backgrounds_that_give_the_class_away(tmp_path: Path) -> None:
    for number in range(40):
        file = tmp_path / "framed" / ("cat", "dog")[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        random = np.random.default_rng(number)
        pixels = random.integers(*((0, 90), (140, 255))[number % 2], (64, 64, 3)).astype(np.uint8)
        pixels[16:48, 16:48] = random.integers(0, 255, (32, 32, 3))
        Image.fromarray(pixels).save(file)
    data_id = link(tmp_path / "framed")
    before = shown(look_at_data(data_id, Told()))["preview"]
    assert "Every row and every picture is sound." in before
    progress = Told()
    after = shown(act_on_finding(data_id, button_of(before, "Look closer"), progress))["preview"]
    assert "The border of a picture alone tells the class in" in after
    assert "Look closer" not in after, "it has been done"
    assert progress.told[-1][1] == "Learning from the pictures"


def test_pictures_without_which_nothing_is_left_stay_in(tmp_path: Path, data: Path) -> None:
    for name in ("cat", "dog"):
        for number, grey in enumerate((40, 200)):
            file = tmp_path / "plain" / name / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (32, 32), (grey, 90, 10 * len(name) + number)).save(file)
    data_id = link(tmp_path / "plain")
    before = shown(look_at_data(data_id, Told()))["preview"]
    place, *_ = re.findall(r'data-finding="(\d+)">Leave these 4 out', before)
    parts = shown(act_on_finding(data_id, click(place), Told()))
    assert "nothing left to learn from: they stay in" in parts["message"]
    assert (parts["path"], parts["preview"]) == (data_id, before)


@pytest.mark.parametrize("value", ["77", "-1", "x", "../../etc"])
def test_a_finding_that_is_not_there_leaves_nothing_out(pets: Path, value: str) -> None:
    data_id = link(pets)
    look_at_data(data_id, Told())
    parts = shown(act_on_finding(data_id, click(value), Told()))
    assert "20 pictures" in parts["preview"]
    assert not (pets / "left-out.txt").exists()


def test_the_sample_challenge_allows_every_stage(tiny_challenge: Path) -> None:
    parts = shown(look_at_data(link(tiny_challenge), Told()))
    assert parts["can_train"] == ("remover", "detector", "classifier")
    assert "16 pictures with boxes and masks" in parts["preview"]
    assert "8 to test on" in parts["preview"]


@pytest.mark.parametrize("path", [None, ""])
def test_nothing_chosen_is_nothing_shown(path: str | None) -> None:
    for answer in (look_at_data(path, Told()), take_upload([], Told()), take_upload(None, Told())):
        parts = shown(answer)
        assert NOTHING.items() <= parts.items()
        assert parts["message"] == ""
        assert parts["report"].visible is False


def test_data_that_cannot_be_used_is_a_sentence(tmp_path: Path, tiny_challenge: Path) -> None:
    assert "There is no data set “gone” any more" in refused(look_at_data("gone", Told()))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "empty" in refused(look_at_data(link(empty), Told()))
    broken = tmp_path / "broken"
    shutil.copytree(tiny_challenge, broken)
    for picture in (broken / "train").iterdir():
        picture.write_text("no picture")
    message = refused(look_at_data(link(broken), Told()))
    assert "broken" in message
    assert "0000.jpg" in message


def test_a_zip_of_class_folders_is_kept_and_shown(pets: Path, data: Path) -> None:
    archive = shutil.make_archive(str(pets.parent / "My Pets"), "zip", pets)
    progress = Told()
    parts = shown(take_upload([archive], progress))
    assert parts["path"] == "my-pets-1"
    assert parts["can_train"] == ("classifier",)
    assert "<h3>My Pets</h3>" in parts["preview"]
    assert [desc for _, desc in progress.told][:2] == ["Unpacking", "Reading every picture"]
    [(label, data_id)] = kept_choices()
    assert data_id == "my-pets-1"
    assert label.startswith("My Pets – 20 pictures, ")
    assert label.endswith(time.strftime("%Y"))
    assert shown(look_at_data(kept_choices()[0][1], Told()))["preview"] == parts["preview"]


def test_a_zip_that_is_none_is_a_sentence_and_leaves_nothing(tmp_path: Path, data: Path) -> None:
    notes = tmp_path / "<b>notes.zip"
    notes.write_text("milk, eggs")
    message = refused(take_upload([str(notes)], Told()))
    assert "&lt;b&gt;notes.zip" in message
    assert kept_choices() == list(data.iterdir()) == []


def test_a_zip_without_pictures_is_a_sentence(tmp_path: Path, data: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.doc").write_text("milk")
    archive = shutil.make_archive(str(tmp_path / "texts"), "zip", tmp_path / "texts")
    assert "found .doc (1)" in refused(take_upload([archive], Told()))
    assert list(data.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_sentence(pets: Path, data: Path) -> None:
    data.write_text("a file is in the way")
    archive = shutil.make_archive(str(pets), "zip", pets)
    assert "can be kept in “data”" in refused(take_upload([archive], Told()))
    message = refused(take_sample(next(iter(SIZES)), Told()))
    assert "can be kept in “data”" in message
    assert "[Errno" not in message


def test_the_sample_is_drawn_in_the_size_asked_for(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SIZES, "a little", (16, 8))
    progress = Told()
    parts = shown(take_sample("a little", progress))
    assert parts["path"] == "challenge-16-8"
    assert "The sample challenge, 16 + 8 pictures" in parts["preview"]
    assert parts["can_train"] == ("remover", "detector", "classifier")
    assert {"Drawing", "Reading every picture"} == {desc for _, desc in progress.told}


def test_loose_pictures_are_laid_out_to_be_sorted(pets: Path, tmp_path: Path) -> None:
    loose = [str(pets / "cat" / "00.png"), str(pets / "dog" / "01.png")]
    (tmp_path / "bad.png").write_text("milk")
    parts = shown(take_upload([*loose, str(tmp_path / "bad.png")], Told()))
    assert "bad.png" in parts["message"]
    [only] = read_classes(data_folder() / parts["path"])
    assert (only.name, len(only.files)) == (UNSORTED, 2)
    source, *_, by_class, message = sort_loose(loose, parts["path"], 17.0)
    assert (source, by_class) == (CLASSES, f"{parts['path']} 17")
    assert "Make a class for each kind of thing" in message
    assert all(one == gr.skip() for one in sort_loose(["pets.zip"], parts["path"], 17.0))
    assert "bad.png" in refused(take_upload([str(tmp_path / "bad.png")], Told()))
    assert "drop one zip, or pictures alone" in refused(take_upload([loose[0], "pets.zip"], Told()))
    assert len(list_data()) == 1


def test_a_shelf_tells_of_each_set_what_it_is_and_chooses_one(pets: Path) -> None:
    assert "Nothing yet" in shelf(None)
    data_id = shown(take_upload([shutil.make_archive(str(pets), "zip", pets)], Told()))["path"]
    (data_folder() / data_id / "cat" / "00.png").write_text("no picture")
    rename_kept(data_id, "Cats & <img src=x>")
    html = shelf(data_id)
    assert "<img src=x>" not in html
    assert "Cats &amp; &lt;img src=x&gt;" in html
    assert f'data-set="{data_id}" aria-pressed="true"' in html
    assert html.count("<img src=") in (3, 4)
    assert re.search(r"20 pictures · \d+(\.\d)?\s?[kM]?B", html)
    assert 'aria-pressed="true"' not in shelf("another")
    assert choose_kept(click(data_id)).value == data_id
    assert choose_kept(click("../etc")).value is None


def test_known_sets_without_a_network_are_a_sentence(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.datasets import CIFAR10

    def offline(*args: Any, **options: Any) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(CIFAR10, "__init__", offline)
    message = refused(take_known("CIFAR-10", 50, Told()))
    assert "CIFAR-10 could not be fetched, because the internet cannot be reached from here: " in message
    assert "Name or service" not in message
    assert "choose 2, not 1" in refused(take_known("CIFAR-10", 1.0, Told()))
    assert "no set called" in refused(take_known("MNIST", 50, Told()))
    assert kept_choices() == []


def test_sizes_say_what_they_are() -> None:
    assert all(str(train) in label and str(test) in label for label, (train, test) in SIZES.items())


# --- used before ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", [CLASSES, OWN, SAMPLE, KEPT])
def test_another_source_shows_its_own_fields_and_takes_back_what_was_said(source: str) -> None:
    *columns, kept, message = show_source(source)
    assert [column.visible for column in columns] == [source == name for name in SOURCES]
    assert (kept.choices, message) == ([], "")


def test_data_is_renamed_and_deleted(pets: Path) -> None:
    data_id = shown(take_upload([shutil.make_archive(str(pets), "zip", pets)], Told()))["path"]
    assert name_kept(data_id)[0] == "pets"
    listed, message = rename_kept(data_id, "  Cats &  <dogs> ")
    assert (message, listed.value, name_kept(data_id)[0]) == ("", data_id, "Cats & <dogs>")
    assert "<h3>Cats &amp; &lt;dogs&gt;</h3>" in shown(look_if_used(data_id, data_id, Told()))["preview"]
    assert look_if_used(data_id, "another", Told()) == (gr.skip(),) * 5
    assert "needs a name" in rename_kept(data_id, "  ")[1]
    assert "Choose the pictures" in rename_kept(None, "x")[1]

    assert delete_kept(None, data_id)[0] == gr.skip()
    assert list_data() != []
    listed, *rest = delete_kept(data_id, data_id)
    assert (listed.choices, listed.value) == ([], None)
    assert NOTHING.items() <= shown(tuple(rest)).items()
    assert list_data() == []
    assert (data_path(data_id), name_kept(data_id)[0]) == ("", "")


def test_folders_named_by_class_go_on_class_by_class_and_other_forms_say_why_not(
    pets: Path, tiny_challenge: Path
) -> None:
    data_id = shown(take_upload([shutil.make_archive(str(pets), "zip", pets)], Told()))["path"]
    source, *columns, asked, message = continue_kept(data_id, 17.0)
    assert (source, asked, message) == (CLASSES, f"{data_id} 17", "")
    assert [column.visible for column in columns] == [True, False, False, False]
    for other, sentence in ((link(tiny_challenge), "has boxes, parts or a table"), (None, "There is no data set")):
        *rest, message = continue_kept(other, 17.0)
        assert sentence in message
        assert rest == [gr.skip()] * 6


def test_deleting_other_data_leaves_the_chosen_one(pets: Path) -> None:
    archive = shutil.make_archive(str(pets), "zip", pets)
    used, other = (shown(take_upload([archive], Told()))["path"] for _ in range(2))
    listed, path, can_train, message, preview, _ = delete_kept(other, used)
    assert [data_id for _, data_id in listed.choices] == [used]
    assert (path, can_train, message, preview) == (gr.skip(), gr.skip(), "", gr.skip())


def test_data_that_a_run_learns_from_stays(pets: Path) -> None:
    data_id = shown(take_upload([shutil.make_archive(str(pets), "zip", pets)], Told()))["path"]
    run = create_run(RunConfig("slow", data_path(data_id)))
    with under_way(run):
        listed, path, _, message, *_ = delete_kept(data_id, data_id)
        assert "“slow” is learning from “pets” now: stop that run first." in message
        assert (listed.value, path) == (data_id, gr.skip())
        assert data_path(data_id)
    assert delete_kept(data_id, "")[3] == ""


def test_after_a_reload_what_is_gone_is_told(pets: Path) -> None:
    assert look_again("", Told()) == (gr.skip(),) * 5
    assert "pets" in shown(look_again(link(pets), Told()))["preview"]
    for data_id in ("gone", "../etc", "downloads", ".about.json"):
        parts = shown(look_again(data_id, Told()))
        assert NOTHING.items() <= parts.items()
        assert GONE in parts["message"]
