"""A small map made by hand: two models that differ, and what nobody knows."""

import numpy as np

from smallimg.bundles.sessions import Floats
from smallimg.study.mapping import Answer, Model, Point, SetMap

CLASSES = ("cat", "dog")
#: truth, what the first model says, what the second one says.
SIX = (
    ("cat", "cat", "cat"), ("cat", "dog", "cat"), ("dog", "dog", "cat"),
    ("dog", "cat", "cat"), (None, "dog", "dog"), (None, "dog", "cat"),
)  # fmt: skip
DIRECTIONS: Floats = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 1], [1, 1], [-1, 0]], np.float32)


def made_map(*, models: int = 2, names: tuple[str, ...] = ("one", "two"), image: str = "{at}.jpg") -> SetMap:
    """Six pictures in a row."""
    points = tuple(
        Point(
            image.replace("{at}", str(at)), truth, tuple(Answer(said, 0.8, (float(at), 0.0)) for said in said[:models])
        )
        for at, (truth, *said) in enumerate(SIX)
    )
    return SetMap(tuple(Model(name, CLASSES) for name in names[:models]), points, 9)
