"""Places at the networks: so many at once, in the order in which they came, and networks of one thread for company."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from smallimg.errors import BundleError
from smallimg.ui.turns import MOST, Turns, usual

PIPELINE: Any = SimpleNamespace(of_one_thread="of one thread")


def wait_until(is_so: Any) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_one_alone_has_all_threads_and_company_one_each() -> None:
    turns = Turns(2)
    with turns.turn(PIPELINE) as first, turns.turn(PIPELINE) as second:
        both: list[Any] = [first, second]
        assert both == [PIPELINE, "of one thread"]
    with turns.turn(PIPELINE) as again:
        assert again is PIPELINE


def test_where_one_is_all_it_is_never_another() -> None:
    turns = Turns(1)
    with ThreadPoolExecutor(3) as pool:

        def take(_: int) -> Any:
            with turns.turn(PIPELINE) as got:
                return got

        assert [*pool.map(take, range(20))] == [PIPELINE] * 20


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_at_once_and_each_in_turn(at_once: int) -> None:
    turns, leave = Turns(at_once), [Event() for _ in range(6)]
    inside, came = set[int](), list[int]()

    def take(number: int) -> None:
        with turns.turn(PIPELINE):
            came.append(number)
            inside.add(number)
            leave[number].wait(10)
            inside.remove(number)

    with ThreadPoolExecutor(6) as pool:
        for number in range(6):
            pool.submit(take, number)
            wait_until(lambda last=number: len(came) + len(turns._line) == last + 1)
        for number in range(6):
            assert inside == set(range(number, min(number + at_once, 6)))
            leave[number].set()
            then = min(number + at_once + 1, 6)
            wait_until(lambda left=number, then=then: len(came) == then and left not in inside)
    assert came == [*range(6)]


def test_a_place_is_free_again_after_an_error() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(BundleError), turns.turn(PIPELINE):
            raise BundleError("It is damaged.")


def test_a_host_can_say_how_many() -> None:
    assert 1 <= usual({}) <= MOST
    assert usual({"SMALLIMG_AT_ONCE": " 3 "}) == 3
    for wrong in ("0", "many", "-1", "65"):
        with pytest.raises(BundleError, match="can be a number from 1 to 64"):
            usual({"SMALLIMG_AT_ONCE": wrong})
