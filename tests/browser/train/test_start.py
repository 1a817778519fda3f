"""Real data in, a real worker process, curves that move, nothing lost."""

import contextlib
import re
import shutil
from pathlib import Path

from live_app import App, kill_worker
from playwright.sync_api import Error, Page, expect
from train_page import (
    EXAMPLES,
    POINTS,
    RANGE,
    bring,
    epochs_of,
    start,
    state,
    zoom,
)

from smallimg.runs.run import list_runs, read_run


def test_a_run_from_start_to_use(page: Page, app: App, archive: Path) -> None:
    bring(page, archive)
    expect(page.locator(".si-preview")).to_contain_text("16 pictures with boxes and masks")
    expect(page.locator(".si-preview tbody tr")).to_have_count(8)
    expect(page.locator("#estimate")).to_contain_text("on this machine", timeout=180_000)
    run = start(page, app, "goes on", epochs=5000)  # more than this test lasts, on any machine

    first = page.evaluate(POINTS)
    page.wait_for_function(f"({POINTS}) > {first}")  # it moves by itself
    zoomed = zoom(page)
    first = page.evaluate(POINTS)
    page.wait_for_function(f"({POINTS}) > {first}")
    assert page.evaluate(RANGE) == zoomed, "the zoom is kept when the curve grows"
    page.reload()
    expect(page.locator(".si-run h3")).to_have_text("goes on")
    page.wait_for_function(f"({POINTS}) > {first}")
    page.locator("#stop").click()
    state(page, "stopped")
    done = epochs_of(app, run)
    assert done == list(range(1, len(done) + 1))

    run = start(page, app, "from start to use", epochs=4)
    state(page, "finished", seconds=240)
    assert epochs_of(app, run) == [1, 2, 3, 4]
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
    run = start(page, app, "killed", epochs=5000)
    assert kill_worker(run)
    state(page, "interrupted")
    expect(page.locator(".si-reason")).to_contain_text("Resume goes on after the last whole epoch")
    kept = epochs_of(app, run)
    page.locator("#resume").click()
    state(page, "training")
    page.wait_for_function(f"({POINTS}) > {len(kept)}", timeout=120_000)
    app.restart()
    assert read_run(run.id, folder=app.runs).is_alive, "the worker outlives the server"
    with contextlib.suppress(Error):  # the page reloads itself when the server is back, which may cut this one short
        page.reload()
    expect(page.locator(".si-run h3")).to_have_text("killed", timeout=60_000)
    page.wait_for_function(f"({POINTS}) > {len(kept)}", timeout=60_000)
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
    page.get_by_label("The sample challenge").check()
    page.get_by_label("a quarter: 400 and 200").check()
    notes = tmp_path / "notes.zip"
    notes.write_text("This is no zip.")
    bring(page, notes)
    expect(page.locator("#data-message")).to_contain_text("notes.zip could not be unpacked: it is no zip")
    page.get_by_label("Used before").check()
    expect(page.locator("#data-message")).not_to_be_visible()  # another choice was made
    assert len(list_runs(app.runs)) == before


def test_bad_rows_are_named_and_a_folder_is_taken(page: Page, tiny_challenge: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(tiny_challenge, folder)
    with (folder / "train.csv").open("a") as table:
        table.write("gone.jpg,1,1,9,9,0\n0000.jpg,9,9,1,1,0\n")
    page.get_by_label("My own pictures").check()
    page.set_input_files("#folder-input", folder)
    expect(page.locator(".si-preview h3")).to_have_text(re.compile("^mine"))
    problems = page.locator(".si-findings")
    expect(problems).to_contain_text("there is no picture gone.jpg")
    expect(problems).to_contain_text("empty or inverted")
    with page.expect_download() as download:
        page.locator("#data-report").click()
    download.value.save_as(tmp_path / "report.txt")
    assert "gone.jpg" in (tmp_path / "report.txt").read_text(encoding="utf-8")
