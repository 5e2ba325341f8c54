"""The life cycle of one service, guarded in one place."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum


class State(StrEnum):
    """What a service is doing. ``running`` means that the service itself said it is ready."""

    PENDING = "pending"
    ASLEEP = "asleep"  # has no machine until somebody calls it
    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"  # waits for its back-off
    FAILED = "failed"  # given up, until someone starts it again
    STOPPING = "stopping"
    STOPPED = "stopped"


NEXT: dict[State, frozenset[State]] = {
    State.PENDING: frozenset({State.ASLEEP, State.STARTING, State.STOPPED}),
    State.ASLEEP: frozenset({State.STARTING, State.STOPPED}),
    State.STARTING: frozenset({State.RUNNING, State.RESTARTING, State.FAILED, State.STOPPING}),
    State.RUNNING: frozenset({State.RESTARTING, State.FAILED, State.STOPPING}),
    State.RESTARTING: frozenset({State.STARTING, State.STOPPED}),
    State.FAILED: frozenset({State.ASLEEP, State.STARTING, State.STOPPED}),
    State.STOPPING: frozenset({State.ASLEEP, State.STOPPED}),
    State.STOPPED: frozenset({State.ASLEEP, State.STARTING}),
}


class Lifecycle:
    """Holds a state and lets only allowed changes happen; one listener is told of each, with the
    state before it.
    """

    def __init__(self, changed: Callable[[State], None]) -> None:
        self._state = State.PENDING
        self._changed = changed

    @property
    def state(self) -> State:
        return self._state

    def enter(self, state: State) -> None:
        """Change the state; a change that is not allowed is a bug of the caller."""
        if state not in NEXT[self._state]:
            raise AssertionError(f"a service cannot go from {self._state} to {state}")
        before, self._state = self._state, state
        self._changed(before)
