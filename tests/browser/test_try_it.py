"""The "Try it" tab as a visitor meets it: the real app, the shipped bundle, a real browser."""

import csv
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_app import App
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.wording import percent
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.ui.cards import FEW_BARS

ROOT = Path(__file__).parents[2]
SHARED_REMBG = ROOT.parent / "shared" / "rembg"
EXAMPLES = [ROOT / "assets" / "examples" / DEFAULT_BUNDLE / name for name in ("dog.jpg", "coffee.jpg")]
expect.set_options(timeout=60_000)  # milliseconds; patient, for a machine that is busy with something else


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """The page, freshly opened; at the end, no error in its console and nothing asked of another host."""
    yield from _open(browser, url)


@pytest.fixture(params=["light", "dark"])
def phone(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    yield from _open(browser, f"{url}?__theme={request.param}", width=390, height=844)


def _open(browser: Browser, address: str, *, width: int = 1280, height: int = 900) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    context.grant_permissions(["camera"])
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    elsewhere: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if _is_local(request.url) else elsewhere.append(request.url))
    page.goto(address)
    expect(page.locator(".si-steps li")).to_have_count(4, timeout=60_000)
    expect(page.locator("#pictures input[type=file]")).to_be_attached()
    yield page
    context.close()
    assert errors == []
    assert elsewhere == []


def _is_local(address: str) -> bool:
    return re.match(r"http://127\.0\.0\.1[:/]|data:|blob:", address) is not None


def choose(page: Page, *paths: Path) -> None:
    page.set_input_files("#pictures input[type=file]", [str(path) for path in paths])


def option(page: Page, label: str, choice: str) -> None:
    """Pick from one of the dropdowns."""
    page.get_by_label(label).click()
    page.get_by_role("option", name=re.compile(f"^{choice}")).click()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "notes.txt"
    path.write_text("This is no picture.")
    return path


def test_two_pictures_and_a_text_file(page: Page, notes: Path) -> None:
    choose(page, EXAMPLES[0], notes, EXAMPLES[1])
    rows = page.locator(".si-row")
    expect(rows).to_have_count(3)
    pipeline = Pipeline.load()
    for row, path in ((rows.nth(0), EXAMPLES[0]), (rows.nth(2), EXAMPLES[1])):
        expected = pipeline.predict(open_image(path))
        assert expected.label
        assert expected.box
        expect(row.locator("h3")).to_have_text(path.name)
        expect(row.locator(".si-verdict strong")).to_have_text(expected.answer or "not sure")
        expect(row.locator(".si-card")).to_have_count(5)
        expect(row.locator(".si-best .si-tag")).to_have_text(percent(expected.box.score))
        expect(row.locator(".si-classes .si-bars li")).to_have_count(FEW_BARS)  # of 142 kinds
        for picture in row.locator("img").all():
            assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    problem = rows.nth(1)
    expect(problem).to_have_attribute("role", "alert")
    expect(problem).to_contain_text("notes.txt is not a picture")
    expect(page.locator(".si-summary")).to_contain_text("2 pictures in")


def test_downloads_hold_what_the_page_shows(page: Page, notes: Path, tmp_path: Path) -> None:
    choose(page, EXAMPLES[0], notes)
    expect(page.locator(".si-row")).to_have_count(2)
    shown = page.locator(".si-verdict strong").inner_text()
    with page.expect_download() as download:
        page.locator("#json").click()
    download.value.save_as(tmp_path / "results.json")
    records = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    named, nothing = records
    assert (named["image"], named["answer"]) == (EXAMPLES[0].name, shown)
    assert (nothing["image"], nothing["answer"], nothing["label"], nothing["known"]) == ("notes.txt", None, None, None)
    assert download.value.suggested_filename == "smallimg-results.json"
    with page.expect_download() as download:
        page.locator("#csv").click()
    download.value.save_as(tmp_path / "results.csv")
    with (tmp_path / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["answer"] for row in rows] == [named["answer"], ""]
    expect(page.locator("#report")).to_contain_text(EXAMPLES[0].name)


def test_examples_then_clear(page: Page) -> None:
    for index in (0, 1):
        page.locator(".si-examples button").nth(index).click()
        expect(page.locator(".si-row")).to_have_count(index + 1)
    page.locator("#clear").click()
    expect(page.locator(".si-steps")).to_be_visible()
    expect(page.locator("#report")).to_be_hidden()


def test_a_ninth_picture_is_refused_until_there_is_room(page: Page, tmp_path: Path) -> None:
    copies = [tmp_path / f"copy-{index}.jpg" for index in range(1, 10)]
    for copy in copies:
        shutil.copy(EXAMPLES[0], copy)
    choose(page, *copies)
    expect(page.locator(".si-row")).to_have_count(8)
    expect(page.locator(".si-notice")).to_contain_text("copy-9.jpg was left out")
    page.locator("#pictures").get_by_label("Remove this file").first.click()
    expect(page.locator(".si-notice")).to_have_count(0)
    expect(page.locator(".si-row").last).to_contain_text("copy-9.jpg")


def test_options_change_the_results_at_once(page: Page, tmp_path: Path) -> None:
    two = Image.new("RGB", (448, 224))
    for index in (0, 1):
        two.paste(Image.open(EXAMPLES[index]).resize((224, 224)), (224 * index, 0))
    two.save(tmp_path / "two.png")
    choose(page, tmp_path / "two.png")
    row = page.locator(".si-row")
    expect(row).to_have_count(1)
    page.locator("#options > button").click()
    expect(row.locator(".si-box")).to_have_count(1)
    number = page.get_by_label("number input for Boxes shown")
    expect(number).to_be_visible()
    page.wait_for_timeout(1000)  # what an accordion holds is laid out anew as it opens, with the values it had
    number.fill("4")
    expect(number).to_have_value("4")
    expect(row.locator(".si-box").nth(1)).to_be_visible()
    page.get_by_label("number input for Score threshold").fill("1")
    expect(row.locator(".si-card").nth(2)).to_contain_text("No object found")
    page.get_by_label("Find the object").uncheck()
    expect(row.locator(".si-card").nth(2)).to_contain_text("This stage is off")
    option(page, "Background model", "none")
    expect(row.locator(".si-card").nth(1)).to_contain_text("the background stays")
    expect(page.locator(".si-summary")).to_contain_text("background model “none”")


def test_a_background_model_out_of_reach_is_a_sentence(page: Page) -> None:
    choose(page, EXAMPLES[0])
    expect(page.locator(".si-row")).to_have_count(1)
    page.locator("#options > button").click()
    option(page, "Background model", "u2netp – downloads on first use")
    message = page.locator("#message")
    expect(message).to_contain_text("could not be downloaded: check the connection", timeout=60_000)
    expect(message).to_contain_text("Going on with “own”")
    assert not re.search(r"Pool|Error|127\.0\.0\.1|://", message.inner_text())
    expect(page.get_by_label("Background model")).to_have_value(re.compile("^own"))
    expect(page.locator(".si-summary")).to_contain_text("background model “own”")
    page.get_by_label("number input for Boxes shown").fill("3")  # another choice: what was said is past
    expect(page.locator(".si-notice")).to_have_count(0)


def test_the_page_says_beforehand_what_its_models_know(page: Page) -> None:
    line, examples = page.locator("#model-line"), page.locator(".si-examples button")
    expect(line).to_contain_text("everyday. It knows 142 kinds of things, in these groups: animal, building,")
    expect(examples).to_have_count(8)
    option(page, "Models", "challenge")
    expect(line).to_contain_text("challenge. It knows plug, phone, scissors")
    expect(examples.first).to_have_attribute("title", "ball")
    examples.first.click()
    expect(page.locator(".si-verdict strong")).to_have_text("ball")
    expect(page.locator(".si-summary")).to_contain_text("models “challenge”")


def test_an_example_chosen_twice_is_there_once(page: Page) -> None:
    example = page.locator(".si-examples button[title=dog]")
    example.click()
    expect(page.locator(".si-row")).to_have_count(1)
    example.click()
    expect(page.locator("#message")).to_contain_text("“dog” is among the pictures already")
    expect(page.locator(".si-row")).to_have_count(1)
    page.locator(".si-examples button[title=coffee]").click()
    expect(page.locator(".si-row")).to_have_count(2)
    expect(page.locator(".si-notice")).to_have_count(0)


def test_cut_outs_are_saved_one_by_one_or_all(page: Page, notes: Path, tmp_path: Path) -> None:
    choose(page, EXAMPLES[0], notes, EXAMPLES[1])
    expect(page.locator(".si-row")).to_have_count(3)
    pipeline = Pipeline.load()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the cut-out of coffee.jpg as PNG").click()
    assert download.value.suggested_filename == "coffee-cutout.png"
    download.value.save_as(tmp_path / "one.png")
    expected = pipeline.predict(open_image(EXAMPLES[1])).cutout
    assert expected
    with Image.open(tmp_path / "one.png") as saved:
        assert (saved.mode, saved.size) == ("RGBA", expected.size)
        assert saved.getchannel("A").tobytes() == expected.getchannel("A").tobytes()
    with page.expect_download() as download:
        page.locator("#cutouts").click()
    download.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["dog-cutout.png", "coffee-cutout.png"]
    page.locator("#options > button").click()
    page.get_by_label("Remove the background").uncheck()
    expect(page.locator("#cutouts")).to_be_disabled()
    expect(page.locator(".si-save")).to_have_count(0)


def test_a_finer_cut_out_that_is_out_of_reach_is_a_sentence_and_the_button_comes_back(page: Page) -> None:
    choose(page, EXAMPLES[0])
    button = page.get_by_role("button", name="Finer cut-out (pre-trained) of dog.jpg")
    button.click()
    expect(page.get_by_text("The background model “u2netp” could not be downloaded")).to_be_visible()
    expect(button).to_be_enabled()
    expect(button).to_have_text("Finer cut-out (pre-trained)")


@pytest.mark.skipif(not SHARED_REMBG.is_dir(), reason="u2netp is not beside the project (shared/rembg)")
def test_a_finer_cut_out_takes_the_place_of_ours_and_is_what_is_saved(page: Page, app: App, tmp_path: Path) -> None:
    shutil.copytree(SHARED_REMBG / "models", app.rembg / "models", copy_function=shutil.copyfile, dirs_exist_ok=True)
    try:
        choose(page, EXAMPLES[0])
        card = page.locator(".si-card", has=page.locator("[data-save]"))
        ours = card.locator(".si-canvas img").first.get_attribute("src")
        page.locator("[data-finer]").click()
        expect(card.locator(".si-sentence")).to_contain_text("Finer, by u2netp: pre-trained by others, not ours.")
        assert card.locator(".si-canvas img").first.get_attribute("src") != ours
        expect(page.locator("[data-finer]")).to_have_count(0)
        with page.expect_download() as download:
            page.locator("[data-save]").click()
        download.value.save_as(tmp_path / "finer.png")
    finally:
        shutil.rmtree(app.rembg / "models")
    own = Pipeline.load().predict(open_image(EXAMPLES[0])).cutout
    assert own
    with Image.open(tmp_path / "finer.png") as saved:
        assert saved.mode == "RGBA"
        assert saved.getchannel("A").tobytes() != own.getchannel("A").tobytes()


def test_picture_and_cut_out_are_compared_by_keyboard_and_opened_large(page: Page) -> None:
    choose(page, EXAMPLES[0])
    slide = page.locator(".si-slide")
    slide.focus()
    page.keyboard.press("End")
    shown = "image => getComputedStyle(image).clipPath"
    assert slide.locator("xpath=../img[2]").evaluate(shown) == "inset(0px 0% 0px 0px)"
    page.keyboard.press("Home")
    assert slide.locator("xpath=../img[2]").evaluate(shown) == "inset(0px 100% 0px 0px)"
    for index, name in enumerate(["The picture", "without its background", "with a box", "The crop"]):
        button = page.locator(".si-open").nth(index)
        button.focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name=name)
        expect(dialog).to_be_visible()
        large = dialog.locator("img").first
        if index < 3:  # the upload itself; the crop is all there is of it
            expect(large).to_have_attribute("src", re.compile(r"gradio_api/file=.*dog\.jpg$"))
        box = large.bounding_box()
        assert box
        assert box["width"] > 600
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
        expect(button).to_be_focused()
    page.locator(".si-frame img").first.click()
    page.get_by_label("Close").click()
    expect(page.locator("dialog")).to_have_count(0)


def test_tab_closes_the_list_it_leaves(page: Page) -> None:
    page.locator("#options > button").click()
    for label in ("Models", "Background model"):
        page.get_by_label(label).focus()
        expect(page.get_by_role("listbox")).to_be_visible()
        page.keyboard.press("Tab")
        expect(page.get_by_role("listbox")).to_have_count(0)


def test_the_focus_stops_only_where_it_is_seen(page: Page) -> None:
    choose(page, EXAMPLES[0])
    expect(page.locator(".si-row")).to_have_count(1)
    for tab in ("Train", "Try it"):
        page.get_by_role("tab", name=tab).click()
        stops = page.evaluate(
            """() => [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")].filter(
                (part) => part.tabIndex >= 0 && !part.disabled && part.checkVisibility({ visibilityProperty: true })
            ).map((part) => {
                const { width, height } = part.getBoundingClientRect();
                return [part.outerHTML.slice(0, 160), Math.min(width, height)];
            })"""
        )
        assert len(stops) > 10
        assert [html for html, side in stops if side < 5] == []
        assert [html for html, _ in stops if "common." in html] == []


def test_pictures_are_pasted_and_dropped_anywhere(page: Page) -> None:
    for count, event in enumerate(("paste", "drop"), start=1):
        page.evaluate(
            """async ([event, source]) => {
                const blob = await (await fetch(source)).blob();
                const data = new DataTransfer();
                data.items.add(new File([blob], event + ".webp", { type: blob.type }));
                document.querySelector("h1").dispatchEvent(event === "paste"
                    ? new ClipboardEvent(event, { clipboardData: data, bubbles: true, cancelable: true })
                    : new DragEvent(event, { dataTransfer: data, bubbles: true, cancelable: true }));
            }""",
            [event, page.locator(".si-examples img").first.get_attribute("src")],
        )
        expect(page.locator(".si-row")).to_have_count(count)
        expect(page.locator(".si-row h3").last).to_have_text(f"{event}.webp")


def test_the_camera_takes_a_picture(page: Page) -> None:
    page.locator("#camera > button").click()
    page.get_by_text("Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('#camera video')?.videoWidth > 0")
    page.get_by_label("capture photo").click()
    expect(page.locator(".si-row h3")).to_have_text(re.compile(r"^photo-1\."))


def test_a_file_over_the_limit_is_named_and_the_others_go_on(page: Page, tmp_path: Path) -> None:
    huge = tmp_path / "huge.jpg"
    huge.write_bytes(EXAMPLES[0].read_bytes() + bytes(12_000_000))
    choose(page, huge, EXAMPLES[1])
    expect(page.locator(".si-problem")).to_contain_text("huge.jpg has more than 10 MB")
    expect(page.locator(".si-row")).to_have_count(2)


def test_a_hostile_file_name_is_only_a_name(page: Page, tmp_path: Path) -> None:
    evil = tmp_path / "${alert(1)}{{value}}<img src=x onerror=alert(2)>`.jpg"
    shutil.copy(EXAMPLES[0], evil)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    choose(page, evil)
    expect(page.locator(".si-row h3")).to_have_text(re.compile(r"alert.*\.jpg$"))
    expect(page.locator(".si-row img")).to_have_count(5)


def test_a_phone_needs_no_sideways_scrolling(phone: Page, notes: Path) -> None:
    fits = "document.documentElement.scrollWidth <= innerWidth"
    assert phone.evaluate(fits)
    choose(phone, EXAMPLES[0], notes)
    row = phone.locator(".si-row").first
    expect(row.locator(".si-verdict")).to_be_visible()
    phone.locator("#options > button").click()
    expect(phone.get_by_label("Find the object")).to_be_visible()
    assert phone.evaluate(fits)
    edges = row.evaluate("row => [...row.querySelectorAll('*')].map(part => part.getBoundingClientRect().right)")
    assert max(edges) <= 390
    # A word of the table's head is never broken: each head is a line high.
    heights = phone.locator("#report th[scope=col]").evaluate_all("heads => heads.map((head) => head.clientHeight)")
    assert len(heights) == 6
    assert max(heights) < 40


def test_text_stands_out_in_light_and_dark(phone: Page) -> None:
    choose(phone, EXAMPLES[0])
    expect(phone.locator(".si-row")).to_have_count(1)
    for selector in (".si-sentence", ".si-verdict", ".si-summary", ".si-facts"):
        text, ground = phone.locator(selector).first.evaluate(
            """part => {
                const transparent = "rgba(0, 0, 0, 0)", ground = (at) => getComputedStyle(at).backgroundColor;
                let behind = part;
                while (ground(behind) === transparent) behind = behind.parentElement;
                return [getComputedStyle(part).color, ground(behind)];
            }"""
        )
        assert _contrast(text, ground) >= 4.5, f"{selector}: {text} on {ground}"  # WCAG 2.2, 1.4.3


def _contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
