from __future__ import annotations

import pytest

from meshkernel.supervisor.backoff import ATTEMPTS, FIRST, HEALTHY, LONGEST, Backoff
from meshkernel.supervisor.state import NEXT, Lifecycle, State


def test_a_change_that_is_allowed_is_told():
    seen = []
    life = Lifecycle(lambda before: seen.append((before, life.state)))
    life.enter(State.STARTING)
    life.enter(State.RUNNING)
    assert seen == [(State.PENDING, State.STARTING), (State.STARTING, State.RUNNING)]
    assert life.state is State.RUNNING


def test_a_change_that_is_not_allowed_is_refused_and_changes_nothing():
    life = Lifecycle(lambda before: pytest.fail("told"))
    with pytest.raises(AssertionError, match="from pending to running"):
        life.enter(State.RUNNING)
    assert life.state is State.PENDING


def test_every_state_leads_on_to_stopped_and_back():
    for start in State:
        reached, frontier = {start}, {start}
        while frontier:
            frontier = {after for state in frontier for after in NEXT[state]} - reached
            reached |= frontier
        assert {State.STOPPED, State.STARTING} <= reached


def test_waits_double_up_to_the_longest():
    backoff = Backoff()
    waits = [backoff.after(0) for _ in range(ATTEMPTS)]
    assert waits[:4] == [FIRST, 2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert waits[-1] == LONGEST
    assert backoff.after(0) is None


def test_a_healthy_run_makes_the_next_wait_short_again():
    backoff = Backoff()
    for _ in range(5):
        backoff.after(1)
    assert backoff.after(HEALTHY) == FIRST
