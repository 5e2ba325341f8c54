"""How many replicas a load needs, as a matter of numbers."""

from __future__ import annotations

from meshkernel.supervisor.scaling import Scaling
from meshkernel.topology.model import Replicas

LIMITS = Replicas(least=1, most=5, target_calls=10, cooldown=30.0)


def decided(*steps: tuple[float, float], limits: Replicas = LIMITS) -> list[int]:
    """What follows from loads at times."""
    scaling, current, found = Scaling(limits), max(limits.least, 1), []
    for now, load in steps:
        scaling.note(now, load)
        current = scaling.wanted(now, current)
        found.append(current)
    return found


def test_more_come_at_once_but_not_for_a_tenth_too_much() -> None:
    assert decided((0, 10), (1, 11), (2, 12), (3, 33), (4, 34)) == [1, 1, 2, 3, 4]


def test_there_are_never_more_than_may_be() -> None:
    assert decided((0, 1000)) == [5]


def test_fewer_remain_when_fewer_were_enough_for_the_whole_time() -> None:
    assert decided((0, 40), (10, 5), (39, 5), (40, 5)) == [4, 4, 4, 1]


def test_a_load_that_comes_and_goes_stops_nothing() -> None:
    steps = [(float(now), 40.0 if now % 20 == 0 else 0.0) for now in range(0, 200, 5)]
    assert set(decided(*steps)) == {4}


def test_the_number_falls_to_the_most_that_was_needed_meanwhile() -> None:
    assert decided((0, 40), (10, 25), (20, 5), (41, 5), (51, 5)) == [4, 4, 4, 3, 1]


def test_the_first_one_stays_for_calls_to_wake() -> None:
    assert decided((0, 30), (1, 0), (32, 0), limits=Replicas(0, 5, 10, 30.0)) == [3, 3, 1]


def test_of_what_nothing_is_known_nothing_follows() -> None:
    assert Scaling(LIMITS).wanted(1000.0, 3) == 3
