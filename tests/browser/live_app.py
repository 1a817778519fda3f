"""The real app in a process of its own, that can be killed and started again."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from smallimg.runs.run import Run

ROOT = Path(__file__).parents[2]


class App:
    """`python app.py` on a free port, with no model downloaded and no way to download one.

    Args:
        folder: where all that it keeps goes.
        settings: more of its environment.

    Attributes:
        runs: the folder of its training runs.
        rembg: where it looks for rembg's models; there are none at first.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        self.runs = folder / "runs"
        self.rembg = folder / "rembg"
        self._log = folder / "log.txt"
        nowhere = "http://127.0.0.1:9"
        self._environment = {
            **os.environ,
            "GRADIO_SERVER_PORT": str(port),
            "GRADIO_TEMP_DIR": str(folder / "gradio"),
            "REMBG_HOME": str(self.rembg),
            "SMALLIMG_NICE": "10",  # the page answers while it trains, as it does for its visitors
            "SMALLIMG_RUNS": str(self.runs),
            "SMALLIMG_DATA": str(folder / "data"),
            **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere),
            **dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1,localhost"),
            **settings,
        }
        self._process = self._start()

    def restart(self) -> None:
        """Kill it without a warning, and start it again at the same address."""
        self.kill()
        self._process = self._start()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        with self._log.open("a") as log:
            process = subprocess.Popen(
                [sys.executable, "app.py"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        _wait_for(self.url, process, self._log)
        return process


def wait_until_open(page: Page) -> None:
    """Until what the browser remembers of the page is back in place: nothing is taken before."""
    expect(page.locator("html:not(.si-opening)")).to_be_attached(timeout=120_000)


def broken_words(page: Page) -> list[str]:
    """What the fields say that are too narrow for it, where a row does not wrap on a phone."""
    narrow: list[str] = page.evaluate(
        """[...document.querySelectorAll(".form > .block")].filter(
            (field) => field.offsetParent && field.innerText.length > 20 && field.getBoundingClientRect().width < 90
        ).map((field) => field.innerText)"""
    )
    return narrow


def kill_worker(run: Run) -> bool:
    """`kill -9` the process that trains a run; whether there was one."""
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdecimal() else []
            if b"smallimg.runs.worker" in words and str(run.path.resolve()).encode() in words:
                os.kill(int(entry.name), signal.SIGKILL)
                return True
    return False


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"app.py stopped:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    pytest.fail(f"app.py did not answer within five minutes:\n{log.read_text()}")
