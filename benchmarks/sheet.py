"""The sheet of a large set in Chromium: how soon it is there, how it scrolls, and how soon a box is kept.

    python -m benchmarks.sheet [--count 500] [--side 640] [--turns 5]

The set is a table of boxes with a test part of a fifth, its pictures photos of `everyday`'s examples, their longer side
`side` pixels. In turn it is opened without small pictures, as on its first day, and with those that were kept.
"""

import csv
import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.folders import write_photos
from benchmarks.speed import PORT, running_app
from benchmarks.tables import print_table
from smallimg.data.corrections import CORRECTIONS, read_corrections
from smallimg.data.formats.table_rows import COLUMNS

CLASSES = ("cup", "ball", "phone", "plug", "can")
DISTINCT = 25
EDITS = 10
SCROLLED_IN_S = 4
#: Milliseconds from the click until every tile in sight has its picture.
OPEN = """() => new Promise((resolve) => {
    const began = performance.now();
    document.querySelector("#kept-boxes").click();
    const look = () => {
        const room = document.querySelector(".si-pictures-tiles"), { top, bottom } = room.getBoundingClientRect();
        const seen = [...room.children].filter((tile) => {
            const box = tile.getBoundingClientRect();
            return box.bottom > top && box.top < bottom;
        });
        const images = seen.map((tile) => tile.querySelector("img"));
        const drawn = images.length && images.every((image) => image.complete && image.naturalWidth);
        if (drawn) resolve({ ms: performance.now() - began, seen: images.length });
        else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
})"""
#: From top to bottom in so many seconds: the longest time between two frames, and that a tile in sight had no picture.
SCROLL = """(seconds) => new Promise((resolve) => {
    const room = document.querySelector(".si-pictures-tiles"), way = room.scrollHeight - room.clientHeight;
    const blank = new Map(), gaps = [];
    let began = 0, before = 0, waited = 0;
    const has_come = (tile) => {
        if (blank.has(tile)) waited = Math.max(waited, performance.now() - blank.get(tile));
        blank.delete(tile);
    };
    const watcher = new IntersectionObserver((entries) => {
        for (const { target, isIntersecting } of entries) {
            const image = target.querySelector("img");
            if (!isIntersecting) has_come(target);
            else if (!image.complete || !image.naturalWidth) {
                blank.set(target, performance.now());
                image.addEventListener("load", () => has_come(target), { once: true });
            }
        }
    }, { root: room });
    for (const tile of room.children) watcher.observe(tile);
    const step = (now) => {
        began ||= now;
        if (before) gaps.push(now - before);
        before = now;
        const share = Math.min(1, (now - began) / 1000 / seconds);
        room.scrollTop = way * share;
        if (share < 1 || blank.size) return requestAnimationFrame(step);
        watcher.disconnect();
        resolve({ gap: Math.max(...gaps), slow: gaps.filter((gap) => gap > 50).length, waited });
    };
    requestAnimationFrame(step);
})"""
#: Notes when the pointer was let go and when the editor said “Saved”.
WATCH_SAVED = """() => {
    const told = document.querySelector(".si-editor-saved");
    addEventListener("pointerup", () => { window.let_go = performance.now(); window.saved = null; }, true);
    new MutationObserver(() => {
        if (told.textContent === "Saved") window.saved ??= performance.now() - window.let_go;
    }).observe(told, { childList: true, characterData: true, subtree: true });
}"""


def write_set(folder: Path, count: int, side: int) -> None:
    """`count` photos, some of them the same but each with a file of its own, a fifth to be tested on."""
    with tempfile.TemporaryDirectory() as scratch:
        photos = write_photos(Path(scratch), min(DISTINCT, count), side)
        rows = defaultdict(list)
        for number in range(count):
            split, photo = "test" if number % 5 == 4 else "train", photos[number % len(photos)]
            (folder / split).mkdir(parents=True, exist_ok=True)
            shutil.copy(photo, folder / split / f"{number:04}.jpg")
            with Image.open(photo) as image:
                width, height = image.size
            box = (width // 4, height // 4, 3 * width // 4, 3 * height // 4)
            rows[split].append((f"{number:04}.jpg", *box, CLASSES[number % len(CLASSES)]))
    for split, lines in rows.items():
        with (folder / f"{split}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([COLUMNS, *lines])


def processor_seconds(pid: int) -> float:
    """What a process has used of the cores."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def choose_set(page: Page) -> None:
    page.goto(f"http://127.0.0.1:{PORT}/?tab=train")
    page.get_by_label("Used before").check()
    page.locator(".si-shelf button").first.click()
    page.locator("#kept-boxes").wait_for()
    page.locator(".si-preview").wait_for()  # every picture is read to its last byte, which takes the cores
    page.wait_for_timeout(1000)


def edit(page: Page, root: Path, *, times: int) -> tuple[list[float], int]:
    """Milliseconds in which boxes are kept that are dragged a little, a picture after the other; how many get lost."""
    page.locator(".si-pictures-tiles .si-tile").first.click()
    page.evaluate(WATCH_SAVED)
    kept = []
    for _ in range(times):
        page.wait_for_timeout(400)
        box = page.locator(".si-frame-box").bounding_box()
        assert box
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 18, y + 9, steps=3)
        page.mouse.up()
        page.wait_for_function("window.saved")
        kept.append(page.evaluate("window.saved"))
        page.keyboard.press("n")
    page.reload()
    page.locator(".si-pictures-tiles li").first.wait_for()
    shown = page.locator(".si-pictures-tiles .si-checked").count()
    return kept, times - min(shown, sum(one.checked for one in read_corrections(root).values()))


def main(count: int = 500, side: int = 640, turns: int = 5) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home:
        root = Path(home) / "data" / "large"
        write_set(root, count, side)
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        with running_app(SMALLIMG_HOME=home) as pid, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            measured = measure(browser.new_page, root, pid, turns)
            browser.close()
    rows = [
        (what, *(f"{form(values):,.{digits}f}" for form in (statistics.median, max)))
        for (what, digits), values in measured.items()
    ]
    print_table(f"A sheet of {count} pictures of {side} px, n = {turns}", ("", "median", "most"), rows)


def measure(new_page: Any, root: Path, pid: int, turns: int) -> dict[tuple[str, int], Sequence[float]]:
    """What is measured, with the digits that it is told with → its values."""
    found = defaultdict[tuple[str, int], list[float]](list)
    for _ in range(turns):
        shutil.rmtree(root / ".thumbnails", ignore_errors=True)
        (root / CORRECTIONS).unlink(missing_ok=True)
        for day in ("the first time", "again"):
            page = new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            choose_set(page)
            used = processor_seconds(pid)
            opened = page.evaluate(OPEN)
            found[f"{day}: all {opened['seen']} pictures in sight are drawn, ms after the click", 0].append(
                opened["ms"]
            )
            found[f"{day}: the server's processor time for it, ms", 0].append(1000 * (processor_seconds(pid) - used))
            time.sleep(1)
            scrolled = page.evaluate(SCROLL, SCROLLED_IN_S)
            found[f"{day}: from top to bottom in {SCROLLED_IN_S} s, longest gap of two frames, ms", 0].append(
                scrolled["gap"]
            )
            found[f"{day}: gaps of more than 50 ms", 0].append(scrolled["slow"])
            found[f"{day}: longest that a picture in sight was not there, ms", 0].append(scrolled["waited"])
            if day == "again":
                kept, lost = edit(page, root, times=EDITS)
                found["a box that was dragged is kept, ms after it was let go", 0].extend(kept)
                found["pictures whose change a reload loses", 0].append(lost)
            page.close()
    return found


if __name__ == "__main__":
    typer.run(main)
