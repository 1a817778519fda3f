"""The Train tab, freshly opened; pictures to bring there, and runs that are there already."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live_app import App
from playwright.sync_api import Browser, Page
from train_page import open_train

from smallimg.runs.run import Run, RunConfig, adopt_run


@pytest.fixture
def page(browser: Browser, app: App) -> Iterator[Page]:
    """The Train tab, freshly opened in a browser of its own; at the end, no error in its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    open_train(page, app)
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="module")
def archive(tiny_challenge: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.make_archive(str(tmp_path_factory.mktemp("zip") / "tiny"), "zip", tiny_challenge))


@pytest.fixture
def two_runs(app: App, tiny_bundle: Path) -> Iterator[tuple[Run, Run]]:
    """Two finished runs, the first the newer one; and what was there before is left in peace."""
    files = {file.name: file for file in tiny_bundle.iterdir()}
    older, newer = (adopt_run(RunConfig(name, ""), files, folder=app.runs) for name in ("older run", "newer run"))
    yield newer, older
    for run in (newer, older):
        shutil.rmtree(run.path, ignore_errors=True)
