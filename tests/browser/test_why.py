"""The "Why it fails" tab as a visitor meets it."""

import pytest
from live_app import App
from playwright.sync_api import Browser, expect
from test_explain import DOG, opened


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_picture_and_many_objects_are_tried(
    browser: Browser, app: App, tiny_challenge, width: int, theme: str
) -> None:
    data = app.runs.with_name("data")
    data.mkdir(exist_ok=True)
    (data / f"objects{width}").symlink_to(tiny_challenge)
    try:
        with opened(browser, f"{app.url}?tab=why&__theme={theme}", width=width) as page:
            expect(page.locator("#why-picture input[type=file]")).to_be_attached()
            page.set_input_files("#why-picture input[type=file]", str(DOG))
            answers = page.locator(".si-conditions li")
            expect(answers).to_have_count(6)
            expect(answers.first).to_contain_text("Whole picture")
            expect(answers.nth(1)).to_contain_text("dog")
            page.wait_for_timeout(500)  # the lists arrive
            page.locator("#why-model input").click()
            page.get_by_role("option", name="challenge", exact=True).click()
            page.locator("#why-source").get_by_label("Used before").check()
            page.locator("#why-kept input").click()
            page.get_by_role("option", name=f"objects{width}").click()
            page.locator("#why-find").click()
            expect(page.locator(".si-why tbody tr").first).to_contain_text("Whole picture")
            expect(page.locator(".si-claims li")).to_have_count(5)
            with page.expect_download() as download:
                page.locator("#why-csv").click()
            assert download.value.suggested_filename == "results_conditions.csv"
    finally:
        (data / f"objects{width}").unlink()
