"""The page's part of `training.py`: four long runs compared, on the server and in Chromium."""

import json
import math
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from benchmarks.speed import PORT, running_app
from benchmarks.tables import print_table
from smallimg.runs.plots import stage_figures
from smallimg.runs.run import Run, RunConfig, adopt_run, read_metrics
from smallimg.ui.train.actions import FOLLOW, look_at_run

EPOCHS = 500
COMPARED = 4
CURVES = ("losses", "quality", "rate")
#: Whether the plots hold as many lines as they should; asked once a frame.
DRAWN = """(wanted) => Object.entries(wanted).every(([name, count]) =>
    document.querySelectorAll(`#curve-${name} .scatterlayer .trace`).length === count)"""


def write_long_run(name: str, folder: Path, seed: int) -> Run:
    """A finished run with made-up curves of the classifier."""
    noise = np.random.default_rng(seed).normal(0, 0.02, (EPOCHS, 5))
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "metrics.jsonl"
        with file.open("w", encoding="utf-8") as stream:
            for epoch, shift in enumerate(noise, start=1):
                left = math.exp(-epoch / 100)
                names = ("loss", "val_loss", "accuracy", "val_accuracy", "val_precision")
                levels = (left, left + 0.1, 1 - left, 0.95 - left, 0.95 - left)
                metrics = {key: float(level + change) for key, level, change in zip(names, levels, shift, strict=True)}
                line = {"stage": "classifier", "epoch": epoch, "epochs": EPOCHS, "seconds": epoch}
                stream.write(json.dumps(line | {"metrics": metrics | {"learning_rate": left / 1000}}) + "\n")
        config = RunConfig(name=name, data="", stages=("classifier",), epochs=EPOCHS)
        return adopt_run(config, {file.name: file}, folder=folder)


def measure_page(n: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        os.environ["SMALLIMG_RUNS"] = name
        runs = [write_long_run(f"long run {index}", Path(name), seed=index) for index in range(COMPARED)]
        *others, chosen = runs
        server = []
        for _ in range(n):
            began = time.perf_counter()
            look_at_run(chosen.id, [run.id for run in others], FOLLOW, "")
            server.append(time.perf_counter() - began)
        lines = {chosen.config.name: read_metrics(chosen.id)}
        traces = {
            curve: len(figure["data"]) for curve, figure in zip(CURVES, stage_figures("classifier", lines), strict=True)
        }
        with running_app(SMALLIMG_RUNS=name):
            compared, reloaded = measure_browser([run.config.name for run in others], traces, n)
    rows = [
        (what, f"{statistics.median(values):.2f}", f"{max(values):.2f}")
        for what, values in (
            ("all that is shown of a run, on the server", server),
            ("a run more in “Compare with”, until its curves are drawn", compared),
            ("reload, until the curves are drawn", reloaded),
        )
    ]
    title = f"Page, {COMPARED} runs of {EPOCHS} epochs; seconds, n = {n}"
    print_table(title, ("", "median", "longest"), rows)


def measure_browser(others: Sequence[str], traces: dict[str, int], n: int) -> tuple[list[float], list[float]]:
    """Seconds until the curves are drawn: after the last of the others is chosen, and after a reload."""

    def wait_for(page: Page, count: int) -> None:
        page.wait_for_function(DRAWN, arg={name: number * count for name, number in traces.items()})

    def add(page: Page, name: str, count: int) -> float:
        page.locator("#others input").click()
        choice = page.get_by_role("option", name=name)
        choice.wait_for()
        began = time.perf_counter()
        choice.click()
        wait_for(page, count)
        return time.perf_counter() - began

    compared, reloaded = [], []
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(60_000)
        page.goto(f"http://127.0.0.1:{PORT}/")
        for _ in range(n):
            began = time.perf_counter()
            page.reload(wait_until="commit")
            page.get_by_role("tab", name="Train").click()
            wait_for(page, 1)
            reloaded.append(time.perf_counter() - began)
        for count, other in enumerate(others, start=2):
            seconds = add(page, other, count)
        compared.append(seconds)
        for _ in range(n - 1):
            page.locator("#others input").press("Backspace")  # takes the last one out
            wait_for(page, len(others))
            compared.append(add(page, others[-1], len(others) + 1))
        browser.close()
    return compared, reloaded
