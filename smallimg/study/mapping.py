"""A map of a data set as one or several models see it: where each picture lies, what each takes it for.

map.json      the pictures, their places and answers, see `SetMap.as_dict`
map.csv       the same as a table
features.npz  what each model makes of each picture, for its neighbours: `features_0` … float16 [n, d]
"""

import csv
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from smallimg.bundles.sessions import Floats
from smallimg.data.dataset import Dataset, Sample
from smallimg.errors import DataError, ImageError, called
from smallimg.files import plain_cell, write_json, write_text
from smallimg.pictures.images import open_local
from smallimg.pipeline import Pipeline
from smallimg.results import Box
from smallimg.study.embeddings import Embedder
from smallimg.study.looking import boxes_are_given
from smallimg.study.set_map import FEWEST, place_pictures

#: Pictures on a map at most, drawn at random where there are more: more could not be told apart on a screen.
MOST = 5000
FEATURES = "features.npz"
#: Called with (pictures done, pictures in all, what is being done).
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Model:
    """One whose eyes the map is seen with: what people call it, and the classes that it knows."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What a model took a picture for, sure of it or not, how probable that was, and where it puts the picture."""

    label: str
    probability: float
    place: tuple[float, float]


@dataclass(frozen=True)
class Point:
    """One picture: where it lies below the data's folder, its class where that is known, what each model says."""

    image: str
    truth: str | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class SetMap:
    """A map.

    Attributes:
        of: how many pictures the data set has.
        errors: a sentence for each picture that could not be read.
    """

    models: tuple[Model, ...]
    points: tuple[Point, ...]
    of: int
    errors: tuple[str, ...] = ()

    def is_right(self, point: Point, model: int) -> bool | None:
        """Whether a model took a picture for what it is; None where nobody knows, or the model has no such class."""
        if point.truth is None or point.truth not in self.models[model].classes:
            return None
        return point.answers[model].label == point.truth

    def unnamed(self, model: int) -> list[str]:
        """The pictures' classes for which a model has no name."""
        return sorted({point.truth for point in self.points if point.truth} - {*self.models[model].classes})

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {
            "models": [{"name": one.name, "classes": list(one.classes)} for one in self.models],
            "of": self.of,
            "errors": list(self.errors),
            "points": [
                {
                    "image": one.image,
                    "class": one.truth,
                    "answers": [[said.label, said.probability, *said.place] for said in one.answers],
                }
                for one in self.points
            ],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> "SetMap":
        """What `as_dict` told.

        Raises:
            DataError: when it tells something else.
        """
        try:
            models = tuple(Model(str(one["name"]), tuple(map(str, one["classes"]))) for one in content["models"])
            points = tuple(_point(one, len(models)) for one in content["points"])
            return cls(models, points, int(content["of"]), tuple(map(str, content["errors"])))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DataError(f"The map’s map.json is damaged ({error}): draw the map again.") from error


def map_set(
    pipelines: Sequence[Pipeline],
    names: Sequence[str],
    dataset: Dataset,
    *,
    most: int = MOST,
    seed: int = 0,
    tell: Tell | None = None,
) -> tuple[SetMap, list[Floats]]:
    """Let each model look at the same pictures, and place them as it sees them.

    Args:
        pipelines: of the models, one at least.
        names: what people call them.
        dataset: labelled or not.
        most: pictures at most, drawn at random.
        seed: which, and of the map.
        tell: how far it is; called twice a second at least, so that it can end it.

    Returns:
        The map, and each model's features [n, d].

    Raises:
        BundleError: when a bundle has no classifier.
        DataError: when too few pictures can be read for a map.
    """
    chosen = sorted(np.random.default_rng(seed).permutation(len(dataset.samples))[:most].tolist())
    embedders = [Embedder(one.bundle, threads=1) for one in pipelines]
    n, errors = len(chosen), list[str]()
    seen: list[dict[int, tuple[str, float, Floats]]] = []
    for turn, (pipeline, embedder) in enumerate(zip(pipelines, embedders, strict=True)):
        look = _looker(embedder, given=boxes_are_given(pipeline.bundle, dataset))
        found = {}
        samples = [dataset.samples[index] for index in chosen]
        for done, (index, came) in enumerate(zip(chosen, pipeline.each(look, samples), strict=True), start=1):
            if isinstance(came, str):
                errors.append(came)
            else:
                found[index] = came
            if tell is not None:
                tell(turn * n + done, len(pipelines) * n, "Looking")
        seen.append(found)
        chosen = [index for index in chosen if index in found]
    if len(chosen) < FEWEST:
        raise DataError(f"A map needs {FEWEST} pictures at least, and {len(chosen)} could be read: choose more.")
    features = [np.stack([found[index][2] for index in chosen]) for found in seen]
    placed = [
        _patiently(partial(place_pictures, one, seed=seed), turn, len(features), tell)
        for turn, one in enumerate(features)
    ]
    points = []
    for at, index in enumerate(chosen):
        sample = dataset.samples[index]
        answers = [
            Answer(label, round(probability, 4), (round(float(places[at, 0]), 3), round(float(places[at, 1]), 3)))
            for (label, probability, _), places in zip((found[index] for found in seen), placed, strict=True)
        ]
        truth = None if sample.label is None else dataset.class_names[sample.label]
        points.append(Point(sample.path.relative_to(dataset.root).as_posix(), truth, tuple(answers)))
    models = tuple(Model(name, one.class_names) for name, one in zip(names, pipelines, strict=True))
    return SetMap(models, tuple(points), len(dataset.samples), tuple(errors)), features


def write_map(out: Path, drawn: SetMap, features: Sequence[Floats]) -> None:
    """Write the three files.

    Raises:
        DataError: when they cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / FEATURES).open("wb") as file:
            arrays: dict[str, Any] = {f"features_{at}": one.astype(np.float16) for at, one in enumerate(features)}
            np.savez_compressed(file, **arrays)
        write_text(out / "map.csv", map_csv(drawn))
        write_json(out / "map.json", drawn.as_dict())
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error


def read_features(folder: Path, model: int) -> Floats:
    """What a model made of the pictures, float32 [n, d].

    Raises:
        DataError: when the file is gone or damaged.
    """
    try:
        with np.load(folder / FEATURES, allow_pickle=False) as arrays:
            return np.asarray(arrays[f"features_{model}"], np.float32)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"The map’s {FEATURES} is gone or damaged: draw the map again.") from error


def features_of(pipeline: Pipeline, file: Path) -> Floats:
    """What a model makes of one picture, [d], as in the files of a map.

    Raises:
        ImageError: when the picture does not open.
        BundleError: when the bundle has no classifier.
    """
    image = open_local(file)
    looks, _ = pipeline.looks(image, pipeline.predict(image))
    return np.asarray(Embedder(pipeline.bundle)(looks).mean(axis=0), np.float32)


def map_csv(drawn: SetMap) -> str:
    """A row a picture: what it is, and for each model what it was taken for and where it lies."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    heads = ("predicted", "probability", "x", "y")
    several = len(drawn.models) > 1
    columns = [f"{head} ({model.name})" if several else head for model in drawn.models for head in heads]
    writer.writerow([*map(plain_cell, ("image", "class", *columns))])
    for one in drawn.points:
        said: list[str | float] = []
        for answer in one.answers:
            said += [plain_cell(answer.label), answer.probability, *answer.place]
        writer.writerow([plain_cell(one.image), plain_cell(one.truth or ""), *said])
    return text.getvalue()


def _looker(embedder: Embedder, *, given: bool) -> Callable[[Pipeline, Sample], tuple[str, float, Floats] | str]:
    def look(pipeline: Pipeline, sample: Sample) -> tuple[str, float, Floats] | str:
        try:
            image = open_local(sample.path)
        except ImageError as error:
            return str(error)
        boxes = [Box(x1, y1, x2, y2, 1.0) for x1, y1, x2, y2 in sample.boxes.tolist()] if given else None
        prediction = pipeline.predict(image, boxes=boxes)
        assert prediction.label is not None, "the bundle has a classifier"
        looks, _ = pipeline.looks(image, prediction)
        return prediction.label, prediction.probabilities[prediction.label], embedder(looks).mean(axis=0)

    return look


def _patiently(work: Callable[[], Floats], done: int, of: int, tell: Tell | None) -> Floats:
    """Do what takes long at a stretch, and tell meanwhile; whoever ends it by an error leaves the work behind."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    while True:
        if tell is not None:
            tell(done, of, "Placing")
        with suppress(TimeoutError):
            return future.result(0.5)


def _point(one: Mapping[str, Any], models: int) -> Point:
    answers = tuple(
        Answer(str(label), float(probability), (float(x), float(y))) for label, probability, x, y in one["answers"]
    )
    if len(answers) != models:
        raise ValueError(f"{len(answers)} answers of {models} models")
    return Point(str(one["image"]), None if one["class"] is None else str(one["class"]), answers)
