"""Heat on its way from a look's pixels to the picture's."""

import numpy as np
import pytest

from smallimg.study.explain.look import Look, beyond, heat_on_picture


def look(window: tuple[float, ...], *, side: int = 8, hot: tuple[slice, slice] = (slice(None), slice(None))) -> Look:
    heat = np.zeros((side, side), np.float32)
    heat[hot] = 1
    return Look(np.array(window, np.float32), heat)


@pytest.mark.parametrize("window", [(0, 0, 40, 40), (10, 5, 30, 25), (3.4, 7.6, 35.4, 39.6)])
def test_no_heat_is_lost_or_made_within_the_picture(window: tuple[float, ...]) -> None:
    assert heat_on_picture([look(window)], (40, 40)).sum() == pytest.approx(64, rel=0.01)


def test_heat_lies_where_the_window_was() -> None:
    heat = heat_on_picture([look((20, 10, 36, 26), hot=(slice(0, 2), slice(6, 8)))], (60, 30))
    assert heat.shape == (30, 60)
    rows, columns = np.nonzero(heat > heat.max() / 2)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (10, 13, 32, 35)


def test_what_lies_beyond_the_edge_is_dropped_and_told() -> None:
    over = look((-20, 0, 20, 40))
    assert heat_on_picture([over], (40, 40)).sum() == pytest.approx(32, rel=0.02)
    assert beyond([over], (40, 40)) == pytest.approx(0.5)
    assert not heat_on_picture([look((50, 50, 60, 60))], (40, 40)).any()


def test_two_looks_are_averaged() -> None:
    one, other = look((0, 0, 10, 10)), look((20, 20, 40, 40))
    heat = heat_on_picture([one, other], (40, 40))
    np.testing.assert_allclose(heat, (heat_on_picture([one], (40, 40)) + heat_on_picture([other], (40, 40))) / 2)
    assert heat[5, 5] == pytest.approx(4 * heat[30, 30]), "the same heat on a quarter of the pixels"


def test_a_small_copy_has_the_same_heat() -> None:
    place = look((100, 50, 300, 250), hot=(slice(0, 4), slice(0, 8)))
    assert heat_on_picture([place], (400, 300), scaled_to=(80, 60)).sum() == pytest.approx(32, rel=0.03)


def test_no_heat_is_nowhere_beyond() -> None:
    assert beyond([Look(np.array([0, 0, 4, 4], np.float32), np.zeros((4, 4), np.float32))], (4, 4)) == 0
