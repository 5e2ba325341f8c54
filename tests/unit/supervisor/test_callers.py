"""What callers hear of replicas, whatever happens while they are being told."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from meshkernel.supervisor.callers import Callers
from meshkernel.supervisor.replicas import Replicas
from meshkernel.supervisor.state import State

from .fakes import chain

TEXT = """
[services.front]
module = "front"
[services.middle]
module = "middle"
replicas = 3
[services.back]
module = "back"
[[links]]
from = "front"
to = "middle"
"""


class Runner:
    """A replica whose machine takes news when the test says so."""

    def __init__(self, name):
        self.name = name
        self.state = State.RUNNING
        self.machine = SimpleNamespace(send=self.send)
        self.heard = []
        self.reads = asyncio.Event()
        self.reads.set()

    async def send(self, message):
        await self.reads.wait()
        self.heard.append(message["peers"]["middle"])


@pytest.fixture
async def services(tmp_path):
    plan = chain(tmp_path, TEXT)
    return {
        name: Replicas(each, [Runner(replica.name) for replica in each.replicas])
        for name, each in plan.services.items()
    }


@pytest.fixture
def callers(services):
    return Callers(services, network=None)


def runs(services, *numbers):
    """These replicas of middle run, and no others."""
    for number, runner in enumerate(services["middle"].runners, 1):
        runner.state = State.RUNNING if number in numbers else State.RESTARTING
    return [str(services["middle"].planned.replicas[number - 1].address) for number in numbers]


async def settled():
    while others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others)


async def test_news_that_come_at_any_moment_of_telling_are_told(services, callers):
    (front,) = services["front"].runners
    for steps in range(12):
        runs(services, 1, 2, 3)
        callers.offer("middle")
        for _ in range(steps):
            await asyncio.sleep(0)
        last = runs(services, 1 + steps % 3)
        callers.offer("middle")
        await settled()
        assert front.heard[-1] == last


async def test_who_does_not_read_hears_of_the_last_state_alone(services, callers):
    (front,) = services["front"].runners
    front.reads.clear()
    first = runs(services, 1, 2)
    callers.offer("middle")
    await asyncio.sleep(0)
    for numbers in ((1,), (2,), (2, 3), (3,)):
        last = runs(services, *numbers)
        callers.offer("middle")
    front.reads.set()
    await settled()
    assert front.heard == [first, last]


async def test_what_is_known_is_not_told_again(services, callers):
    (front,) = services["front"].runners
    runs(services, 1, 2)
    for _ in range(3):
        callers.offer("middle")
    await settled()
    assert len(front.heard) == 1


async def test_where_none_is_ready_callers_wait_for_those_that_are_to_be(services, callers):
    (front,) = services["front"].runners
    runs(services)
    callers.offer("middle")
    await settled()
    assert front.heard == [[str(each.address) for each in services["middle"].planned.replicas]]
