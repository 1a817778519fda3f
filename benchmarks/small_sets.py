"""How far a classifier of few pictures can be believed: its probabilities, and what it says of things it never met.

    python -m benchmarks.small_sets PHOTOS [--work build/small_sets] [--source tiny|challenge] [--sizes …] [--classes …]

PHOTOS holds `kinds/` (kinds.tar.xz), `challenge/` (challenge.zip) and `saliency/images/`. For every number of pictures
a class and of classes, kinds of things are drawn, and a bundle is trained as the page does it with class folders,
started from `everyday` where its networks find things, and for comparison from whole pictures and from scratch. It then
looks at what neither it nor `everyday` has seen: other pictures of those kinds, pictures of other kinds from the same
source, and photos from elsewhere. Draws of a row are pooled. What is in WORK already is not measured again.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
import typer
from torchmetrics.functional.classification import binary_calibration_error

from benchmarks.tables import print_table
from checkpoints.making.data import BOXED
from checkpoints.making.kinds import read_kinds
from smallimg.data.dataset import Dataset, Sample
from smallimg.pictures.images import list_images, open_image
from smallimg.pipeline import Pipeline
from smallimg.training.bundle import train_bundle
from smallimg.training.start import Start

#: What a row is called → where its training starts, and the background.
STARTS: dict[str, tuple[Start | None, str]] = {
    "everyday": (Start("everyday", "features"), "own"),
    "everyday, whole": (Start("everyday", "features"), "none"),
    "scratch": (None, "none"),
}
#: Pictures a class that are looked at, of other kinds, and from elsewhere.
TESTED, STRANGERS = 20, 100
#: Draws a row by pictures a class; of few pictures, chance decides more.
DRAWS = {5: 1, 12: 2, 40: 2, 160: 1}
HEAD = (
    "pictures a class|classes|start|accuracy|calibration error, by chance alone|"
    "mean probability when right, wrong|given a name|of these right|other kinds given a name|"
    "photos from elsewhere given a name|tested"
)


@dataclass(frozen=True)
class Source:
    """Pictures to draw from: class → its pictures, class → what kind of thing it is, photos from elsewhere."""

    pictures: dict[str, list[Path]]
    kinds: dict[str, str]
    elsewhere: list[Path]


def main(
    photos: Path,
    *,
    work: Path = Path("build/small_sets"),
    source: str = "challenge",
    sizes: str = "5,12,40,160",
    classes: str = "2,3,8",
) -> None:
    """Measure every row and print the table."""
    work.mkdir(parents=True, exist_ok=True)
    drawn_from = (_tiny if source == "tiny" else _challenge)(photos)
    rows = []
    for per_class in map(int, sizes.split(",")):
        for n_classes in map(int, classes.split(",")):
            for start in STARTS:
                found = [
                    _measured(work / f"{source}-{per_class}-{n_classes}-{start}-{draw}", drawn_from, draw)
                    for draw in range(DRAWS[per_class])
                ]
                rows.append([str(per_class), str(n_classes), start, *_written(found)])
    print_table(f"Small sets of {source}", HEAD.split("|"), rows)


def _measured(out: Path, source: Source, draw: int) -> dict[str, Any]:
    """A draw, trained and looked at once: of every tested picture how sure, whether right, whether given a name."""
    file = out.with_suffix(".json")
    if file.is_file():
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return content
    _, per_class, n_classes, start, _ = out.name.split("-")
    rng = np.random.default_rng([draw, int(per_class), int(n_classes)])
    names = _draw_classes(source, int(n_classes), rng)
    shuffled = {name: _shuffled(source.pictures[name], rng) for name in names}
    samples = [
        Sample(path, np.zeros((0, 4), np.float32), label, None)
        for label, name in enumerate(names)
        for path in shuffled[name][: int(per_class)]
    ]
    dataset = Dataset(samples[0].path.parent, "train", names, tuple(samples), (), names)
    began, background = STARTS[start]
    train_bundle(
        dataset, out, stages=("classifier",), background=background, start=began, report=lambda _: None, seed=draw
    )
    pipeline = Pipeline.load(out)
    own = [(path, name) for name in names for path in shuffled[name][int(per_class) :][:TESTED]]
    taken = {source.kinds[name] for name in names}
    others = [path for name, kind in source.kinds.items() if kind not in taken for path in source.pictures[name]]
    found = [pipeline.predict(open_image(path)) for path, _ in own]
    content = {
        "sure": [max(one.probabilities.values()) for one in found],
        "right": [one.label == name for one, (_, name) in zip(found, own, strict=True)],
        "named": [one.sure_label is not None for one in found],
        "others_named": _named(pipeline, _shuffled(others, rng)[:STRANGERS]),
        "elsewhere_named": _named(pipeline, _shuffled(source.elsewhere, rng)[:STRANGERS]),
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    return content


def _draw_classes(source: Source, n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Classes of different kinds: two breeds of dog are one."""
    drawn: list[str] = []
    for name in map(str, rng.permutation(sorted(source.kinds))):
        if len(drawn) < n and source.kinds[name] not in {source.kinds[one] for one in drawn}:
            drawn.append(name)
    return tuple(drawn)


def _shuffled(paths: Sequence[Path], rng: np.random.Generator) -> list[Path]:
    return [paths[index] for index in rng.permutation(len(paths))]


def _named(pipeline: Pipeline, paths: Sequence[Path]) -> list[bool]:
    return [pipeline.predict(open_image(path)).sure_label is not None for path in paths]


def _written(found: Sequence[dict[str, Any]]) -> list[str]:
    """A row's figures, of all its draws' pictures together."""
    pooled = {name: [value for one in found for value in one[name]] for name in found[0]}
    sure, right, named = pooled["sure"], pooled["right"], pooled["named"]
    error, chance = _calibration_error(sure, right), _by_chance(sure)
    when = [fmean([value for value, yes in zip(sure, right, strict=True) if yes == wanted] or [0]) for wanted in (1, 0)]
    return [
        _share(right),
        f"{100 * error:.1f} %, {100 * chance:.1f} %",
        f"{when[0]:.2f}, {when[1]:.2f}",
        _share(named),
        _share([yes for yes, aloud in zip(right, named, strict=True) if aloud]),
        _share(pooled["others_named"]),
        _share(pooled["elsewhere_named"]),
        str(len(right)),
    ]


def _calibration_error(sure: Sequence[float], right: Sequence[bool]) -> float:
    return float(binary_calibration_error(torch.tensor(sure), torch.tensor(right).int(), n_bins=15))


def _by_chance(sure: Sequence[float]) -> float:
    """The error that probabilities which are exactly right would have on so few pictures: the mean of 200 lots."""
    rng = np.random.default_rng(0)
    return fmean(_calibration_error(sure, (rng.random(len(sure)) < np.array(sure)).tolist()) for _ in range(200))


def _share(values: Sequence[bool]) -> str:
    return f"{100 * fmean(values):.0f} %" if values else "–"


def _tiny(photos: Path) -> Source:
    folder = photos / BOXED
    names = (folder / "classes.txt").read_text(encoding="utf-8").splitlines()
    pictures: dict[str, set[Path]] = {}
    with (folder / "val.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            pictures.setdefault(names[int(row["class"])], set()).add(folder / "val" / row["image"])
    # Of the others `everyday` has learned what they look like.
    kinds = {name: name for name in read_kinds(photos).strangers[1]}
    return Source({name: sorted(paths) for name, paths in pictures.items()}, kinds, _elsewhere(photos))


def _challenge(photos: Path) -> Source:
    names = json.loads((photos / "challenge" / "challenge.json").read_text(encoding="utf-8"))["classes"]
    pictures: dict[str, set[Path]] = {}
    with (photos / "challenge" / "train.csv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            pictures.setdefault(names[int(row["class"])], set()).add(photos / "challenge" / "train" / row["image"])
    kinds = {name: name for name in names}
    return Source({name: sorted(paths) for name, paths in pictures.items()}, kinds, _elsewhere(photos))


def _elsewhere(photos: Path) -> list[Path]:
    """Those of ECSSD, and every tenth of the people: from the others `everyday` has learned what people look like."""
    every = list_images(photos / "saliency" / "images")
    things = [path for path in every if path.name.startswith("ecssd")]
    return things + [path for path in every if not path.name.startswith("ecssd")][::10]


if __name__ == "__main__":
    typer.run(main)
