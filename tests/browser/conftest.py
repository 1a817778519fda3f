"""The real app in a process of its own, and a real browser."""

import shutil
from collections.abc import Iterator

import pytest
from live_app import App, kill_worker
from playwright.sync_api import Browser, sync_playwright

from smallimg.runs.run import list_runs

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
]  # fmt: skip


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app, for all tests of this folder; what still trains at their end is killed."""
    app = App(tmp_path_factory.mktemp("app"))
    yield app
    app.kill()
    for run in list_runs(app.runs):
        kill_worker(run)


@pytest.fixture(scope="session")
def url(app: App) -> str:
    return app.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if chromium is None:
        pytest.skip("no chromium on this machine: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()
