"""How long a picture takes, ours beside the paper's recipe, in one run.

    python -m benchmarks.speed [--n 20] [--side 224] [--side 640] [--side 2000]

Ours is the shipped bundle `everyday`. The paper's is rembg's u2netp, torchvision's `fasterrcnn_resnet50_fpn` at its
default 800 pixels and the paper's CNN; their weights are random, which changes nothing about their speed. u2netp has to
be in rembg's folder (`REMBG_HOME`), otherwise that row is left out. The two take turns, picture by picture. Background
and detector are each measured alone, as ours run at once in a whole prediction; the classifier as part of one.

Also measured: the app, from its start until the page answers, and its peak memory after a prediction.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import nn

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.background import is_downloaded, open_remover
from smallimg.bundles.bundle import Bundle, Stage
from smallimg.bundles.sessions import ClassifierSession, DetectorSession, Floats, Found
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.detectors import build_detector
from smallimg.pictures.images import list_images, open_image
from smallimg.pipeline import Pipeline

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("background", "detector", "classifier", "total")
#: What is measured with which of the stages switched off.
LOOKS: tuple[tuple[tuple[str, ...], dict[str, bool]], ...] = (
    (("background",), {"detect": False, "classify": False}),
    (("detector",), {"remove_background": False, "classify": False}),
    (("classifier", "total"), {}),
)
PORT = 7917


class EagerDetector(DetectorSession):
    """A detector as its documents run it, in torch."""

    def __init__(self, network: nn.Module, side: int) -> None:
        self.network, self.side = network.eval(), side

    def look(self, pixels: NDArray[np.uint8]) -> Found:
        with torch.inference_mode():
            (found,) = self.network([torch.from_numpy(pixels) / 255])
        return Found(found["boxes"].numpy(), found["scores"].numpy())


class EagerClassifier(ClassifierSession):
    """A classifier as its documents run it, in torch."""

    def __init__(self, network: nn.Module, side: int) -> None:
        self.network, self.side = network.eval(), side

    def __call__(self, pixels: NDArray[np.uint8]) -> tuple[Floats, Floats | None]:
        with torch.inference_mode():
            return self.network(torch.from_numpy(pixels).float()).numpy(), None


def paper_pipeline() -> Pipeline:
    """The paper's three networks in our pipeline, run by torch; random weights."""
    stages = {
        "detector": Stage("fasterrcnn_resnet50_fpn", {}, 224, "cutout"),
        "classifier": Stage("paper_cnn", {"n_classes": 8}, 224, "cutout"),
    }
    return Pipeline(
        Bundle(Path("paper"), tuple("abcdefgh"), "u2netp", stages),
        background="u2netp",
        remover=open_remover("u2netp") if is_downloaded("u2netp") else None,
        detector=EagerDetector(build_detector("fasterrcnn_resnet50_fpn", {}), 224),
        classifier=EagerClassifier(build_classifier("paper_cnn", {"n_classes": 8}), 224),
    )


def pictures(n: int, side: int) -> list[Image.Image]:
    """The example photos in turn, their longer side `side` pixels."""
    photos = [open_image(path) for path in list_images(ROOT / "assets" / "examples" / DEFAULT_BUNDLE)]
    shown = [ImageOps.contain(photo, (side, side)) for photo in photos]
    return [shown[index % len(shown)] for index in range(n)]


def measure(pipelines: Mapping[str, Pipeline], n: int, side: int) -> None:
    times: dict[str, dict[str, list[float]]] = {name: {stage: [] for stage in STAGES} for name in pipelines}
    for image in pictures(n, side):
        for stages, switches in LOOKS:
            for name, pipeline in pipelines.items():
                took = pipeline.predict(image, **switches).milliseconds
                for stage in stages:
                    if stage in took:
                        times[name][stage].append(took[stage])
    rows = [
        [name, *(f"{statistics.median(values):.1f}" if values else "—" for values in stages.values())]
        for name, stages in times.items()
    ]
    print_table(f"Milliseconds a picture of {side} pixels, median of {n}", ["", *STAGES], rows)
    ratios = [slow / fast for fast, slow in zip(*(stages["total"] for stages in times.values()), strict=True)]
    typer.echo(f"\nratio of the totals, picture by picture: median {statistics.median(ratios):.0f}")


@contextmanager
def running_app(**variables: str) -> Iterator[int]:
    """`python app.py` in a process of its own, as soon as its page answers; gives the process id.

    Args:
        variables: environment variables besides those that are set.
    """
    environment = os.environ | {"GRADIO_SERVER_PORT": str(PORT)} | variables
    with subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as app:
        try:
            while app.poll() is None:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=5):
                        break
                except (urllib.error.URLError, ConnectionError, TimeoutError):  # it may be busy
                    time.sleep(0.05)
            else:
                raise SystemExit("app.py stopped before its page answered: see above.")
            yield app.pid
        finally:
            app.terminate()


def measure_app() -> None:
    started = time.perf_counter()
    with running_app() as pid:
        typer.echo(f"app ready after {time.perf_counter() - started:.1f} s")
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        peak = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
        typer.echo(f"peak memory of the app, warmed up: {int(peak) / 1024:.0f} MiB")


def main(n: int = 20, side: list[int] = [224, 640, 2000]) -> None:  # noqa: B006  # typer copies it
    """Print the tables."""
    pipelines = {"ours": Pipeline.load(), "the paper's": paper_pipeline()}
    for pipeline in pipelines.values():
        pipeline.warm_up()
    for one in side:
        measure(pipelines, n, one)
    measure_app()


if __name__ == "__main__":
    typer.run(main)
