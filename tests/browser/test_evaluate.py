"""The "Evaluate" tab as a visitor meets it."""

import re
import zipfile
from pathlib import Path

import pytest
from live_app import App, broken_words, wait_until_open
from made_jobs import made_evaluation, own_copy
from playwright.sync_api import Browser, Page, expect
from test_explain import opened

from smallimg.bundles.bundle import load_bundle
from smallimg.runs.evaluation import EVALUATIONS

STATE = ".si-run .si-state"


def open_evaluate(page: Page) -> None:
    expect(page.locator("#evaluate-start")).to_be_visible()
    wait_until_open(page)


def test_a_folder_is_measured_and_outlives_the_page_and_its_server(
    browser: Browser, app: App, tiny_challenge: Path
) -> None:
    with opened(browser, f"{app.url}?tab=evaluate&__theme=light", width=1280) as page:
        open_evaluate(page)
        page.locator("#evaluate-model input").click()
        page.get_by_role("option", name="challenge", exact=True).click()
        page.locator("#evaluate-source").get_by_label("My own pictures").check()
        page.locator("#evaluate-start").click()
        expect(page.locator("#evaluate-message")).to_contain_text("Drop a zip or a folder")
        page.set_input_files("#evaluate-folder-input", tiny_challenge)
        expect(page.get_by_text("8 pictures with 8 kinds, boxes and masks.")).to_be_visible()
        page.locator("#evaluate-start").click()
        expect(page.locator(STATE)).to_have_text(re.compile("waiting|measuring"))
        page.locator("#evaluation-stop").click()
        expect(page.locator(STATE)).to_have_text("stopped", timeout=240_000)
        page.locator("#evaluation-again").click()
        expect(page.locator(STATE)).to_have_text(re.compile("waiting|measuring"))
        expect(page).to_have_url(re.compile("evaluation=challenge-on-"))
        address = page.url
    app.restart()
    with opened(browser, address, width=1280) as page:
        expect(page.locator("#evaluation-figures")).to_contain_text("on 8 pictures of", timeout=240_000)
        expect(page.locator(STATE)).to_have_text("finished")
        expect(page.locator("#evaluation-figures .si-tiles li").first).to_contain_text("of 8")
        expect(page.locator("#evaluation-matrix .nsewdrag")).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())
        page.locator("#evaluation-delete").click()
        expect(page.locator("#evaluation-figures")).not_to_be_visible()
    assert EVALUATIONS.all(app.runs) == []


def test_figures_open_their_pictures_and_are_taken_along_on_a_phone(
    browser: Browser, app: App, tiny_bundle: Path, tiny_challenge: Path, tmp_path: Path
) -> None:
    mine = own_copy(tiny_bundle, tmp_path)
    one = made_evaluation(
        mine, tiny_challenge, app.runs, against=str(mine), against_background="none", lesson=True, pictures=True
    )  # fmt: skip
    try:
        with opened(browser, f"{app.url}?tab=evaluate&evaluation={one.id}&__theme=dark", width=390) as page:
            page.locator("#evaluate-more > button").click()
            expect(page.get_by_label("Keep cut-outs and crops")).to_be_visible()
            assert broken_words(page) == []
            expect(page.locator("#evaluation-lesson")).to_contain_text("background kept, whole picture")
            expect(page.locator("#evaluation-comparison")).to_contain_text("Side by side")
            expect(page.locator("#evaluation-sheets img").first).to_be_visible()
            cell = page.locator("#evaluation-matrix .annotation-text").first
            cell.scroll_into_view_if_needed()
            box = cell.bounding_box()
            assert box
            page.mouse.move(box["x"] + 1, box["y"] + 1)
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            expect(page.locator("#evaluation-opened img").first).to_be_visible()
            page.locator("#evaluation-slider input[type=number]").fill("0.83")
            expect(page.locator("#evaluation-threshold-words")).to_contain_text("From 83\u00a0% on it")
            page.locator("#evaluation-save").click()
            expect(page.locator("#evaluation-save-note")).to_contain_text("says a name from 83\u00a0% on now")
            assert load_bundle(mine).stages["classifier"].named_from == pytest.approx(0.83)
            for plot, title, name in (
                ("calibration", "Download as CSV", "calibration.csv"),
                ("threshold", "Download as a picture", "thresholds.png"),
            ):
                with page.expect_download() as download:
                    page.locator(f"#evaluation-{plot} [data-title='{title}']").click()
                assert download.value.suggested_filename == name
            with page.expect_download() as download:
                page.locator("[data-file='cutouts.zip']").click()
            with zipfile.ZipFile(download.value.path()) as archive:
                assert len(archive.namelist()) == 8
    finally:
        EVALUATIONS.delete(one.id, folder=app.runs)
