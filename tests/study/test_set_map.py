"""The map of a set: heaps stay heaps, neighbours are those of the features."""

import numpy as np
import pytest

from smallimg.errors import DataError
from smallimg.study.set_map import nearest, place_pictures


@pytest.fixture(scope="module")
def heaps() -> tuple[np.ndarray, np.ndarray]:
    """Pictures of three kinds, 60 features each, and which kind each is."""
    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(3), 15)
    centres = rng.normal(size=(3, 60)) * 3
    return (centres[kinds] + rng.normal(size=(45, 60))).astype(np.float32), kinds


def test_pictures_of_a_kind_lie_together(heaps: tuple[np.ndarray, np.ndarray]) -> None:
    embeddings, kinds = heaps
    placed = place_pictures(embeddings)
    assert placed.shape == (45, 2)
    apart = np.linalg.norm(placed[:, None] - placed[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    assert (kinds[apart.argmin(axis=1)] == kinds).all()
    np.testing.assert_array_equal(placed, place_pictures(embeddings))


def test_neighbours_are_those_of_the_smallest_angle(heaps: tuple[np.ndarray, np.ndarray]) -> None:
    embeddings, kinds = heaps
    others, cosines = nearest(embeddings * np.linspace(1, 5, 45, dtype=np.float32)[:, None], 3, count=14)
    assert set(others.tolist()) == set(np.flatnonzero(kinds == kinds[3]).tolist()) - {3}
    assert (np.diff(cosines) <= 0).all()
    expected = embeddings[others] @ embeddings[3] / np.linalg.norm(embeddings[others], axis=1)
    np.testing.assert_allclose(cosines, expected / np.linalg.norm(embeddings[3]), rtol=1e-5)


def test_too_few_pictures_make_no_map() -> None:
    with pytest.raises(DataError, match="needs 5 pictures at least, and there are 3"):
        place_pictures(np.ones((3, 4), np.float32))


@pytest.mark.parametrize("n", [5, 8])
def test_few_pictures_and_equal_ones_do(n: int) -> None:
    assert np.isfinite(place_pictures(np.eye(n, 6, dtype=np.float32))).all()
