"""Boxes without drawing, and put right by mouse, keyboard and finger; the server has every step."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from live_app import App
from playwright.sync_api import Browser, Locator, Page, expect
from train_page import EXAMPLES, open_train

from smallimg.data.corrections import Correction, read_corrections
from smallimg.data.formats import read_dataset

TILES = "#boxes .si-pictures-tiles li"


@pytest.fixture
def desk(app: App) -> Iterator[Path]:
    """A set of three classes, two pictures each, that somebody brought in as folders."""
    folder = app.runs.with_name("data") / "desk-2"
    for place, name in enumerate(("cup", "ball", "phone")):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            shutil.copy(EXAMPLES[2 * place + number], folder / name / f"{number}.jpg")
    yield folder
    remove(folder)


def remove(folder: Path) -> None:
    """Delete a set whose small pictures the server may still be writing."""
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def open_sheet(page: Page, name: str) -> None:
    page.get_by_label("Used before").check()
    page.locator(".si-shelf").get_by_role("button", name=name).click()
    page.locator("#kept-boxes").click()


def opened(page: Page, folder: Path) -> tuple[str, Correction]:
    """The picture that is open in the editor as the server has it, once all is saved."""
    expect(page.locator(".si-editor-saved")).not_to_have_text("Saving …")
    name = page.locator(".si-stage img").get_attribute("data-at")
    assert name
    return name, read_corrections(folder)[name]


def boxes_of(said: Correction) -> list[list[float]]:
    assert said.boxes is not None
    values: list[list[float]] = said.boxes.tolist()
    return values


def middle(locator: Locator) -> tuple[float, float]:
    box = locator.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def undo(page: Page) -> Locator:
    return page.locator(".si-editor [data-do=undo]")


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0], start[1] + by[1], steps=4)
    page.mouse.up()


def finger(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    """Drag with one finger, which Playwright has no words for."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    touch("touchStart", start)
    for part in (0.3, 0.6, 1.0):
        touch("touchMove", (start[0] + by[0] * part, start[1] + by[1] * part))
    touch("touchEnd")


def test_boxes_come_by_themselves_and_are_put_right(page: Page, browser: Browser, app: App, desk: Path) -> None:
    open_sheet(page, desk.name)
    expect(page.locator(TILES)).to_have_count(6)
    page.locator("#boxes [data-do=find]").click()
    expect(page.locator(f"{TILES} .si-fit i")).to_have_count(6)
    expect(page.locator(".si-pictures-state")).to_be_hidden()
    said = read_corrections(desk)
    assert len(said) == 6
    assert not any(one.checked for one in said.values())
    # The unclear ones come first. (Of a tile that is not drawn yet there is no inner text.)
    notes = [int(text.split()[0]) for text in page.locator(f"{TILES} .si-tile-note").all_text_contents()]
    assert notes == sorted(notes)

    put_right_by_mouse(page, desk)
    put_right_by_keyboard(page, desk)
    # The brush: what is removed is background, and the box follows.
    page.keyboard.press("m")
    expect(page.locator(".si-mask")).to_be_visible()
    page.locator("#boxes [value=remove]").check()
    # As a browser draws it: what Gradio draws in its place looks the same, chosen or not.
    expect(page.locator("#boxes [value=remove]")).to_have_css("appearance", "auto")
    x, y = middle(page.locator(".si-stage"))
    drag(page, (x - 60, y), (120, 10))
    expect(undo(page)).to_have_text("Undo (brush)")
    _, brushed = opened(page, desk)
    assert brushed.mask is not None

    # A reload loses nothing: the sheet is open as it was, and training has the boxes.
    page.reload()
    expect(page.locator(f"{TILES}.si-checked")).to_have_count(3)
    assert all(len(one.boxes) == 1 for one in read_dataset(desk).samples)
    put_right_by_finger(browser, app, desk)


def put_right_by_mouse(page: Page, desk: Path) -> None:
    """Pulled at a corner, a second one added with a class of its own, and that taken back."""
    page.locator(f"{TILES} .si-tile").first.click()
    page.locator("#boxes [data-do=again]").click()
    first, before = opened(page, desk)
    drag(page, middle(page.locator(".si-chosen [data-handle=se]")), (-40, -30))
    expect(undo(page)).to_have_text("Undo (box changed)")
    _, pulled = opened(page, desk)
    assert pulled.checked
    (was,), (now,) = boxes_of(before), boxes_of(pulled)
    assert now[:2] == pytest.approx(was[:2], abs=0.1)
    assert (now[2] < was[2], now[3] < was[3]) == (True, True)
    page.locator("#boxes [data-do=add]").click()
    other = "ball" if first.startswith("cup/") else "cup"
    page.locator(".si-editor-class select").select_option(other)
    expect(undo(page)).to_have_text("Undo (class changed)")
    _, two = opened(page, desk)
    assert len(boxes_of(two)) == 2
    assert two.names == (None, other)
    page.keyboard.press("Control+z")
    expect(undo(page)).to_have_text("Undo (box added)")
    page.keyboard.press("Control+z")
    expect(page.locator(".si-frame-box")).to_have_count(1)


def put_right_by_keyboard(page: Page, desk: Path) -> None:
    """An arrow moves the box, Delete takes it away, B brings one, Enter agrees and goes on."""
    _, before = opened(page, desk)
    page.locator(".si-frame-box").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(undo(page)).to_have_text("Undo (box moved)")
    _, nudged = opened(page, desk)
    assert boxes_of(nudged)[0][0] == pytest.approx(max(boxes_of(before)[0][0] - 2, 0), abs=0.1)
    page.keyboard.press("Delete")
    expect(page.locator(".si-frame-box")).to_have_count(0)
    page.keyboard.press("b")
    expect(page.locator(".si-frame-box")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".si-editor h4")).to_have_text("2 of 6")
    page.keyboard.press("Enter")
    expect(page.locator(".si-editor h4")).to_have_text("3 of 6")


def put_right_by_finger(browser: Browser, app: App, desk: Path) -> None:
    """A phone: a new picture is named by a model, its box moved by a finger, and agreed to with a tap."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = context.new_page()
    phone.set_default_timeout(60_000)
    errors: list[str] = []
    phone.on("pageerror", lambda error: errors.append(str(error)))
    open_train(phone, app)
    open_sheet(phone, desk.name)
    phone.locator("#boxes [data-part=by]").select_option("challenge")
    phone.locator("#boxes [data-part=add] input").set_input_files(next(one for one in EXAMPLES if one.stem == "cup"))
    expect(phone.locator(TILES)).to_have_count(7)
    assert len(list((desk / ".new").iterdir())) == 1
    phone.locator(f"{TILES}[data-at^='.new/'] .si-tile").tap()
    expect(phone.locator(".si-editor-class select")).to_have_value("cup")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    (at,) = [picture for picture in read_corrections(desk) if picture.startswith(".new/")]
    (from_model,) = boxes_of(read_corrections(desk)[at])
    finger(phone, middle(phone.locator(".si-chosen")), (25, -20))
    expect(undo(phone)).to_have_text("Undo (box moved)")
    expect(phone.locator(".si-editor-saved")).to_have_text("Saved")
    (by_finger,) = boxes_of(read_corrections(desk)[at])
    assert by_finger != from_model
    phone.locator("#boxes [data-do=right]").tap()
    expect(undo(phone)).to_have_text("Undo (agreed)")
    assert not list((desk / ".new").iterdir())
    assert len(list((desk / "cup").iterdir())) == 3
    assert errors == []
    context.close()


def more_of(folder: Path, *, times: int) -> None:
    """The training pictures of a table once more, and again, each with a file of its own."""
    header, *rows = (folder / "train.csv").read_text().splitlines()
    pictures = list((folder / "train").iterdir())
    for turn in range(times):
        for one in pictures:
            shutil.copy(one, one.with_name(f"{turn}-{one.name}"))
    more = [f"{turn}-{row}" for turn in range(times) for row in rows]
    (folder / "train.csv").write_text("\n".join([header, *rows, *more]))


def test_the_parts_of_a_set_are_looked_through_one_by_one(page: Page, app: App, archive: Path) -> None:
    folder = app.runs.with_name("data") / "parts-1"
    shutil.unpack_archive(archive, folder)
    more_of(folder, times=8)
    try:
        page.reload()
        open_sheet(page, folder.name)
        split, tiles = page.get_by_label("Which part of the set"), page.locator(TILES)
        expect(split.locator("option")).to_have_text(["all parts (152)", "training (144)", "test (8)"])
        expect(tiles).to_have_count(152)
        expect(page.locator(f"{TILES} img[src]")).to_have_count(152)  # those, too, that are far below
        split.select_option("test")
        expect(tiles).to_have_count(8)
        expect(page.locator(".si-pictures-count")).to_have_text("8 pictures · 8 with a box · 0 to look at")
        tiles.locator(".si-tile").first.click()
        expect(page.locator(".si-editor h4")).to_have_text("1 of 8 · test")
        drag(page, middle(page.locator(".si-frame-box")), (20, 10))
        expect(undo(page)).to_have_text("Undo (box moved)")
        at, moved = opened(page, folder)
        assert at.startswith("test/")

        def measured() -> dict[str, list[list[float]]]:
            samples = read_dataset(folder, split="test").samples
            return {f"test/{one.path.name}": one.boxes.tolist() for one in samples}

        assert measured()[at] == pytest.approx(np.array(boxes_of(moved)))
        page.locator("#boxes [data-do=leave]").click()
        expect(split.locator("option").last).to_have_text("test (7)")
        assert at not in measured()
        undo(page).click()
        expect(split.locator("option").last).to_have_text("test (8)")
        assert at in measured()
        page.reload()
        expect(page.locator(f"{TILES}.si-checked")).to_have_attribute("data-at", at)
        expect(split).to_have_value("")
    finally:
        remove(folder)
