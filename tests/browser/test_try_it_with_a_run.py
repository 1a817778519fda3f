"""The "Try it" tab with models that were trained here: what it says of them, and their own pictures."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_app import App
from playwright.sync_api import Browser, Page, expect

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.runs.run import Run, RunConfig, adopt_run, delete_run, rename_run

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples" / "challenge"
NAMES = ("ball", "cup", "phone", "scissors")


@pytest.fixture
def run(app: App, tmp_path: Path) -> Iterator[Run]:
    """A finished run whose models are those of `challenge`, and whose data lies where the app serves nothing from."""
    files = {path.name: path for path in (CHECKPOINTS / "challenge").iterdir()}
    run = adopt_run(RunConfig("first try", data=str(tmp_path)), files, folder=app.runs)
    pictures = []
    for name in NAMES:
        shutil.copy(EXAMPLES / f"{name}.jpg", tmp_path / f"{name}.jpg")
        pictures.append({"image": f"{name}.jpg", "truth": name, "label": name, "probability": 0.9, "box_score": 0.9})
    content = {"split": "test", "root": str(tmp_path), "given_boxes": False, "metrics": {}, "pictures": pictures}
    (run.path / "results.json").write_text(json.dumps(content))
    yield run
    delete_run(run.id, folder=app.runs)


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(app.url)
    expect(page.locator(".si-steps li")).to_have_count(4, timeout=60_000)
    yield page
    context.close()


def test_a_run_shows_its_name_its_classes_and_its_own_pictures(run: Run, page: Page, app: App) -> None:
    line, examples = page.locator("#model-line"), page.locator(".si-examples button")
    page.get_by_role("tab", name="Train").click()
    page.locator("#run input").click()
    page.get_by_role("option", name=re.compile("^first try")).click()
    page.locator("#use").click()
    expect(page.get_by_role("tab", name="Try it")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Models")).to_have_value(re.compile("^first try"))
    expect(line).to_contain_text("Model: first try, trained here. It knows plug, phone, scissors, ")
    expect(line).to_contain_text("Right on 4 of 4 test pictures.")
    expect(examples).to_have_count(4)
    examples.first.click()
    expect(page.locator(".si-verdict strong")).to_have_text("ball")
    expect(page.locator(".si-summary")).to_contain_text("models “first try”")

    rename_run(run.id, "Round things", folder=app.runs)
    page.get_by_role("tab", name="Train").click()
    page.get_by_role("tab", name="Try it").click()
    expect(line).to_contain_text("Model: Round things, trained here.")
    expect(page.get_by_label("Models")).to_have_value(re.compile("^Round things"))
