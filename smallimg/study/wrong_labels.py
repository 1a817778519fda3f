"""Probable wrong labels: names that the pictures themselves speak against.

Confident learning (Northcutt, Jiang and Chuang, 2021, JAIR 70:1373, arXiv:1911.00068): a linear head on what a shipped
classifier sees learns the data's own classes, and is asked of each picture that it has not learned from how probable
its given class is. Theirs flags what is more probable of another class than that class's own pictures are on average;
here the given class has to be next to impossible, too, because every flag is a picture that somebody has to look at.
How many of the flags are right, and how many wrong labels are flagged: benchmarks/README.md, “Doubts about
data”.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.boxes import Boxes, middle_square, square_window
from smallimg.bundles.bundle import load_bundle
from smallimg.bundles.sessions import Floats
from smallimg.data.checks.finding import Finding
from smallimg.data.dataset import Dataset, Sample
from smallimg.pictures.images import open_local
from smallimg.pictures.preprocess import crop_window, on_fill, pixels_of
from smallimg.study.embeddings import Embedder

#: Fewer objects of a class tell nothing of it; more than this in all take too long, and a part is drawn.
FEWEST, MOST = 10, 4000
#: Smaller boxes, in pixels, show too little to be named.
SMALLEST = 8
FOLDS = 5
#: How strongly the head is held back, however many objects there are: scikit-learn's C, which weighs their sum, is this
#: divided by their number. With a tenth of it at most half as many wrong labels are found, with ten times as
#: little as two fifths of what is flagged is right (five sets of 1,600).
LENIENCE = 16.0
#: How improbable a given class has to be: this, and this share of what it would be by chance.
IMPROBABLE, OF_CHANCE = 0.02, 0.2
#: Of the way from chance to always right, how far the head has to come to be believed.
SKILLED = 0.4
#: From this share of objects on, their labels make training worse.
WARNED = 0.01
SHOWN, BATCH = 5, 64


@dataclass(frozen=True, eq=False)
class _Objects:
    """All objects that are looked at, [n] each: whose picture, its box or None for the whole, and the given class."""

    pictures: NDArray[np.int64]
    boxes: tuple[Boxes | None, ...]
    labels: NDArray[np.int64]


def probable_wrong_labels(
    dataset: Dataset,
    *,
    bundle: str | Path = DEFAULT_BUNDLE,
    threads: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Finding | None:
    """Objects whose class is probably another than their label, the most probable first.

    Args:
        dataset: pictures that open. Each box counts, and each whole picture without; at most `MOST`, drawn at random.
        bundle: whose classifier looks at them.
        threads: most threads that it takes; 0 for one a core.
        progress: called with how many pictures have been looked at, and of how many.

    Returns:
        None too where fewer than two classes have `FEWEST` objects, or the head itself is wrong too often.

    Raises:
        ImageError: when a picture does not open.
        BundleError: when the bundle is missing, damaged, or has no classifier.
    """
    objects, of = _objects(dataset)
    if len(np.unique(objects.labels)) < 2:
        return None
    embedder = Embedder(load_bundle(bundle), threads=threads)
    embeddings = _embeddings(dataset, objects, embedder, progress)
    classes = np.unique(objects.labels)
    given = np.searchsorted(classes, objects.labels)
    shares = out_of_fold(embeddings, given, objects.pictures)
    if not _is_skilled(shares, given):
        return None
    flagged, others = doubtful(shares, given)
    if not len(flagged):
        return None
    names = [dataset.class_names[label] for label in classes]
    told = [
        f"{_place(dataset, objects, index)} ({names[given[index]]}, rather {names[other]})"
        for index, other in zip(flagged[:SHOWN], others[:SHOWN], strict=True)
    ]
    n = len(given)
    what = "label is" if len(flagged) == 1 else "labels are"
    part = f" (of {of:,} objects {n:,} were looked at)" if n < of else ""
    more = " …" if len(flagged) > SHOWN else ""
    paths = dict.fromkeys(dataset.samples[objects.pictures[index]].path for index in flagged)
    return Finding(
        id="label-probably-wrong",
        severity="warning" if len(flagged) >= WARNED * n else "note",
        message=f"{len(flagged):,} {what} probably wrong{part}: {', '.join(told)}{more}",
        remedy="look at these pictures: correct the labels that are wrong, and keep those that are right",
        count=len(flagged),
        pictures=tuple(paths),
    )


def out_of_fold(embeddings: Floats, given: NDArray[np.int64], pictures: NDArray[np.int64]) -> NDArray[np.float64]:
    """How probable each class is of each object, from a head that has learned from other pictures only, [n, classes].

    Args:
        embeddings: float32 [n, d].
        given: labels 0 … classes − 1, [n], each several times.
        pictures: which objects are of one picture, [n].
    """
    from sklearn.linear_model import LogisticRegression  # a second to import
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    head = make_pipeline(StandardScaler(), LogisticRegression(C=LENIENCE / len(given), max_iter=500))
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    shares = np.zeros((len(given), int(given.max()) + 1))
    for learned, asked in folds.split(embeddings, given, pictures):
        head.fit(embeddings[learned], given[learned])
        # A class whose objects are all in few pictures can be in none of a fold's lessons.
        shares[np.ix_(asked, head.classes_)] = head.predict_proba(embeddings[asked])
    return shares


def doubtful(shares: NDArray[np.float64], given: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Objects whose given class is next to impossible, while another is as probable as of its own: and which one.

    Args:
        shares: from `out_of_fold`.
        given: labels, [n].

    Returns:
        Places among the objects, the least probable first, and the other class of each.
    """
    at = np.arange(len(given))
    own = shares[at, given]
    usual = np.array([own[given == label].mean() for label in range(shares.shape[1])])
    others = np.where(shares >= usual, shares, 0.0)
    others[at, given] = 0.0
    improbable = own < min(IMPROBABLE, OF_CHANCE / shares.shape[1])
    flagged = np.flatnonzero(improbable & (others.max(axis=1) > 0))
    flagged = flagged[np.argsort(own[flagged], kind="stable")]
    return flagged, others[flagged].argmax(axis=1)


def _is_skilled(shares: NDArray[np.float64], given: NDArray[np.int64]) -> bool:
    right = shares.argmax(axis=1) == given
    n_classes = shares.shape[1]
    mean = float(np.mean([right[given == label].mean() for label in range(n_classes)]))
    return bool((mean - 1 / n_classes) / (1 - 1 / n_classes) >= SKILLED)


def _objects(dataset: Dataset) -> tuple[_Objects, int]:
    """The objects of all classes that have enough of them, and of how many they were drawn."""
    every = [
        (picture, box, label) for picture, sample in enumerate(dataset.samples) for box, label in _labelled(sample)
    ]
    counts = Counter(label for _, _, label in every)
    enough = [one for one in every if counts[one[2]] >= FEWEST]
    drawn = sorted(np.random.default_rng(0).permutation(len(enough))[:MOST].tolist())
    counts = Counter(enough[index][2] for index in drawn)
    kept = [enough[index] for index in drawn if counts[enough[index][2]] >= FEWEST]
    pictures, boxes, labels = zip(*kept, strict=True) if kept else ((), (), ())
    return _Objects(np.array(pictures, np.int64), tuple(boxes), np.array(labels, np.int64)), len(enough)


def _labelled(sample: Sample) -> Iterator[tuple[Boxes | None, int]]:
    """Each box and its class; the whole picture where it has a class and no box."""
    if not len(sample.boxes) and sample.label is not None:
        yield None, sample.label
    labels = sample.box_labels or (sample.label,) * len(sample.boxes)
    for box, label in zip(sample.boxes, labels, strict=True):
        if label is not None and label >= 0 and min(box[2:] - box[:2]) >= SMALLEST:
            yield box, label


def _embeddings(
    dataset: Dataset, objects: _Objects, embedder: Embedder, progress: Callable[[int, int], None] | None
) -> Floats:
    """Of every object, [n, d]; a picture is opened once for all of its own."""
    found: list[Floats] = []
    looks: list[NDArray[np.uint8]] = []
    opened, picture = -1, Image.new("RGB", (1, 1))
    for index, (number, box) in enumerate(zip(objects.pictures.tolist(), objects.boxes, strict=True), start=1):
        if number != opened:
            picture, opened = on_fill(open_local(dataset.samples[number].path)), number
        window = middle_square(picture.size) if box is None else square_window(box, margin=embedder.margin)
        looks.append(pixels_of(crop_window(picture, window, embedder.side)))
        if len(looks) == BATCH or index == len(objects.labels):
            found.append(embedder(np.stack(looks)))
            looks = []
        if progress is not None:
            progress(index, len(objects.labels))
    return np.concatenate(found)


def _place(dataset: Dataset, objects: _Objects, index: int) -> str:
    path: Path = dataset.samples[objects.pictures[index]].path
    return path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else path.name
