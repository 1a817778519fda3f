"""Work on pictures that somebody does not want any more, ended by a button that is there while it goes on."""

from live_app import App
from playwright.sync_api import Page, expect


def test_drawing_the_sample_is_cancelled(page: Page, app: App) -> None:
    kept = app.runs.with_name("data")
    before = {one.name for one in kept.glob("*")}
    cancel = page.locator("#data-cancel")
    page.get_by_label("The sample challenge").first.check()
    expect(cancel).to_be_hidden()
    page.wait_for_timeout(2000)  # what the choice asked for is answered: the progress is the drawing's alone
    page.locator("#draw").click()
    expect(page.locator("#data-preview")).to_contain_text("Drawing")
    cancel.click()
    expect(page.locator("#data-message")).to_contain_text("It was cancelled: nothing of it is kept")
    expect(cancel).to_be_hidden()
    assert page.locator("#data-preview .si-preview").count() == 0
    assert {one.name for one in kept.glob("*")} == before, "hidden folders too"
