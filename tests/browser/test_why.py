"""The "Why it fails" tab as a visitor meets it."""

import re
from pathlib import Path

from live_app import App
from made_jobs import made
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from test_explain import DOG, opened

from smallimg.runs.study import STUDIES, StudyConfig

STATE = "#study-card .si-state"


def test_objects_are_tried_and_the_study_outlives_the_page_and_its_server(
    browser: Browser, app: App, tiny_challenge: Path
) -> None:
    data = app.runs.with_name("data")
    data.mkdir(exist_ok=True)
    (data / "objects").symlink_to(tiny_challenge)
    try:
        with opened(browser, f"{app.url}?tab=why&__theme=light", width=1280) as page:
            a_picture_is_tried(page)
            page.locator("#why-model input").click()
            page.get_by_role("option", name="challenge", exact=True).click()
            page.locator("#why-source").get_by_label("Used before").check()
            page.locator("#why-kept input").click()
            page.get_by_role("option", name="objects").click()
            page.locator("#why-find").click()
            expect(page.locator(STATE)).to_have_text(re.compile("waiting|trying|finished"))
            expect(page).to_have_url(re.compile("study=challenge-on-"))
            address = page.url
        app.restart()
        with opened(browser, address, width=1280) as page:
            expect(page.locator(STATE)).to_have_text("finished", timeout=480_000)
            expect(page.locator("#study-head .si-claims li")).to_have_count(5)
            expect(page.locator("#study-head")).to_contain_text("each is cut out and pasted")
            page.on("dialog", lambda dialog: dialog.accept())
            page.locator("#study-delete").click()
            expect(page.locator("#study-head")).not_to_be_visible()
        assert STUDIES.all(app.runs) == []
    finally:
        (data / "objects").unlink()


def test_figures_open_their_objects_and_are_taken_along_on_a_phone(
    browser: Browser, app: App, tiny_bundle: Path, tiny_challenge: Path
) -> None:
    config = StudyConfig(str(tiny_bundle), str(tiny_challenge), corruptions=True, model_name="mine")
    one = made(STUDIES, config, app.runs)
    try:
        with opened(browser, f"{app.url}?tab=why&study={one.id}&__theme=dark", width=390) as page:
            a_picture_is_tried(page)
            the_plots_can_be_taken_along(page, rows=10)
            cell = page.locator("#study-heat .annotation-text").first
            cell.scroll_into_view_if_needed()
            box = cell.bounding_box()
            assert box
            page.mouse.move(box["x"] + 1, box["y"] + 1)
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect(page.locator("#study-opened h3")).to_contain_text("Whole picture: 8 small objects")
            expect(page.locator("#study-opened img")).to_have_count(8)
            expect(page.locator("#study-opened img").first).to_be_visible()
            page.get_by_text("The same figures as tables").click()
            expect(page.locator("#study-tables tbody tr").first).to_contain_text("Whole picture")
            with page.expect_download() as download:
                page.locator("#study-files [data-file='results_conditions.csv']").click()
            assert download.value.suggested_filename == "results_conditions.csv"
            assert Path(download.value.path()).read_text().startswith("condition,size,n,correct,accuracy,low,high,")
    finally:
        STUDIES.delete(one.id, folder=app.runs)


def a_picture_is_tried(page: Page) -> None:
    """Under all conditions at once, and spoiled the more, the higher the slider."""
    expect(page.locator("#why-picture input[type=file]")).to_be_attached()
    page.set_input_files("#why-picture input[type=file]", str(DOG))
    answers = page.locator("#why-row .si-conditions li")
    expect(answers).to_have_count(6)
    expect(answers.first).to_contain_text("Whole picture")
    expect(answers.nth(1)).to_contain_text("dog")
    page.locator("#why-spoiling > button").click()
    spoiled = page.locator("#why-spoiled .si-conditions li")
    expect(spoiled).to_have_count(4)
    noisy = spoiled.first.locator("img").element_handle()
    page.locator("#why-severity input[type=range]").fill("5")
    before = noisy.get_attribute("src")
    page.wait_for_function("src => document.querySelector('#why-spoiled img').src !== src", arg=before)


def the_plots_can_be_taken_along(page: Page, *, rows: int) -> None:
    """Both are drawn with a row a condition, nothing sticks out, and their buttons hand out a picture and a table."""
    for name, ticks, file in (("heat", rows, "results_conditions"), ("drops", rows - 1, "changes")):
        plot = page.locator(f"#study-{name}-plot")
        expect(plot.locator(".ytick text")).to_have_count(ticks)
        for button, ending in (("Download as a picture", "png"), ("Download as CSV", "csv")):
            with page.expect_download() as download:
                plot.locator(f"[data-title='{button}']").click()
            assert download.value.suggested_filename == f"{file}.{ending}"
            if ending == "png":
                with Image.open(download.value.path()) as picture:
                    assert picture.width == 1800
