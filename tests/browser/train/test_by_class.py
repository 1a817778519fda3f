"""Pictures class by class, as somebody without a folder of pictures meets it; the camera is Chromium's own fake one."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_app import App, kill_worker
from playwright.sync_api import Browser, Locator, Page, expect
from train_page import EXAMPLES

from smallimg.files import shipped
from smallimg.runs.run import RunConfig, adopt_run, list_runs

NOT_ALLOWED = """() => {
    navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotAllowedError"); };
}"""


def card(page: Page, place: int) -> Locator:
    return page.locator(".si-class").nth(place)


def counts(page: Page, *numbers: int) -> None:
    """Wait until the classes have so many pictures."""
    texts = [
        re.compile(f"^{number} picture|^no pictures" if not number else f"^{number} picture") for number in numbers
    ]
    expect(page.locator(".si-class-count")).to_have_text(texts)


def hold(page: Page, place: int, *, seconds: float) -> int:
    """Press a class's button for so long, and until it has two pictures; how many it has once all of them are there."""
    card(page, place).locator(".si-hold").scroll_into_view_if_needed()
    box = card(page, place).locator(".si-hold").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    began = time.monotonic()
    page.mouse.down()
    expect(page.locator(".si-shot")).to_be_visible()
    page.wait_for_timeout(1000 * seconds)
    tiles = card(page, place).locator(".si-tile")
    expect(tiles.nth(1)).to_be_attached()
    page.mouse.up()
    held_s = time.monotonic() - began
    expect(page.locator(".si-shot")).to_be_hidden()
    taken = settled(page, tiles)
    assert 2 <= taken <= held_s / 0.2 + 1, "one every 200 ms"
    return taken


def settled(page: Page, tiles: Locator) -> int:
    """How many there are once no more come: what was taken before the button was let go is still on its way."""
    seen = [tiles.count()]
    while len(seen) < 4 or len(set(seen[-4:])) > 1:
        page.wait_for_timeout(250)
        seen.append(tiles.count())
    return seen[-1]


def several_go_at_once(page: Page, taken: int, balls: int) -> None:
    """A row of them to another class by a button, two by the mouse; and back."""
    card(page, 0).locator(".si-tile").first.click(modifiers=["Control"])
    card(page, 0).locator(".si-tile").nth(1).click(modifiers=["Shift"])
    expect(page.locator(".si-chosen")).to_contain_text("2 pictures chosen")
    page.locator(".si-chosen").get_by_role("button", name="phone").click()
    counts(page, taken - 2, balls, 4)
    expect(page.locator(".si-chosen")).to_be_hidden()
    page.locator("[data-do=several]").click()
    for place in range(2):
        card(page, 2).locator(".si-tile").nth(place).click()
    card(page, 2).locator(".si-tiles-strip li").first.drag_to(card(page, 1).locator(".si-class-head"))
    counts(page, taken - 2, balls + 2, 2)
    page.keyboard.press("Escape")
    for numbers in ((taken - 2, balls, 4), (taken, balls, 2)):
        page.locator("#by-class [data-do=undo]").click()
        counts(page, *numbers)


def test_three_classes_are_made_from_nothing_and_put_right(page: Page, tmp_path: Path) -> None:
    expect(page.locator(".si-class")).to_have_count(3)
    expect(page.locator("[data-do=train]")).to_be_disabled()

    # Named, then held before the camera, which goes on by itself.
    card(page, 0).locator(".si-class-name").fill("cup")
    taken = hold(page, 0, seconds=1.5)
    # The keyboard holds as well; who has given no name yet gets one.
    card(page, 1).locator(".si-hold").focus()
    page.keyboard.down(" ")
    expect(card(page, 1).locator(".si-tile").nth(1)).to_be_attached()
    page.keyboard.up(" ")
    expect(card(page, 1).locator(".si-class-name")).to_have_value("Class 2")
    card(page, 1).locator(".si-class-name").fill("ball")
    page.keyboard.press("Enter")
    # A picture that is none is told, the others stay.
    (tmp_path / "notes.jpg").write_text("milk, eggs")
    card(page, 2).locator(".si-class-name").fill("phone")
    card(page, 2).locator("input[type=file]").set_input_files([*EXAMPLES[:2], tmp_path / "notes.jpg"])
    expect(page.locator(".si-build-problem")).to_contain_text("notes.jpg is not a picture smallimg can read")
    balls = settled(page, card(page, 1).locator(".si-tile"))
    counts(page, taken, balls, 2)
    card(page, 2).locator(".si-class-name").fill("test")
    page.keyboard.press("Enter")
    expect(page.locator(".si-build-problem")).to_contain_text("“test” is what parts of a data set are called")
    expect(card(page, 2).locator(".si-class-name")).to_have_value("phone")

    # One goes to another class, one out, a whole class too: and all of it comes back.
    card(page, 2).locator(".si-tile").first.click()
    page.locator(".si-one").get_by_role("button", name="cup").click()
    page.locator(".si-one").get_by_role("button", name="Close").click()
    counts(page, taken + 1, balls, 1)
    card(page, 0).locator(".si-tile").first.focus()
    page.keyboard.press("Delete")
    counts(page, taken, balls, 1)
    card(page, 1).get_by_role("button", name="Delete", exact=True).first.click()
    counts(page, taken, 1)
    for numbers in ((taken, balls, 1), (taken + 1, balls, 1), (taken, balls, 2)):
        page.locator("#by-class [data-do=undo]").click()
        counts(page, *numbers)

    several_go_at_once(page, taken, balls)

    # A reload loses nothing.
    page.locator(".si-set-name").fill("My <i>desk</i>")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    page.reload()
    counts(page, taken, balls, 2)
    expect(page.locator(".si-set-name")).to_have_value("My <i>desk</i>")
    names = page.locator(".si-class-name")
    assert [names.nth(place).input_value() for place in range(3)] == ["cup", "ball", "phone"]


def test_a_phone_is_the_camera_of_a_class(page: Page, browser: Browser) -> None:
    card(page, 1).locator(".si-class-name").fill("ball")
    card(page, 1).locator(".si-use-phone").click()
    shown = page.locator(".si-phone")
    expect(shown.locator("svg")).to_be_visible()
    expect(shown).to_contain_text("A phone takes pictures of “ball”")
    address = shown.locator(".si-phone-address").inner_text()
    assert "//127." not in address, "a phone reaches another one"

    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.goto(address)
    expect(phone.locator("#class")).to_have_value("ball")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.locator("#take input").set_input_files(EXAMPLES[0])
    phone.locator("#choose input").set_input_files(EXAMPLES[1:3])
    expect(phone.locator("#count")).to_have_text("3 sent")
    expect(shown).to_contain_text("3 pictures came from the phone")

    # Done: the code opens nothing any more, and what came can be undone.
    shown.get_by_role("button", name="Done").click()
    counts(page, 0, 3, 0)
    phone.locator("#take input").set_input_files(EXAMPLES[3])
    expect(phone.locator("#trouble")).to_contain_text("This code is no longer valid")
    expect(phone.locator("#take")).to_be_hidden()
    context.close()
    page.locator("#by-class [data-do=undo]").click()
    expect(card(page, 1).locator(".si-tile")).not_to_have_count(3)


@pytest.fixture
def brought(app: App) -> Iterator[str]:
    """The id of a set of three classes, two pictures each, that somebody brought in as folders."""
    folder = app.runs.with_name("data") / "desk-1"
    for place, name in enumerate(("cup", "ball", "phone")):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            shutil.copy(EXAMPLES[2 * place + number], folder / name / f"{number}.jpg")
    yield folder.name
    shutil.rmtree(folder)


def test_a_set_goes_on_is_trained_and_tried_at_once(page: Page, app: App, brought: str) -> None:
    page.get_by_label("Used before").check()
    page.locator(".si-shelf").get_by_role("button", name=brought).click()
    page.locator("#kept-continue").click()
    counts(page, 2, 2, 2)

    # Train starts a run; what it would learn takes a while, so that another one is put in its place.
    page.locator("[data-do=train]").click()
    expect(page.locator(".si-run h3")).to_contain_text(f"{brought}: naming")
    run = next(run for run in list_runs(app.runs) if run.config.name.startswith(brought))
    assert run.config.stages == ("classifier",)
    kill_worker(run)
    bundle = {file.name: file for file in (shipped("checkpoints") / "challenge").iterdir()}
    learned = adopt_run(RunConfig("learned", run.config.data, stages=("classifier",)), bundle, folder=app.runs)
    expect(page.locator("[data-do=train]")).to_have_text("Train again")

    # A picture is named, and put right with one click; then what the camera sees is.
    page.locator("[data-part=try-picture] input").set_input_files(next(one for one in EXAMPLES if one.stem == "cup"))
    expect(page.locator(".si-live-answer")).to_have_text("cup")
    page.locator(".si-mend").get_by_role("button", name="phone").click()
    counts(page, 2, 2, 3)
    expect(page.locator(".si-build-state")).to_contain_text("The pictures have changed since")
    page.locator("[data-do=live]").click()
    expect(page.locator(".si-live")).to_be_hidden()
    page.locator("[data-do=camera]").click()
    expect(page.locator(".si-live-answer")).to_be_visible()
    page.locator("[data-do=new]").click()
    expect(page.locator(".si-live")).to_be_hidden()
    for one in (run, learned):
        shutil.rmtree(one.path)


def test_a_phone_has_it_all_by_finger_and_without_a_camera(browser: Browser, app: App) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{app.url}?tab=train&__theme=dark")
    expect(page.locator(".si-class")).to_have_count(3)
    page.evaluate(NOT_ALLOWED)
    page.locator("[data-do=camera]").tap()
    expect(page.locator(".si-build-problem")).to_contain_text("The camera was not allowed")
    page.evaluate("() => { delete navigator.mediaDevices.getUserMedia; }")
    page.locator("[data-do=samples]").tap()
    counts(page, 12, 12, 12)
    card(page, 1).locator(".si-hold").tap()
    counts(page, 12, 13, 12)
    expect(page.locator("[data-do=train]")).to_be_enabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    card(page, 1).locator(".si-tile-x").first.tap()
    counts(page, 12, 12, 12)
    assert errors == []
    context.close()
