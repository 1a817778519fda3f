"""“What did it look at?” on a card, and the "Look inside" tab, as a visitor meets them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from live_app import App, wait_until_open
from playwright.sync_api import Browser, Locator, Page, expect

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.mapping import MAPS

DOG = Path(__file__).parents[2] / "assets" / "examples" / DEFAULT_BUNDLE / "dog.jpg"
expect.set_options(timeout=60_000)  # milliseconds; patient, for a machine that is busy with something else
OPACITY = "layer => getComputedStyle(layer).opacity"


@contextmanager
def opened(browser: Browser, address: str, *, width: int, height: int = 900) -> Iterator[Page]:
    """A page that asks nothing of another host, has no error in its console, and does not scroll sideways."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.set_default_timeout(60_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on(
        "request", lambda one: None if one.url.startswith((address[:20], "data:", "blob:")) else wrong.append(one.url)
    )
    page.goto(address)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
    assert wrong == []


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_a_card_says_what_it_looked_at(browser: Browser, app: App, width: int, theme: str) -> None:
    with opened(browser, f"{app.url}?__theme={theme}", width=width) as page:
        expect(page.locator(".si-steps li")).to_have_count(4)
        expect(page.locator("#pictures input[type=file]")).to_be_attached()
        page.set_input_files("#pictures input[type=file]", str(DOG))
        button, panel = page.locator("button[data-explain=class]"), page.locator(".si-explain")
        button.click()
        layer = panel.locator(".si-heat-layer")
        expect(layer).to_be_visible()
        expect(panel.locator(".si-said")).to_contain_text("Why dog: ")
        expect(panel.locator(".si-trust strong")).to_be_visible()
        page.locator(".si-opacity input").fill("30")
        assert float(layer.evaluate(OPACITY)) == pytest.approx(0.3)
        panel.locator("select[data-ask=against]").select_option("deer")
        expect(panel.locator(".si-said")).to_contain_text("Why dog rather than deer: ")
        expect(page.locator(".si-opacity input")).to_have_value("30")
        assert float(layer.evaluate(OPACITY)) == pytest.approx(0.3)
        panel.locator("[data-close-explain]").click()
        expect(panel).to_have_count(0)
        expect(button).to_be_focused()
        if width > 390:
            page.locator("button[data-explain=box]").click()
            expect(panel.locator(".si-said")).to_contain_text("The box: score ")


def test_a_picture_is_followed_through_the_detector(browser: Browser, app: App) -> None:
    with opened(browser, f"{app.url}?tab=inside", width=390, height=844) as page:
        page.locator("#steps-examples button[title=dog]").click()
        cards = page.locator("#steps .si-way")
        expect(cards).to_have_count(10)
        expect(cards.nth(8).locator(".si-way-final li").first).to_have_text(re.compile(r"\d %$"))
        place = page.locator(".si-way-places")
        expect(place.locator("[role=status]")).to_contain_text("Place 5 of 8 across, 5 of 8 down")
        place.locator(".si-way-stage").focus()
        page.keyboard.press("ArrowRight")
        expect(place.locator("[role=status]")).to_contain_text("Place 6 of 8 across, 5 of 8 down")
        place.get_by_role("button", name="every 32 px").click()
        expect(place.locator("rect.si-start")).to_have_count(3)
        proposals = page.locator(".si-way-proposals")
        proposals.get_by_label("The first").fill("25")
        expect(proposals.locator("rect")).to_have_count(25)
        page.locator(".si-way-second .si-way-rows button").nth(3).click()
        cut = page.locator(".si-way-cut input").input_value()
        assert cut != "1", "the card of what is cut out shows the same proposal"
        alone = page.locator(".si-way-alone")
        before = alone.locator("rect.si-kept").count()
        assert before == page.locator(".si-way-final li").count(), "at the network's own threshold the same boxes stay"
        assert alone.locator("line").count() == alone.locator("rect.si-aside").count() > 0
        alone.get_by_label("May overlap by").fill("20")
        expect(alone.locator("rect.si-aside")).to_have_count(0)
        expect(alone.locator("[role=status]")).to_contain_text("The network’s own threshold is 30 %")
        true = page.locator(".si-way-losses")
        true.get_by_role("button", name="The best box is right").click()
        judged = true.locator("dd strong").first
        expect(judged).to_have_text(re.compile(r"^\d\.\d{3}$"))
        right = float(judged.inner_text())
        drag(page, true.locator(".si-way-stage"), (0.02, 0.02), (0.2, 0.2))
        page.wait_for_function("right => document.querySelector('.si-losses strong').innerText > right", arg=right)
        page.locator("#beside-picture").click()
        expect(page.locator("#beside .si-beside li")).to_have_count(2)


def test_a_set_is_looked_at_on_a_phone(browser: Browser, app: App, tiny_challenge: Path) -> None:
    data = app.runs.with_name("data")
    data.mkdir(exist_ok=True)
    (data / "little").symlink_to(tiny_challenge)
    try:
        with opened(browser, f"{app.url}?tab=inside&__theme=dark", width=390, height=844) as page:
            expect(page.locator("#inside-look")).to_be_visible()
            wait_until_open(page)
            page.locator("#inside-model input").click()
            page.get_by_role("option", name="challenge", exact=True).click()
            page.locator("#inside-source").get_by_label("Used before").check()
            page.locator("#inside-kept input").click()
            page.get_by_role("option", name="little").click()
            page.locator("#inside-look").click()
            expect(page.locator(".si-inside h3").first).to_have_text("Does it look at the object?")
            expect(page.locator(".si-inside tbody tr").first).to_contain_text("all")
            with page.expect_download() as download:
                page.locator("#inside-csv").click()
            assert download.value.suggested_filename == "smallimg-inside.csv"
            page.locator("#map-others input").click()
            page.get_by_role("option", name="cifar10", exact=True).click()
            page.keyboard.press("Escape")
            page.locator("#map-draw").click()
            expect(page.locator("#map-card .si-state")).to_have_text(re.compile("waiting|drawing|finished"))
            expect(page).to_have_url(re.compile("map=challenge-and-cifar10-on-"))
            address = page.url
        with opened(browser, address, width=390, height=844) as page:  # a reload finds it again
            expect(page.locator("#map-card .si-state")).to_have_text("finished", timeout=480_000)
            expect(page.locator("#map-head")).to_contain_text("“challenge” is right about")
            expect(page.locator("#set-map .point")).to_have_count(8)
            lasso(page)
            expect(page.locator("#map-opened h3")).to_have_text("8 pictures in the lasso")
            page.locator("#map-opened button[data-asked]").nth(2).click()
            expect(page.locator("#map-opened h3")).to_contain_text("Most like ")
            expect(page.locator("#map-opened li")).to_have_count(8)
            page.locator("#map-eyes").get_by_label("cifar10").check()
            page.locator("#map-by").get_by_label("what it is").check()
            expect(page.locator("#set-map .traces")).to_have_count(8)
            page.locator("#map-group input").click()
            page.get_by_role("option").first.click()
            expect(page.locator("#map-opened h3")).to_contain_text("1 of 8")
            page.set_input_files("#map-own input[type=file]", str(DOG))
            expect(page.locator("#map-opened h3")).to_contain_text("Most like dog.jpg, as cifar10 sees it")
            with page.expect_download() as download:
                page.locator("#map-files [data-file='map.csv']").click()
            assert download.value.suggested_filename == "map.csv"
        (one,) = MAPS.all(app.runs)
        MAPS.delete(one.id, folder=app.runs)
    finally:
        (data / "little").unlink()


def drag(page: Page, area: Locator, first: tuple[float, float], last: tuple[float, float]) -> None:
    """From one place of an area to another, as shares of its sides."""
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    (x1, y1), (x2, y2) = ((box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (first, last))
    page.mouse.move(x1, y1)
    page.mouse.down()
    page.mouse.move(x2, y2, steps=4)
    page.mouse.up()


def lasso(page: Page) -> None:
    """Draw around all of the map."""
    area = page.locator("#set-map .nsewdrag").first
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    assert box
    corners = [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.02)]
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
