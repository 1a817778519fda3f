"""What is shown of runs, as a visitor sees it: charts on light and dark, wide and narrow; nothing of them leaves."""

import fcntl
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_app import App, wait_until_open
from playwright.sync_api import Browser, Page, expect

from smallimg.files import write_json
from smallimg.runs.run import Run, RunConfig, adopt_run, delete_run

expect.set_options(timeout=60_000)  # milliseconds; patient, for a machine that is busy with something else
LONG = "a kind of thing with quite a long name"
TEXTS = """() => [...document.querySelectorAll(".si-curve:not([hidden]) svg text")]
    .filter((text) => text.textContent && text.getClientRects().length)
    .map((text) => [text.textContent, getComputedStyle(text).fill])"""
TICKS = """(axis) => [...document.querySelectorAll(".si-curve:not([hidden]) .si-plot")]
    .map((plot) => [...plot.querySelectorAll(`.${axis}tick text`)].map((text) => text.textContent))"""
CONTRAST = """(colours) => {
    const [one, other] = colours.map((colour) => {
        const context = document.createElement("canvas").getContext("2d");
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const [red, green, blue] = [...context.getImageData(0, 0, 1, 1).data]
            .map((value) => value / 255)
            .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}"""


def write_run(app: App, name: str, *, data: str = "/data/pets", epochs: int = 0, **figures: float) -> Run:
    """A finished run as its worker would have left it, with that many epochs of a classifier."""
    run = adopt_run(RunConfig(name, data, stages=("classifier",)), {}, folder=app.runs)
    lines = [
        {"stage": "classifier", "epoch": epoch, "epochs": epochs, "seconds": 1, "metrics": figures}
        for epoch in range(1, epochs + 1)
    ]
    (run.path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return run


@pytest.fixture(scope="module")
def runs(app: App) -> Iterator[dict[str, Run]]:
    perfect = {"loss": 0.0004, "val_loss": 0.0005, "accuracy": 1.0, "val_accuracy": 0.8, "learning_rate": 6e-4}
    made = {
        "one": write_run(app, "one epoch", epochs=1, **perfect),
        "three": write_run(app, "three epochs", epochs=3, **perfect),
        "many": write_run(app, f"many epochs, {LONG}, and a word more", epochs=80, **perfect),
        "in": write_run(app, "brought in", data=""),
    }
    classes = ["cup", LONG, "ball"]
    pictures = [
        {"image": "a.jpg", "truth": "cup", "answer": None, "label": LONG, "probability": 0.13, "box_score": None},
        {"image": "b.jpg", "truth": LONG, "answer": LONG, "label": LONG, "probability": 0.9, "box_score": None},
    ]
    metrics = {"n": 2, "accuracy": 0.5, "precision": 0.25, "recall": 0.5, "answered": 1, "answered_right": 1,
               "classes": classes, "confusion_matrix": [[0, 1, 0], [0, 1, 0], [0, 0, 0]]}  # fmt: skip
    content: dict[str, Any] = {"split": "validation", "root": "/gone", "given_boxes": False, "metrics": metrics}
    write_json(made["many"].path / "results.json", content | {"pictures": pictures})
    yield made
    for run in made.values():
        delete_run(run.id, folder=app.runs)


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["wide and light", "narrow and dark"])
def page(browser: Browser, app: App, runs: dict[str, Run], request: pytest.FixtureRequest) -> Iterator[Page]:
    """The Train tab; at the end, no error in its console and nothing asked of another host."""
    width, theme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{app.url}?__theme={theme}")
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#start")).to_be_visible(timeout=60_000)
    wait_until_open(page)
    yield page
    context.close()
    assert errors == []
    assert [address for address in asked if not re.match(r"http://127\.0\.0\.1[:/]|data:|blob:", address)] == []


def open_run(page: Page, run: Run) -> None:
    page.locator("#run input").click()
    page.get_by_role("option", name=run.config.name).click()
    expect(page.locator(".si-run h3")).to_have_text(run.config.name)


def drawn(page: Page, points: int) -> None:
    """Wait until the losses of so many epochs are drawn."""
    page.wait_for_function(f"document.querySelector('#curve-losses')?.data?.[0]?.x?.length === {points}")
    page.wait_for_timeout(500)


def check_epochs(page: Page) -> None:
    for labels in page.evaluate(TICKS, "x"):
        assert all(label.isdecimal() for label in labels), labels
        assert len(set(labels)) == len(labels) > 0, labels


def test_a_bundle_that_was_brought_in_has_a_sentence_and_no_axes(page: Page, runs: dict[str, Run]) -> None:
    open_run(page, runs["three"])
    drawn(page, 3)
    open_run(page, runs["in"])
    expect(page.locator(".si-nothing")).to_contain_text("brought in as a finished bundle")
    expect(page.locator(".si-curve:visible")).to_have_count(0)
    open_run(page, runs["three"])
    expect(page.locator(".si-curve:visible")).to_have_count(3)
    expect(page.locator(".si-nothing")).to_be_hidden()


def test_the_first_epochs_take_the_sentences_place(page: Page, app: App) -> None:
    run = write_run(app, "begun just now")
    write_json(run.path / "status.json", {"status": "running", "stage": "classifier", "epoch": 1, "epochs": 9})
    with (run.path / "lock").open("w") as lock:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX)  # as its worker would hold it
        page.reload()
        page.get_by_role("tab", name="Train").click()
        open_run(page, run)
        expect(page.locator(".si-nothing")).to_contain_text("The first epoch of the classifier is not over yet.")
        for epoch in (1, 2, 3):
            line = {"stage": "classifier", "epoch": epoch, "metrics": {"loss": 1 / epoch, "learning_rate": 1e-3}}
            with (run.path / "metrics.jsonl").open("a") as file:
                file.write(json.dumps(line) + "\n")
            drawn(page, epoch)
            check_epochs(page)
        expect(page.locator(".si-nothing")).to_be_hidden()
        expect(page.locator(".si-curve:visible")).to_have_count(2)
    delete_run(run.id, folder=app.runs)


def test_axes_repeat_nothing_and_write_numbers_as_people_do(page: Page, runs: dict[str, Run]) -> None:
    for run, points in (("one", 1), ("three", 3), ("many", 80)):
        open_run(page, runs[run])
        drawn(page, points)
        check_epochs(page)
        for labels in page.evaluate(TICKS, "y"):
            assert len(set(labels)) == len(labels) > 0, labels
            assert not any(re.search("[µmk]$", label) for label in labels), labels
        shares = [float(label.rstrip("%")) for label in page.evaluate(TICKS, "y")[1]]
        assert min(shares) >= 0
        assert max(shares) <= 100
    for _ in range(6):
        page.locator("#curve-quality [data-title='Zoom in']").click()
        page.wait_for_timeout(300)
    check_epochs(page)


def test_no_button_sends_a_chart_anywhere(page: Page, runs: dict[str, Run], tmp_path: Path) -> None:
    open_run(page, runs["three"])
    drawn(page, 3)
    for plot in page.locator(".si-curve:visible").all():
        titles = plot.locator(".modebar-btn").evaluate_all("them => them.map((one) => one.dataset.title)")
        assert titles == ["Zoom in", "Zoom out", "Reset axes", "Download as a picture"]
    expect(page.locator(".modebar-btn--logo")).to_have_count(0)
    with page.expect_download() as download:
        page.locator("#curve-quality [data-title='Download as a picture']").click()
    assert download.value.suggested_filename == "Accuracy and precision, by epoch.png"
    download.value.save_as(tmp_path / "chart.png")
    assert (tmp_path / "chart.png").stat().st_size > 5000


def test_the_bar_covers_neither_title_nor_curve_and_text_stands_out(page: Page, runs: dict[str, Run]) -> None:
    open_run(page, runs["three"])
    drawn(page, 3)
    for curve in page.locator(".si-curve:visible").all():
        title, bar, area = (curve.locator(part).first.bounding_box() for part in ("h4", ".modebar-group", ".nsewdrag"))
        assert title
        assert bar
        assert area
        assert title["y"] + title["height"] <= bar["y"] + 1
        assert bar["y"] + bar["height"] <= area["y"] + 1
    for turn in range(2):
        if turn:
            before = page.evaluate("document.querySelector('#curve-quality').layout.paper_bgcolor")
            page.evaluate("document.body.classList.toggle('dark')")
            page.wait_for_function(f"document.querySelector('#curve-quality').layout.paper_bgcolor !== '{before}'")
            page.wait_for_timeout(500)
        ground = page.evaluate("document.querySelector('#curve-quality').layout.paper_bgcolor")
        texts = page.evaluate(TEXTS)
        assert len(texts) > 10
        for text, colour in texts:
            assert page.evaluate(CONTRAST, [colour, ground]) >= 4.5, f"{text}: {colour} on {ground}"  # WCAG 2.2, 1.4.3


def test_long_names_run_under_no_arrow_and_out_of_no_card(page: Page, runs: dict[str, Run]) -> None:
    open_run(page, runs["many"])
    drawn(page, 80)
    text_end, arrow = page.locator("#run").evaluate(
        """list => {
            const input = list.querySelector("input"), style = getComputedStyle(input);
            const arrow = list.querySelector("svg.dropdown-arrow").getBoundingClientRect();
            return [input.getBoundingClientRect().right - parseFloat(style.paddingRight), arrow.left];
        }"""
    )
    assert text_end <= arrow + 1
    expect(page.locator(".si-gallery h3")).to_have_text(re.compile("^Wrong, and not sure"))
    expect(page.locator(".si-gallery li")).to_contain_text("not sure")
    expect(page.locator(".si-tiles")).to_contain_text("1 of 2")
    cut = page.locator(".si-matrix :is(th, thead span), .si-tiles li").evaluate_all(
        "them => them.filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)"
        ".map((one) => one.textContent)"
    )
    assert cut == []
    if page.evaluate("innerWidth") < 500:  # a row of the table is a list there
        row = page.locator(".si-runs tr", has_text=runs["many"].config.name)
        ends = row.locator("td:visible").evaluate_all("them => them.map((one) => one.getBoundingClientRect().right)")
        assert max(ends) <= 390
        expect(row.locator("[data-head=Validation]")).to_contain_text("1 of 2")
    expect(page.locator(".si-runs tr", has_text=LONG).locator("[data-head=Test]")).to_have_text("–")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_preview_is_read_on_a_phone_too(page: Page, tiny_challenge: Path, tmp_path: Path) -> None:
    page.get_by_label("My own pictures").check()
    archive = shutil.make_archive(str(tmp_path / "tiny"), "zip", tiny_challenge)
    page.set_input_files("#dropped-data input[type=file]", archive)
    expect(page.locator(".si-sheet li")).to_have_count(16, timeout=180_000)  # behind an estimate
    sizes = page.locator(".si-sheet p").evaluate_all(
        "them => them.map((one) => parseFloat(getComputedStyle(one).fontSize))"
    )
    assert min(sizes) >= 12
    for head in page.locator(".si-counts thead th:visible").all():
        box = head.bounding_box()
        assert box
        assert box["height"] < 40, "no head breaks into lines"
        assert box["x"] + box["width"] <= page.evaluate("innerWidth"), "and none is cut off"
