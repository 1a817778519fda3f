"""The Train tab in a browser, and what a visitor does there."""

import json
from pathlib import Path

from live_app import App, wait_until_open
from playwright.sync_api import Locator, Page, expect

from smallimg.runs.run import Run, list_runs, read_metrics

EXAMPLES = sorted((Path(__file__).parents[2] / "assets" / "examples" / "challenge").glob("*.jpg"))
expect.set_options(timeout=60_000)  # milliseconds; patient, for a machine that is busy with something else
RANGE = "document.querySelector('#curve-quality.js-plotly-plot').layout.xaxis.range"
# Of curves that are seen: those of the run looked at before stay where they are, hidden, until there are others.
POINTS = (
    "(plot => plot?.offsetParent ? plot.data?.[0]?.x?.length ?? 0 : 0)"
    "(document.querySelector('#curve-quality.js-plotly-plot'))"
)


def open_train(page: Page, app: App) -> None:
    """By its link: a tab that is clicked before the page listens is a race that a busy machine loses."""
    page.goto(f"{app.url}?tab=train")
    expect(page.locator("#start")).to_be_visible(timeout=120_000)
    wait_until_open(page)


def bring(page: Page, archive: Path) -> None:
    page.get_by_label("My own pictures").check()
    page.set_input_files("#dropped-data input[type=file]", archive)
    expect(page.locator(".si-preview, #data-message .si-notice")).to_be_visible()


def take_in(page: Page, archive: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.locator("#bring").click()
    chooser.value.set_files(archive)


def start(page: Page, app: App, name: str, *, epochs: int) -> Run:
    """Fill in what a visitor would, press Start, and wait for the first epochs."""
    page.get_by_label("What to call it").fill(name)
    if not page.get_by_label("Epochs").last.is_visible():
        page.locator("#advanced > button").click()
    page.get_by_label("Epochs").last.fill(str(epochs))
    page.locator("#start").click()
    expect(page.locator(".si-run h3")).to_have_text(name)
    page.wait_for_function(f"({POINTS}) >= 2", timeout=120_000)
    return next(run for run in list_runs(app.runs) if run.config.name == name)


def zoom(page: Page) -> list[float]:
    """Drag over the middle of a curve; the epochs that are shown then."""
    area = page.locator("#curve-quality .nsewdrag").first
    area.scroll_into_view_if_needed()
    before, box = page.evaluate(RANGE), area.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.7, steps=5)
    page.mouse.up()
    page.wait_for_function(f"JSON.stringify({RANGE}) !== '{json.dumps(before, separators=(',', ':'))}'")
    shown: list[float] = page.evaluate(RANGE)
    return shown


def state(page: Page, word: str, *, seconds: float = 120) -> None:
    expect(page.locator(".si-state")).to_have_text(word, timeout=seconds * 1000)


def epochs_of(app: App, run: Run) -> list[int]:
    return [line["epoch"] for line in read_metrics(run.id, folder=app.runs)]


def choose_run(page: Page, name: str) -> None:
    page.locator("#run input").click()
    page.get_by_role("option", name=name).click()
    expect(page.locator(".si-run h3")).to_have_text(name)


def model(page: Page) -> Locator:
    return page.get_by_label("Models", exact=True)


def show_model(page: Page) -> None:
    page.get_by_role("tab", name="Try it").click()
    if not model(page).is_visible():
        page.locator("#options > button").click()
