"""What has happened in a mesh since it is up: the last of it in memory, and told to who follows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Any

from attrs import asdict, frozen

from meshkernel.supervisor.followers import Followers

KEPT = 10_000
"""Happenings of the whole mesh that stay in memory."""


class What(StrEnum):
    """Happenings, as ``meshkernel events`` names them."""

    STARTING = "starting"  # its machine is started
    READY = "ready"
    COLD = "cold"  # its warm image is of no use here: from now on it boots the cold one
    SUMMONED = "summoned"  # it slept, and somebody calls
    SLEEPING = "sleeping"
    CRASHED = "crashed"  # its machine has ended although nobody had asked for it
    RESTARTING = "restarting"  # behind a crash, after a pause
    FAILED = "failed"  # it is not started again
    STOPPING = "stopping"
    STOPPED = "stopped"
    SCALED = "scaled"  # another number of replicas is to run
    PARTITIONED = "partitioned"  # by a test, as are those that follow
    DELAYED = "delayed"
    DROPPED = "dropped"
    HEALED = "healed"


@frozen
class Happening:
    """One thing that has happened.

    Attributes:
        time: in seconds since 1970.
        service: to which; empty: to the mesh.
        replica: to which of its replicas; empty: to the service as a whole.
        event: what.
        detail: more about it, for a person.
    """

    time: float
    service: str
    replica: str
    event: What
    detail: str = ""

    def as_map(self) -> dict[str, Any]:
        """For the control socket."""
        return asdict(self)


class History:
    """All that happens in a mesh."""

    def __init__(self) -> None:
        self._kept: deque[Happening] = deque(maxlen=KEPT)
        self._followers: Followers[Happening] = Followers()

    def add(self, event: What, detail: str = "", *, service: str = "", replica: str = "") -> None:
        """Note what happens now."""
        happening = Happening(time.time(), service, replica, event, detail)
        self._kept.append(happening)
        self._followers.tell(happening)

    def last(self, services: Collection[str] = (), since: float = 0.0) -> list[Happening]:
        """What is kept, oldest first.

        Args:
            services: names of services and replicas that it is about; none: all.
            since: seconds since 1970.
        """
        concerns = _concerns(services)
        return [each for each in self._kept if each.time >= since and concerns(each)]

    def following(
        self, services: Collection[str] = ()
    ) -> AbstractAsyncContextManager[AsyncIterator[Happening]]:
        """What happens from now on, for as long as the block runs."""
        return self._followers.following(_concerns(services))

    def close(self) -> None:
        """Nothing more will happen: those who follow come to an end."""
        self._followers.close()


def _concerns(names: Collection[str]) -> Callable[[Happening], bool]:
    """Whether something is about one of these services and replicas; none: about anything."""
    wanted = frozenset(names)
    return lambda each: not wanted or bool(wanted & {each.service, each.replica})
