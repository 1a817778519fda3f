"""The cards of the "Train" tab: every state in words, the right figures, everything escaped."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg.boxes import as_boxes
from smallimg.data.checks.finding import Finding
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.preview import Preview, SheetPicture
from smallimg.runs.line import Status
from smallimg.runs.run import Run, RunConfig
from smallimg.runs.summary import Measured, Summary
from smallimg.ui.train.cards import (
    STATES,
    duration,
    preview_card,
    roughly,
    run_card,
    runs_table,
)

ALL = ("remover", "detector", "classifier")
NO_FIGURES = Summary({}, {}, (), (), None, 0)
SHEET = (SheetPicture(Image.new("RGB", (40, 20)), "1.png", "cat"),)


def make_run(status: Status = "running", *, config: dict[str, Any] | None = None, **fields: Any) -> Run:
    """A run as its files could tell it; no file is there."""
    values = {"name": "my run", "data": "/data/pets", "stages": ALL} | (config or {})
    return Run(Path("runs/my-run"), RunConfig(**values), status, **fields)


def chips(html: str) -> list[tuple[str, str]]:
    """(kind, stage) of each stage in the line."""
    return re.findall(r'<li class="si-(done|now|later)">([a-z]+(?: [a-z]+)*)', html)


def share(html: str) -> float:
    """How far the bar has come, in percent; it says the same to eyes and to screen readers."""
    width = float(re.search(r'<i style="width:([\d.]+)%">', html)[1])  # type: ignore[index]
    assert f'aria-valuenow="{width:.0f}"' in html
    return width


# --- times ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (7.6, "8 s"), (89.4, "89 s"), (90, "2 min"), (240, "4 min"), (89 * 60, "89 min"),
        (90 * 60, "1 h 30 min"), (7200, "2 h 0 min"), (100_000, "27 h 47 min"),
    ],
)  # fmt: skip
def test_a_duration_is_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds).replace("\u00a0", " ") == text


# --- a run ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", get_args(Status))
def test_every_status_has_words_and_a_class_of_its_own(status: Status) -> None:
    html = run_card(make_run(status, reason="Because of this.", ahead=int(status == "waiting")))
    assert f'class="si-run si-{status}"' in html
    assert f'class="si-state">{STATES[status]}<' in html
    assert ">Because of this.<" in html
    assert ">None<" not in html


def test_a_run_that_goes_well_gives_no_reason() -> None:
    assert "si-reason" not in run_card(make_run())
    assert "si-note" not in run_card(make_run())


def test_the_facts_of_a_run() -> None:
    html = run_card(make_run(seconds=4000, config={"seed": 7, "note": "mind the light"}))
    assert words(html).startswith("my run training pets · trained 67 min · seed 7")
    assert '<p class="si-note">mind the light</p>' in html
    brought_in = words(run_card(make_run("finished", config={"data": ""})))
    assert brought_in.startswith("my run finished brought in ")
    assert "seed" not in brought_in, "nobody knows with which it was trained"
    assert "· trained" not in run_card(make_run())


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        (0, "It is next: it begins in a moment."), (1, "One run is before it; one trains at a time."),
        (3, "3 runs are before it; one trains at a time."),
    ],
)  # fmt: skip
def test_a_waiting_run_tells_its_place(ahead: int, sentence: str) -> None:
    html = run_card(make_run("waiting", ahead=ahead))
    assert sentence in words(html)
    assert ("before it" in html) == (ahead > 0)
    assert "progressbar" not in html


@pytest.mark.parametrize(
    ("epoch", "step", "percentage"),
    [(1, 0, 0), (1, 5, 12.5), (3, 0, 50), (3, 10, 75), (4, 10, 100)],
)
def test_progress_counts_whole_epochs_and_the_steps_of_this_one(epoch: int, step: int, percentage: float) -> None:
    html = run_card(make_run(stage="detector", epoch=epoch, epochs=4, step=step, steps=10))
    assert share(html) == percentage
    assert f"finding: epoch {epoch} of 4" in html


def test_progress_before_a_number_is_known_is_nothing() -> None:
    assert share(run_card(make_run(stage="detector"))) == 0


def test_the_time_left_is_told_once_it_is_known() -> None:
    assert "left" not in words(run_card(make_run(stage="detector", epoch=1, epochs=4)))
    at = {"stage": "detector", "epoch": 1, "epochs": 4}
    assert "finding: epoch 1 of 4 · about 75 s left" in words(run_card(make_run(**at, seconds_left=76.2)))
    assert "· about 4 min left" in words(run_card(make_run(**at, seconds_left=230.0)))
    for seconds in (0.0, 0.4, 4.9):
        assert "· a few seconds left" in words(run_card(make_run(**at, seconds_left=seconds)))


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "5 s"), (6, "5 s"), (73, "75 s"), (87, "85 s"), (89, "89 s"), (119, "2 min")]
)
def test_what_nobody_knows_to_the_second_is_told_in_fives(seconds: float, text: str) -> None:
    assert roughly(seconds).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("at", "sentence"),
    [
        ({}, "starting up"),
        ({"stage": "start"}, "starting up"),
        ({"stage": "foretelling"}, "finding out how long it takes"),
        ({"stage": "checking", "epoch": 1, "epochs": 1, "step": 3, "steps": 24}, "checking pictures, 3 of 24"),
        ({"stage": "reading", "epoch": 1, "epochs": 1, "step": 12, "steps": 24}, "reading pictures, 12 of 24"),
        ({"stage": "detector"}, "finding: getting ready"),
        ({"stage": "measuring"}, "measuring what it can do"),
        (
            {"stage": "measuring", "epoch": 1, "epochs": 1, "step": 40, "steps": 90},
            "measuring what it can do, 40 of 90",
        ),
    ],
)
def test_each_part_of_a_run_has_its_words_and_counts(at: dict[str, Any], sentence: str) -> None:
    html = run_card(make_run(**at, seconds_left=65.0))
    assert f"{sentence} · about 65 s left" in words(html)
    assert ("progressbar" in html) == ("steps" in at or at.get("stage") == "detector")


def test_measuring_comes_after_all_networks() -> None:
    assert {kind for kind, _ in chips(run_card(make_run(stage="measuring")))} == {"done"}
    assert {kind for kind, _ in chips(run_card(make_run(stage="reading")))} == {"later"}


def test_a_run_that_is_not_under_way_says_where_it_ended_and_no_time() -> None:
    stopped = words(run_card(make_run("stopped", stage="classifier", epoch=3, epochs=4, step=1, steps=2)))
    assert "naming: epoch 3 of 4" in stopped
    assert "left" not in stopped
    for stage in ("", "start", "reading", "measuring"):
        assert "si-progress" not in run_card(make_run("failed", stage=stage))


def test_a_waiting_run_tells_how_long_its_turn_is() -> None:
    text = words(run_card(make_run("waiting", ahead=1, seconds_left=130.0)))
    assert "One run is before it; one trains at a time. Its own turn takes about 2 min." in text


def test_stages_are_done_under_way_or_to_come() -> None:
    at = {"epoch": 1, "epochs": 2}
    assert chips(run_card(make_run(stage="detector", **at))) == [
        ("done", "cutting out"), ("now", "finding"), ("later", "naming")
    ]  # fmt: skip
    assert {kind for kind, _ in chips(run_card(make_run("finished", stage="classifier", **at)))} == {"done"}
    begun = run_card(make_run())
    assert {kind for kind, _ in chips(begun)} == {"later"}
    assert "starting up" in begun
    assert "starting up" not in run_card(make_run("stopped"))
    assert "progressbar" not in run_card(make_run("finished", stage="classifier", **at))


def test_cut_outs_are_a_step_of_their_own_between_the_remover_and_the_rest() -> None:
    html = run_card(make_run(stage="cutouts", epoch=1, epochs=1, step=30, steps=120))
    assert chips(html) == [("done", "cutting out"), ("later", "finding"), ("later", "naming")]
    assert share(html) == 25
    assert "cutting out, 30 of 120" in words(html)


# --- the table ------------------------------------------------------------------------------------------------------


def cells(html: str) -> list[list[str]]:
    """The texts of each row's cells."""
    body = html.partition("<tbody>")[2]
    return [
        [words(cell).replace("\u00a0", " ") for cell in re.findall(r"<td[^>]*>(.*?)</td>", row)]
        for row in body.split("</tr>")[:-1]
    ]


def test_no_runs_no_table() -> None:
    assert runs_table([]) == ""


def test_a_run_without_figures_has_dashes() -> None:
    html = runs_table([(make_run("waiting", config={"data": ""}), NO_FIGURES)])
    assert cells(html) == [["my run", "waiting in line", "brought in", "fast", *["–"] * 7]]


def test_a_run_with_figures() -> None:
    best, figures = {"remover": 4, "detector": 2}, {"remover": 0.9, "detector": 0.8}
    summary = Summary(best, figures, (0.9, 0.92), (0.5,), Measured("test", 0, 200), 2_000)
    html = runs_table([(make_run("finished", seconds=30), summary), (make_run("failed"), NO_FIGURES)])
    first, second = cells(html)
    assert first == [
        "my run", "finished", "pets", "fast", "2 (finding)", "91.0 ± 1.0 %", "50.0 ± 0.0 %", "–", "0.0 % (0.0–1.9 %)",
        "30 s", "2 kB",
    ]  # fmt: skip
    assert second[1] == "failed"
    assert len(re.findall("<th ", html)) == len(first)


def test_few_pictures_are_counted_and_without_a_test_there_is_no_test_figure() -> None:
    summary = Summary({}, {}, (1.0, 6 / 7), (1.0,), Measured("validation", 7, 7), 0)
    html = runs_table([(make_run("finished", validation=7), summary)])
    heads = re.findall('<th scope="col"[^>]*>([^<]+)<', html)
    row = dict(zip(heads, cells(html)[0], strict=True))
    assert row["Test"] == "–"
    assert row["Validation"] == "7 of 7 (65–100 %)"
    assert row["Classifier, by epoch"] == "6.5 ± 0.5 of 7"
    assert re.findall('data-head="([^"]+)"', html) == heads, "on a phone they stand in the row"


# --- data -----------------------------------------------------------------------------------------------------------


def make_preview(
    *, names: tuple[str, ...] = ("cat", "dog"), problems: tuple[str, ...] = (), test: dict[str, int] | None = None
) -> Preview:
    samples = tuple(Sample(Path(f"{index}.png"), as_boxes([]), index if names else None, None) for index in range(2))
    dataset = Dataset(Path("/data/pets"), "train", names, samples, (), names)
    counts = {name: 10 * place for place, name in enumerate(names or ("all",), start=1)}
    kept = dict.fromkeys(counts, 1)
    findings = tuple(Finding("left-out", "error", problem, "mend it", 1) for problem in problems)
    return Preview(dataset, counts, kept, test or {}, findings, False, False, ("classifier",), "40 × 20 px each")


def test_a_preview_tells_what_the_data_holds() -> None:
    html = preview_card(make_preview(test={"cat": 5, "bird": 1}), SHEET)
    text = words(html)
    assert text.startswith("pets 2 pictures without boxes or masks · 40 × 20 px each")
    assert "Of these, 30 are learned from, 2 kept aside" in text
    assert "6 to test on" in text
    assert "Every row and every picture is sound." in text
    rows = re.findall(r'<th scope="row">(\w+)</th>((?:<td class="si-number">\d+</td>)+)', html)
    assert [(name, re.findall(r">(\d+)<", row)) for name, row in rows] == [
        ("cat", ["10", "1", "5"]), ("dog", ["20", "1", "0"]), ("bird", ["0", "0", "1"])
    ]  # fmt: skip
    assert re.findall(r"width:(\d+)%", html) == ["76", "100", "5"], "16, 21 and 1, beside the most"
    assert re.findall(r'<img [^>]*alt="([^"]+)"[^>]*><p title="cat">([^<]+)</p>', html) == [("1.png", "cat")]


def test_a_preview_without_a_test_split_says_what_is_measured_on() -> None:
    assert "no test pictures: the finished run is measured on validation" in words(preview_card(make_preview(), SHEET))


def test_data_without_classes_has_one_row() -> None:
    html = preview_card(make_preview(names=()), SHEET)
    assert re.findall(r'<th scope="row">([^<]+)<', html) == ["all"]


# --- all of them ----------------------------------------------------------------------------------------------------


def test_names_notes_and_reasons_are_escaped() -> None:
    config = {"name": EVIL, "data": f"/data/{EVIL}", "recipe": EVIL, "note": EVIL}
    run = make_run("failed", config=config, reason=EVIL)
    odd_stage = make_run(config={"stages": (EVIL,)}, stage=EVIL, epoch=1, epochs=2)
    html = run_card(run) + run_card(odd_stage) + runs_table([(run, NO_FIGURES)])
    sheet = (replace(SHEET[0], name=EVIL, class_name=EVIL),)
    html += preview_card(make_preview(names=(EVIL, "<b>"), problems=(EVIL,)), sheet)
    assert "<img src=x" not in html
    assert "<b>" not in html
    assert "onerror" not in tags_of(html)
    assert html.count("&lt;img src=x") >= 10


def test_cards_leave_every_colour_to_the_style_sheet() -> None:
    html = run_card(make_run(stage="detector", epoch=1, epochs=2)) + runs_table([(make_run(), NO_FIGURES)])
    html += preview_card(make_preview(problems=("a",)), SHEET)
    html = re.sub(r"data:image/webp;base64,[^\"]+", "", html)
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|color|background:", html)
