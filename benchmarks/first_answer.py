"""From opening the page to the first right answer on three classes of one's own, 12 pictures each from the camera.

The camera is a canvas in place of `getUserMedia`: drawn objects of the sample challenge on all its grounds, a new one
five times a second. What is measured is the page as somebody uses it, clicks counted; afterwards the networks name new
drawings, and drawings of classes that they never met.
"""

import base64
import io
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from benchmarks.speed import PORT, running_app
from benchmarks.tables import print_table
from smallimg.data.challenge.scene import draw_picture
from smallimg.data.challenge.writer import CLASS_NAMES, TRAIN_BACKGROUNDS
from smallimg.pipeline import Pipeline
from smallimg.runs.run import list_runs

CLASSES = ("cup", "ball", "scissors")
SHOTS, NEW = 12, 30
#: A camera that shows `held`, one of the pictures after the other.
CAMERA = """(pictures) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 448, height: 448 });
    const context = canvas.getContext("2d");
    const loaded = Object.fromEntries(Object.entries(pictures).map(([name, all]) => [name, all.map((uri) => {
        const image = new Image(); image.src = uri; return image;
    })]));
    let turn = 0;
    window.held = Object.keys(pictures)[0];
    setInterval(() => context.drawImage(loaded[window.held][turn++ % loaded[window.held].length], 0, 0, 448, 448), 200);
    navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(10);
}"""


def drawn(name: str, count: int, *, seed: int) -> list[Image.Image]:
    """Drawings of an object, each on any ground."""
    random = np.random.default_rng([seed, CLASS_NAMES.index(name)])
    grounds = random.choice(list(TRAIN_BACKGROUNDS.values()), count)
    return [Image.fromarray(draw_picture(name, str(ground), random, size=224)[0]) for ground in grounds]


def uri(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=92)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def make_and_try(page: Page) -> dict[str, float]:
    """What a visitor does; seconds after opening the page, and clicks."""
    pictures = {name: [uri(one) for one in drawn(name, 24, seed=1)] for name in CLASSES}
    clicks, marks = 0, {}
    began = time.perf_counter()
    page.goto(f"http://127.0.0.1:{PORT}/")
    page.get_by_role("tab", name="Train").click()
    clicks += 1
    page.locator(".si-class").nth(2).wait_for()
    marks["the view is there"] = time.perf_counter() - began
    page.evaluate(CAMERA, pictures)
    for place, name in enumerate(CLASSES):
        page.evaluate("(name) => { window.held = name; }", name)
        card = page.locator(".si-class").nth(place)
        card.locator(".si-class-name").click()
        page.keyboard.type(name)
        page.wait_for_timeout(600)  # a hand that holds up the next thing
        box = card.locator(".si-hold").bounding_box()
        assert box
        page.mouse.move(box["x"] + 40, box["y"] + 12)
        page.mouse.down()
        while card.locator(".si-tile").count() < SHOTS:
            page.wait_for_timeout(30)
        page.mouse.up()
        clicks += 2
    marks["three classes of 12 are taken"] = time.perf_counter() - began
    page.locator("[data-do=train]").click()
    clicks += 1
    page.locator(".si-live").wait_for(timeout=600_000)
    shown = CLASSES[-1]
    page.wait_for_function(
        "(name) => document.querySelector('.si-live-answer').textContent === name", arg=shown, timeout=60_000
    )
    return {**marks, "the first right answer": time.perf_counter() - began, "clicks": clicks}


def name_new(bundle: Path) -> dict[str, str]:
    """How new drawings are named by what was trained, and those of classes that it never met."""
    pipeline = Pipeline.load(str(bundle))
    right = told = 0
    for name in CLASSES:
        for picture in drawn(name, NEW, seed=2):
            prediction = pipeline.predict(picture)
            right += prediction.label == name
            told += prediction.answer == name
    others = [name for name in CLASS_NAMES if name not in CLASSES]
    foreign: list[Any] = [pipeline.predict(one) for name in others for one in drawn(name, 12, seed=3)]
    loud = sum(one.answer is not None for one in foreign)
    n = NEW * len(CLASSES)
    return {
        "most probable class right": f"{right} of {n}",
        "said aloud, and right": f"{told} of {n}",
        "drawings of other classes named": f"{loud} of {len(foreign)}",
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"SMALLIMG_RUNS": f"{folder}/runs", "SMALLIMG_DATA": f"{folder}/data"}
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        with (
            running_app(SMALLIMG_RUNS=f"{folder}/runs", SMALLIMG_DATA=f"{folder}/data"),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(60_000)
            measured = make_and_try(page)
            browser.close()
        clicks = measured.pop("clicks")
        rows = [(name, f"{seconds:.1f}") for name, seconds in measured.items()] + [("clicks", f"{clicks:.0f}")]
        rows += list(name_new(list_runs(Path(folder) / "runs")[0].path).items())
        print_table("First answer, three classes of 12; seconds after opening the page, n = 1", ("", ""), rows)


if __name__ == "__main__":
    main()
