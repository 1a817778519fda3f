"""The tab as a page: reloaded, by keyboard, on a phone, without a network, with pictures used before."""

import re
import shutil
from pathlib import Path

import pytest
from live_app import App, broken_words
from playwright.sync_api import Browser, Page, expect
from train_page import bring, choose_run

from smallimg.runs.run import Run


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
    expect(page.get_by_label("Epochs")).to_have_count(2)  # of the two networks that it trains
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


def test_pictures_used_before_are_named_dated_and_deleted(page: Page, app: App, archive: Path, tmp_path: Path) -> None:
    mine = Path(shutil.copy(archive, tmp_path / "Our Cups.zip"))
    page.locator("#start").click()
    expect(page.locator("#train-message")).to_contain_text("Choose the pictures first")
    bring(page, mine)
    expect(page.locator(".si-preview h3")).to_have_text("Our Cups")
    expect(page.locator("#train-message")).not_to_be_visible()
    page.get_by_label("Used before").check()
    card = page.locator(".si-shelf").get_by_role("button", name="Our Cups")
    expect(card).to_contain_text(re.compile(r"24 pictures · \d+.*\d{1,2} \w+ \d{4}"))
    card.click()
    page.locator("#kept-name textarea").fill("Our <i>Mugs</i>")
    page.locator("#kept-rename").click()
    expect(page.locator(".si-preview h3")).to_have_text("Our <i>Mugs</i>")
    expect(page.locator(".si-shelf [aria-pressed=true] strong")).to_have_text("Our <i>Mugs</i>")
    page.locator("#kept-delete").click()
    expect(page.locator(".si-shelf").get_by_role("button", name="Mugs")).to_have_count(0)
    expect(page.locator(".si-preview")).to_have_count(0)
    expect(page.locator("#kept-delete")).not_to_be_visible()
    page.locator("#start").click()
    expect(page.locator("#train-message")).to_contain_text("Choose the pictures first")


def test_without_a_network_the_sentence_is_plain_and_goes_with_the_next_choice(page: Page) -> None:
    page.get_by_label("The sample challenge").check()
    page.locator("#known-set").get_by_role("button", name="Or a known set").click()
    page.locator("#fetch").click()
    message = page.locator("#data-message")
    expect(message).to_contain_text("CIFAR-10 could not be fetched, because the internet cannot be reached")
    for raw in ("urlopen", "HTTP", "Errno", "host="):
        expect(message).not_to_contain_text(raw)
    page.get_by_label("My own pictures").check()
    expect(message).not_to_be_visible()


def test_the_keyboard_meets_what_is_seen_and_lists_close_behind_it(
    page: Page, app: App, two_runs: tuple[Run, Run]
) -> None:
    page.goto(f"{app.url}?tab=train&run={two_runs[0].id}")
    expect(page.locator(".si-run h3")).to_have_text("newer run")
    page.get_by_label("The sample challenge").check()
    expect(page.locator("#draw")).to_be_visible()
    page.locator("#data-source input:checked").focus()
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
    page.locator("#advanced > button").click()
    expect(page.get_by_label("Name every box")).to_be_visible()
    assert broken_words(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def when_asked_how_it_was(page: Page, instead: str) -> None:
    """Have JavaScript done before the answer that says how the tab was set last is asked for."""
    page.add_init_script(
        f"""const fetched = window.fetch;
        window.fetch = async (address, options) => {{
            if (String(address).includes("queue/join") && String(options?.body).includes('"kept"')) {{ {instead} }}
            return fetched(address, options);
        }};"""
    )


def test_what_is_chosen_while_the_page_still_opens_is_not_taken_back(page: Page, app: App, archive: Path) -> None:
    when_asked_how_it_was(page, "await new Promise((done) => setTimeout(done, 4000));")  # as from a busy server
    page.goto(app.url)
    page.get_by_role("tab", name="Train").click()
    bring(page, archive)
    page.wait_for_timeout(5000)
    expect(page.locator(".si-preview")).to_be_visible()
    expect(page.locator("#dropped-data")).to_be_visible()


def test_a_page_that_cannot_be_set_as_it_was_opens_all_the_same(page: Page, app: App, archive: Path) -> None:
    when_asked_how_it_was(
        page, "return new Response('{}', { status: 503, headers: { 'content-type': 'application/json' } });"
    )
    page.add_init_script(
        """const later = window.setTimeout;  // twenty seconds are two
        window.setTimeout = (done, ms, ...more) => later(done, ms === 20000 ? 2000 : ms, ...more);"""
    )
    page.goto(app.url)
    page.get_by_role("tab", name="Train").click()
    bring(page, archive)
