"""What heat maps cost, and what they are worth.

    python -m benchmarks.explaining CHALLENGE [--n 60] [--turns 15]

First the time of a map on one example photo, from the picture's prediction to the heat on its pixels, and with how far
it can be trusted; the networks are read before. Then, on test pictures of the sample challenge (`python -m smallimg
challenge CHALLENGE`) and on the example photos: how much hiding its warm places does, beside hiding at random and the
middle first, how like a shuffled network's map it is, and how much of its heat is on the objects.
"""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import typer
from PIL import Image

from benchmarks.tables import print_table
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.files import shipped
from smallimg.pictures.images import list_images, open_image
from smallimg.pipeline import Pipeline
from smallimg.study.explain.detector import BOX_METHODS
from smallimg.study.explain.explainer import Explainer, Explanation
from smallimg.study.explain.inside import inside, thing_of_boxes
from smallimg.study.explain.methods import METHODS

BUNDLES = ("everyday", "cifar10", "challenge")
EXAMPLES = shipped("assets/examples")


def measure_time(turns: int) -> None:
    """Milliseconds of a map, by bundle and method."""
    rows = []
    explainers = {name: Explainer(Pipeline.load(name)) for name in BUNDLES}
    pictures = {name: open_image(next(iter(list_images(EXAMPLES / name)))) for name in BUNDLES}
    found = {name: explainers[name].pipeline.predict(pictures[name]) for name in BUNDLES}
    for method in (*METHODS, *BOX_METHODS):
        row = [method]
        for name in BUNDLES:

            def explain(name: str = name, method: str = method) -> Explanation:
                ask = explainers[name].of_box if method in BOX_METHODS else explainers[name].of_class
                return ask(pictures[name], found[name], method=method)

            explain().heat()
            times = []
            for _ in range(turns if method not in BOX_METHODS else 3):
                start = time.perf_counter()
                explain().heat()
                times.append(1000 * (time.perf_counter() - start))
            start = time.perf_counter()
            _ = explain().trust
            row.append(f"{statistics.median(times):.0f}, {1000 * (time.perf_counter() - start):.0f}")
        rows.append(row)
    print_table(f"Milliseconds of a map, and of it with its trust; median of {turns}, and one", ["", *BUNDLES], rows)


def measure_worth(title: str, explainer: Explainer, pictures: Sequence[tuple[Image.Image, object]]) -> None:
    """Gains, likeness to shuffled networks, and heat inside, a row a method; boxes [n, 4] go with each picture."""
    rows = []
    predicted = [(image, boxes, explainer.pipeline.predict(image)) for image, boxes in pictures]
    for method in METHODS:
        maps = [explainer.of_class(image, found, method=method) for image, _, found in predicted]
        trusts = [one.trust for one in maps]
        gains = [one.faithfulness for one in trusts]
        shares = [
            inside(one.heat((224, 224)), thing_of_boxes(boxes, image.size, (224, 224)))
            for one, (image, boxes, _) in zip(maps, predicted, strict=True)
            if boxes is not None
        ]
        verdicts = [sum(one.verdict == verdict for one in trusts) for verdict in ("good", "fair", "poor")]
        rows.append(
            [
                method,
                f"{statistics.mean(one.map.gain for one in gains):.2f}",
                f"{statistics.mean(one.sameness for one in trusts):.2f}",
                f"{statistics.mean(one.share for one in shares):.2f}" if shares else "–",
                f"{sum(one.is_hit for one in shares)} of {len(shares)}" if shares else "–",
                ", ".join(map(str, verdicts)),
            ]
        )
    for name in ("random", "middle"):
        gain = statistics.mean(getattr(one, name).gain for one in gains)
        rows.append([f"order: {name}", f"{gain:.2f}", "", "", "", ""])
    head = ["", "gain", "like a shuffled network's", "heat in the box", "hottest place in it", "good, fair, poor"]
    print_table(f"{title}, n = {len(pictures)}", head, rows)


def main(challenge: Path, n: int = 60, turns: int = 15) -> None:
    """Print the tables."""
    measure_time(turns)
    dataset = read_dataset(challenge, split="test", **OWN_LIMITS)
    drawn = [(open_image(sample.path), sample.boxes) for sample in dataset.samples[:n]]
    measure_worth("`challenge` on its test pictures", Explainer(Pipeline.load("challenge")), drawn)
    photos = [(open_image(path), None) for path in list_images(EXAMPLES / "everyday")]
    measure_worth("`everyday` on the example photos", Explainer(Pipeline.load("everyday")), photos)


if __name__ == "__main__":
    typer.run(main)
