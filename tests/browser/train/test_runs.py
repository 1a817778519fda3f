"""Runs that are there: sent out and brought in, linked to, used and deleted."""

import shutil
from pathlib import Path

import pytest
from live_app import App
from playwright.sync_api import Page, expect
from train_page import EXAMPLES, choose_run, model, show_model, take_in

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.run import Run


def test_a_bundle_goes_out_and_comes_in(page: Page, app: App, tiny_bundle: Path, tmp_path: Path) -> None:
    zipped = Path(shutil.make_archive(str(tmp_path / "traveller"), "zip", tiny_bundle))
    take_in(page, zipped)
    expect(page.locator(".si-run h3")).to_have_text("traveller")
    expect(page.locator("#bring-message")).to_contain_text("“traveller” is here")
    page.locator("#rename > button").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("traveller")
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
