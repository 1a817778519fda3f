"""A mistake is put right where it is seen, by mouse and by keyboard; it stays, and the set is taken along with it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_app import App
from playwright.sync_api import Page, expect
from train_page import EXAMPLES

from smallimg.runs.run import Run, RunConfig, adopt_run

CLASSES = ("cup", "ball", "phone")


@pytest.fixture
def measured(app: App) -> Iterator[Run]:
    """A finished run on a set of three classes, two pictures each, all of which it took for a cup."""
    data = app.runs.with_name("data") / "desk-2"
    pictures = []
    for place, name in enumerate(CLASSES):
        (data / name).mkdir(parents=True)
        for number in range(2):
            shutil.copy(EXAMPLES[2 * place + number], data / name / f"{number}.jpg")
            said = {"image": f"{name}/{number}.jpg", "truth": name, "answer": "cup", "label": "cup"}
            pictures.append(said | {"probability": 0.9 - 0.1 * len(pictures), "box_score": None})
    run = adopt_run(RunConfig("all cups", str(data), stages=("classifier",)), {}, folder=app.runs)
    matrix = [[2, 0, 0], [2, 0, 0], [2, 0, 0]]
    metrics = {"classes": CLASSES, "confusion_matrix": matrix, "n": 6, "accuracy": 1 / 3}
    results = {"split": "validation", "root": str(data), "given_boxes": False, "metrics": metrics, "pictures": pictures}
    (run.path / "results.json").write_text(json.dumps(results), encoding="utf-8")
    yield run
    shutil.rmtree(run.path)
    shutil.rmtree(data)


def test_mistakes_are_put_right_and_taken_along(page: Page, app: App, measured: Run, tmp_path: Path) -> None:
    page.goto(f"{app.url}?tab=train&run={measured.id}")
    mistakes = page.locator("#mistakes button[data-mistake]")
    expect(mistakes).to_have_count(4)
    dialog, bar = page.locator("#put-right .si-mistake"), page.locator("#put-right .si-put-bar")
    expect(bar).to_be_hidden()

    # The first by mouse, the second by keyboard, the third is left out: each answer goes on to the next.
    mistakes.first.click()
    expect(dialog.locator("[aria-pressed=true]")).to_have_text("ball")
    dialog.get_by_role("button", name="phone").click()
    expect(dialog.locator("h4")).to_have_text("2 of 4")
    expect(dialog.locator("[aria-pressed=true]")).to_have_text("ball")
    page.keyboard.press("2")  # cup, as they come in the set
    expect(dialog.locator("h4")).to_have_text("3 of 4")
    expect(dialog.locator(".si-put-out")).to_be_enabled()
    page.keyboard.press("Delete")
    expect(dialog.locator("h4")).to_have_text("4 of 4")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#mistakes .si-since:visible")).to_have_text(["put right: phone", "put right: cup", "left out"])
    expect(bar).to_contain_text("3 pictures put right.")
    bar.get_by_role("button", name="Undo").click()
    expect(page.locator("#mistakes .si-since:visible")).to_have_text(["put right: phone", "put right: cup"])

    # It stays, and the run can be repeated.
    page.reload()
    expect(page.locator("#mistakes .si-since:visible")).to_have_text(["put right: phone", "put right: cup"])
    expect(bar).to_contain_text("have changed since")
    expect(bar.get_by_role("button", name="Train again")).to_be_visible()

    page.get_by_label("Used before").check()
    page.locator(".si-shelf").get_by_role("button", name="desk-2").click()
    expect(page.locator(".si-preview h3")).to_have_text("desk-2")
    with page.expect_download() as download:
        page.locator("#take-set").click()
    download.value.save_as(tmp_path / "desk.zip")
    with zipfile.ZipFile(tmp_path / "desk.zip") as file:
        counts = [sum(f"/{name}/" in f"/{entry}" for entry in file.namelist()) for name in CLASSES]
    assert counts == [3, 0, 3]
