"""The "Train" tab as a visitor meets it: real data in, a real worker process, curves that move, nothing lost."""

import contextlib
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from live_app import App, kill_worker
from playwright.sync_api import Browser, Error, Locator, Page, expect

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.run import Run, RunConfig, adopt_run, list_runs, read_metrics, read_run

EXAMPLES = sorted((Path(__file__).parents[2] / "assets" / "examples" / "challenge").glob("*.jpg"))
expect.set_options(timeout=30_000)  # milliseconds; patient, for a machine that is busy with something else
RANGE = "document.querySelector('#curve-quality.js-plotly-plot').layout.xaxis.range"
# Of curves that are seen: those of the run looked at before stay where they are, hidden, until there are others.
POINTS = (
    "(plot => plot?.offsetParent ? plot.data?.[0]?.x?.length ?? 0 : 0)"
    "(document.querySelector('#curve-quality.js-plotly-plot'))"
)


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
    page.wait_for_function("new URLSearchParams(location.search).get('tab') === 'train'")
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
    page.get_by_label("a quarter: 400 and 200").check()
    notes = tmp_path / "notes.zip"
    notes.write_text("This is no zip.")
    bring(page, notes)
    expect(page.locator("#data-message")).to_contain_text("notes.zip could not be unpacked: it is no zip")
    page.get_by_label("A known set").check()
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
    expect(page.locator("#bring-message")).to_contain_text("“traveller” is here")
    page.locator("#rename > button").click()
    page.get_by_label("Name", exact=True).fill("<b>Mugs</b>")
    page.get_by_label("Note").fill("<b>kept</b> for later")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".si-note")).to_have_text("<b>kept</b> for later")
    with page.expect_download() as download:
        page.locator("#export").click()
    download.value.save_as(tmp_path / "again.zip")
    take_in(page, tmp_path / "again.zip")
    expect(page.locator(".si-run h3")).to_have_text("<b>Mugs</b> (2)")
    for name in ("stop", "resume"):
        expect(page.locator(f"#{name}")).to_be_disabled()


def test_what_is_no_bundle_is_told_beside_the_button(
    page: Page, tiny_bundle: Path, archive: Path, tmp_path: Path
) -> None:
    zipped = Path(shutil.make_archive(str(tmp_path / "whole"), "zip", tiny_bundle))
    (tmp_path / "evil.zip").write_bytes(zipped.read_bytes()[:2000])
    (tmp_path / "empty.zip").write_bytes(b"")
    message = page.locator("#bring-message")
    for file, words in (
        (tmp_path / "evil.zip", "evil.zip was not brought in, because it could not be unpacked"),
        (tmp_path / "empty.zip", "empty.zip was not brought in, because it could not be unpacked: it is empty"),
        (archive, f"{archive.name} holds pictures"),
        (EXAMPLES[0], f"{EXAMPLES[0].name} was not brought in, because it could not be unpacked: it is a picture"),
    ):
        take_in(page, file)
        expect(message).to_contain_text(words)
        button, told = page.locator("#bring").bounding_box(), message.bounding_box()
        assert button
        assert told
        assert abs(told["y"] + told["height"] / 2 - button["y"] - button["height"] / 2) < 40, "beside it"
    take_in(page, zipped)
    expect(message).to_contain_text("is here")


@pytest.fixture
def two_runs(app: App, tiny_bundle: Path) -> Iterator[tuple[Run, Run]]:
    """Two finished runs, the first the newer one; and what was there before is left in peace."""
    files = {file.name: file for file in tiny_bundle.iterdir()}
    older, newer = (adopt_run(RunConfig(name, ""), files, folder=app.runs) for name in ("older run", "newer run"))
    yield newer, older
    for run in (newer, older):
        shutil.rmtree(run.path, ignore_errors=True)


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


def test_a_reload_changes_nothing(page: Page, app: App, archive: Path, two_runs: tuple[Run, Run]) -> None:
    newer, older = two_runs
    page.goto(f"{app.url}?tab=train&run={newer.id}")
    expect(page.locator(".si-run h3")).to_have_text("newer run")
    choose_run(page, "older run")
    assert page.url == f"{app.url}?tab=train&run={older.id}"
    bring(page, archive)
    title = page.locator(".si-preview h3").inner_text()
    page.get_by_label("Find things").check()
    page.get_by_label("What to call it").fill("as it was")
    page.locator("#advanced > button").click()
    page.get_by_label("Epochs").last.fill("7")
    page.wait_for_timeout(500)

    other = page.context.new_page()
    other.goto(f"{app.url}?tab=train&run={newer.id}")
    expect(other.locator(".si-run h3")).to_have_text("newer run")
    other.get_by_label("What to call it").fill("of the other tab")
    other.get_by_label("The sample challenge").check()
    other.wait_for_timeout(500)
    other.close()

    page.reload()
    expect(page.locator(".si-run h3")).to_have_text("older run")
    expect(page.get_by_label("My own pictures")).to_be_checked()
    expect(page.locator(".si-preview h3")).to_have_text(title)
    for label in ("Find things", "Name things"):
        expect(page.get_by_label(label)).to_be_checked()
    expect(page.get_by_label("Cut things out")).not_to_be_checked()
    expect(page.get_by_label("What to call it")).to_have_value("as it was")
    page.locator("#advanced > button").click()
    expect(page.get_by_label("Epochs").last).to_have_value("7")
    page.get_by_role("tab", name="Try it").click()
    page.wait_for_function("location.search === ''")
    page.reload()
    expect(page.get_by_role("tab", name="Try it")).to_have_attribute("aria-selected", "true")


def test_a_link_to_a_run_that_is_gone_says_so(page: Page, app: App, two_runs: tuple[Run, Run]) -> None:
    page.goto(f"{app.url}?__theme=dark&tab=train&run=gone-0101-000000")
    expect(page.locator("#train-message")).to_contain_text("There is no run “gone-0101-000000” here any more")
    expect(page.locator(".si-run h3")).to_have_text("newer run")
    page.wait_for_function(f"location.search.endsWith('run={two_runs[0].id}')")
    assert "__theme=dark" in page.url


@pytest.mark.usefixtures("two_runs")
def test_a_used_model_keeps_its_place_and_its_name(page: Page) -> None:
    page.reload()
    choose_run(page, "older run")
    page.locator("#use").click()
    expect(page.get_by_role("tab", name="Try it")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_text("“older run” is the model that looks at your pictures now.")).to_be_visible()
    show_model(page)
    expect(model(page)).to_have_value("older run (trained here)")

    page.get_by_role("tab", name="Train").click()
    page.locator("#rename > button").click()
    page.get_by_label("Name", exact=True).fill("called otherwise")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".si-run h3")).to_have_text("called otherwise")
    show_model(page)
    expect(model(page)).to_have_value("called otherwise (trained here)")

    page.get_by_role("tab", name="Train").click()
    choose_run(page, "newer run")
    page.locator("#delete").click()
    expect(page.locator(".si-run h3")).not_to_have_text("newer run")
    show_model(page)
    expect(model(page)).to_have_value("called otherwise (trained here)")

    page.get_by_role("tab", name="Train").click()
    choose_run(page, "called otherwise")
    page.locator("#delete").click()
    expect(page.locator(".si-run h3", has_text="called otherwise")).to_have_count(0)
    show_model(page)
    expect(model(page)).to_have_value(DEFAULT_BUNDLE)


def test_pictures_used_before_are_named_dated_and_deleted(page: Page, app: App, archive: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copy(archive, tmp_path / "Our Cups.zip"))
    page.locator("#start").click()
    expect(page.locator("#train-message")).to_contain_text("Choose the pictures first")
    bring(page, mine)
    expect(page.locator(".si-preview h3")).to_have_text("Our Cups")
    expect(page.locator("#train-message")).not_to_be_visible()
    page.get_by_label("Used before").check()
    page.get_by_label("Pictures that are here").click()
    page.get_by_role("option", name=re.compile(r"^Our Cups – 24 pictures, \d\d \w+ \d{4}$")).click()
    page.locator("#kept-name textarea").fill("Our <i>Mugs</i>")
    page.locator("#kept-rename").click()
    expect(page.locator(".si-preview h3")).to_have_text("Our <i>Mugs</i>")
    expect(page.get_by_label("Pictures that are here")).to_have_value(re.compile("^Our <i>Mugs</i> – 24"))
    page.locator("#kept-delete").click()
    expect(page.locator(".si-preview")).to_have_count(0)
    expect(page.locator("#kept-delete")).not_to_be_visible()
    page.locator("#start").click()
    expect(page.locator("#train-message")).to_contain_text("Choose the pictures first")


def test_without_a_network_the_sentence_is_plain_and_goes_with_the_next_choice(page: Page) -> None:
    page.get_by_label("A known set").check()
    page.locator("#fetch").click()
    message = page.locator("#data-message")
    expect(message).to_contain_text("CIFAR-10 could not be fetched, because the internet cannot be reached")
    for raw in ("urlopen", "HTTP", "Errno", "host="):
        expect(message).not_to_contain_text(raw)
    page.get_by_label("The sample challenge").check()
    expect(message).not_to_be_visible()


def test_the_keyboard_meets_what_is_seen_and_lists_close_behind_it(
    page: Page, app: App, two_runs: tuple[Run, Run]
) -> None:
    page.goto(f"{app.url}?tab=train&run={two_runs[0].id}")
    expect(page.locator(".si-run h3")).to_have_text("newer run")
    page.locator("#data-source input").first.focus()
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        place, area, lists = page.evaluate(
            """() => {
                const active = document.activeElement, box = active.getBoundingClientRect();
                const open = [...document.querySelectorAll("[role=combobox][aria-expanded=true]")];
                return [active.id || active.closest("[id]")?.id || active.tagName, box.width * box.height,
                        open.filter((list) => list !== active).length];
            }"""
        )
        seen.append(place)
        if place == "bring":
            break
        assert area > 1, f"{place} cannot be seen and takes the focus"
        assert lists == 0, f"a list stays open behind {place}"
    assert {"draw", "run", "others", "stage", "export", "bring"} <= set(seen)
    assert "run-zip" not in seen


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
