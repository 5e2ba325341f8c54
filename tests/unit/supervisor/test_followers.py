from __future__ import annotations

import asyncio

import pytest

from meshkernel.supervisor import followers
from meshkernel.supervisor.followers import Followers


def is_even(number):
    return number % 2 == 0


async def read(coming, count):
    async with asyncio.timeout(5):
        return [await anext(coming) for _ in range(count)]


async def test_each_follower_hears_what_it_wants_from_now_on():
    told = Followers()
    told.tell(0)
    async with told.following(is_even) as even, told.following(lambda _: True) as all_of_it:
        for number in (1, 2, 3, 4):
            told.tell(number)
        assert await read(even, 2) == [2, 4]
        assert await read(all_of_it, 4) == [1, 2, 3, 4]


async def test_one_that_is_far_behind_loses_the_oldest(monkeypatch):
    monkeypatch.setattr(followers, "BEHIND", 2)
    told = Followers()
    async with told.following(lambda _: True) as coming:
        for number in range(5):
            told.tell(number)
        assert await read(coming, 2) == [3, 4]


@pytest.mark.parametrize("is_late", [False, True])
async def test_the_end_comes_behind_the_last_news(is_late):
    told = Followers()
    if is_late:
        told.close()
    async with told.following(is_even) as coming:
        if not is_late:
            told.tell(2)
            told.close()
        async with asyncio.timeout(5):
            assert [each async for each in coming] == ([] if is_late else [2])
