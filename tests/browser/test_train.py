"""The "Train" tab as a visitor meets it: real data in, a real worker process, curves that move, nothing lost."""

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_app import App, kill_worker
from playwright.sync_api import Browser, Page, expect

from smallimg.runs import Run, list_runs, read_metrics, read_run

EXAMPLES = sorted((Path(__file__).parents[2] / "assets" / "examples" / "challenge").glob("*.jpg"))
expect.set_options(timeout=30_000)  # milliseconds; patient, for a machine that is busy with something else
RANGE = "document.querySelector('#curve-quality.js-plotly-plot').layout.xaxis.range"
POINTS = "document.querySelector('#curve-quality.js-plotly-plot')?.data?.[0]?.x?.length ?? 0"


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    """The Train tab, freshly opened in a browser of its own; at the end, no error in its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    open_train(page, app)
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def archive(tiny_challenge: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.make_archive(str(tmp_path_factory.mktemp("zip") / "tiny"), "zip", tiny_challenge))


def open_train(page: Page, app: App) -> None:
    page.goto(app.url)
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#start")).to_be_visible(timeout=60_000)
    page.wait_for_timeout(500)  # the lists of runs and data arrive


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
    page.get_by_label("Name of the run").fill(name)
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


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_a_run_from_start_to_use(page: Page, app: App, archive: Path) -> None:
    bring(page, archive)
    expect(page.locator(".si-preview")).to_contain_text("16 pictures with boxes and masks")
    expect(page.locator(".si-preview tbody tr")).to_have_count(8)
    expect(page.locator("#estimate")).to_contain_text("on this machine", timeout=60_000)
    run = start(page, app, "from start to use", epochs=300)

    first = page.evaluate(POINTS)
    page.wait_for_function(f"({POINTS}) > {first}")  # it moves by itself
    zoomed = zoom(page)
    first = page.evaluate(POINTS)
    page.wait_for_function(f"({POINTS}) > {first}")
    assert page.evaluate(RANGE) == zoomed, "the zoom is kept when the curve grows"
    page.reload()
    expect(page.get_by_role("tab", name="Train")).to_be_visible()
    page.wait_for_timeout(3000)  # all of the page has been there for a while before the tab is opened
    page.get_by_role("tab", name="Train").click()
    expect(page.locator(".si-run h3")).to_have_text("from start to use")
    page.wait_for_function(f"({POINTS}) > {first}")
    page.locator("#stop").click()
    state(page, "stopped")
    done = epochs_of(app, run)
    assert done == list(range(1, len(done) + 1))
    assert 0 < len(done) < 300
    page.locator("#resume").click()
    state(page, "finished", seconds=240)
    assert epochs_of(app, run) == list(range(1, 301))
    expect(page.locator(".si-tiles")).to_contain_text("accuracy")
    cell = page.locator(".si-matrix button:not(:disabled)").first
    count = int(cell.inner_text())
    cell.click()
    expect(page.locator("#opened li")).to_have_count(count)
    expect(page.locator("#runs tbody tr").first).to_contain_text("from start to use")

    page.locator("#use").click()
    expect(page.get_by_role("tab", name="Try it")).to_have_attribute("aria-selected", "true")
    page.set_input_files("#pictures input[type=file]", EXAMPLES[0])
    expect(page.locator(".si-row .si-verdict")).to_be_visible()
    expect(page.locator(".si-summary")).to_contain_text("models “from start to use”")


def test_nothing_is_lost_when_worker_and_server_are_killed(page: Page, app: App, archive: Path) -> None:
    bring(page, archive)
    run = start(page, app, "killed", epochs=600)
    assert kill_worker(run)
    state(page, "interrupted")
    expect(page.locator(".si-reason")).to_contain_text("Resume goes on after the last whole epoch")
    kept = epochs_of(app, run)
    page.locator("#resume").click()
    state(page, "training")
    page.wait_for_function(f"({POINTS}) > {len(kept)}", timeout=120_000)
    app.restart()
    assert read_run(run.id, folder=app.runs).is_alive, "the worker outlives the server"
    page.reload()
    page.get_by_role("tab", name="Train").click()
    expect(page.locator(".si-run h3")).to_have_text("killed", timeout=60_000)
    page.wait_for_function(f"({POINTS}) > {len(kept)}")
    page.locator("#stop").click()
    state(page, "stopped")
    epochs = epochs_of(app, run)
    assert epochs == list(range(1, len(epochs) + 1))
    assert epochs[: len(kept)] == kept
    page.locator("#delete").click()
    expect(page.locator(".si-run h3", has_text="killed")).to_have_count(0)
    assert not run.path.exists()


def test_what_is_wrong_is_told_before_anything_starts(page: Page, app: App, tmp_path: Path) -> None:
    before = len(list_runs(app.runs))
    page.locator("#start").click()
    expect(page.locator("#train-message")).to_contain_text("Choose the pictures first")
    notes = tmp_path / "notes.zip"
    notes.write_text("This is no zip.")
    bring(page, notes)
    expect(page.locator("#data-message")).to_contain_text("notes.zip could not be unpacked")
    assert len(list_runs(app.runs)) == before


def test_bad_rows_are_named_and_a_folder_is_taken(page: Page, tiny_challenge: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(tiny_challenge, folder)
    with (folder / "train.csv").open("a") as table:
        table.write("gone.jpg,1,1,9,9,0\n0000.jpg,9,9,1,1,0\n")
    page.get_by_label("My own pictures").check()
    page.set_input_files("#folder-input", folder)
    expect(page.locator(".si-preview h3")).to_have_text(re.compile("^mine"))
    problems = page.locator(".si-preview .si-notice")
    expect(problems).to_contain_text("there is no picture gone.jpg")
    expect(problems).to_contain_text("empty or inverted")
    with page.expect_download() as download:
        page.locator("#data-report").click()
    download.value.save_as(tmp_path / "report.txt")
    assert "gone.jpg" in (tmp_path / "report.txt").read_text(encoding="utf-8")


def test_a_bundle_goes_out_and_comes_in(page: Page, app: App, tiny_bundle: Path, tmp_path: Path) -> None:
    zipped = Path(shutil.make_archive(str(tmp_path / "traveller"), "zip", tiny_bundle))
    take_in(page, zipped)
    expect(page.locator(".si-run h3")).to_have_text("traveller")
    with page.expect_download() as download:
        page.locator("#export").click()
    download.value.save_as(tmp_path / "again.zip")
    take_in(page, tmp_path / "again.zip")
    expect(page.locator(".si-run h3")).to_have_text("again")
    page.locator("#rename > button").click()
    page.get_by_label("Note").fill("<b>kept</b> for later")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".si-note")).to_have_text("<b>kept</b> for later")
    (tmp_path / "evil.zip").write_bytes(zipped.read_bytes()[:2000])
    take_in(page, tmp_path / "evil.zip")
    expect(page.locator("#train-message")).to_contain_text("evil.zip was not brought in")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, app: App, archive: Path, theme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{app.url}?__theme={theme}")
    page.get_by_role("tab", name="Train").click()
    expect(page.locator("#start")).to_be_visible(timeout=60_000)
    bring(page, archive)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
