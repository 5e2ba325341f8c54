"""The whole application in one process: links bound to the other services' modules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
import pytest

from meshkernel import bind_links
from meshkernel.wire import codec
from meshkernel.wire.method import Method
from services import (
    frontend,
    geo,
    profiles,
    rates,
    recommendations,
    reservations,
    search,
    users,
)
from services.messages import Route, SeatTaken
from tests.services.journeys import Journeys

WEDNESDAY = date(2027, 2, 3)

MODULES = {
    "geo": geo,
    "rates": rates,
    "profiles": profiles,
    "users": users,
    "search": search,
    "recommendations": recommendations,
    "reservations": reservations,
}


@pytest.fixture(scope="module", autouse=True)
def started() -> None:
    """What the runtime does before a service counts as ready."""
    geo.build_index()
    profiles.load()


@pytest.fixture(autouse=True)
def bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each service answers from its own module; each test finds no users and no bookings."""
    users._credentials.clear()
    monkeypatch.setattr(reservations, "DATABASE", tmp_path / "bookings.sqlite")
    reservations.open_database()
    with ExitStack() as stack:
        stack.callback(reservations.close_database)
        stack.enter_context(bind_links(**MODULES))
        yield


class InProcess:
    """The application without machines and without a wire."""

    def __init__(self, web: httpx2.AsyncClient) -> None:
        self.web = web

    async def call(self, target: str, /, **arguments: Any) -> Any:
        """Arguments and results are what they would be on the wire."""
        service, _, name = target.partition(".")
        method = Method(target, getattr(MODULES[service], name))
        result = method.function(**method.bind(arguments))
        return codec.unpack(codec.pack(await result if method.is_async else result))


class TestInProcess(Journeys):
    @pytest.fixture
    async def app(self) -> AsyncIterator[InProcess]:
        transport = httpx2.ASGITransport(app=frontend.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://frontend") as web:
            yield InProcess(web)


@pytest.mark.parametrize("place", [(91, 0), (0, 181), (-90.5, 0)])
async def test_a_place_that_is_not_on_earth(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not a latitude and longitude"):
        await geo.nearest(*place)


async def test_unknown_airport_in_a_route() -> None:
    with pytest.raises(LookupError, match="'QQQQ'"):
        await geo.distances([Route("EDDF", "QQQQ")])


def test_prices_rise_in_summer_and_on_fridays() -> None:
    friday, summer_wednesday = date(2027, 2, 5), date(2027, 7, 7)
    usual = rates.price(1_000, WEDNESDAY)
    assert rates.price(1_000, friday) == pytest.approx(usual * 1.2, abs=1)
    assert rates.price(1_000, summer_wednesday) == pytest.approx(usual * 1.3, abs=1)


def test_long_flights_are_cheaper_per_kilometre() -> None:
    assert rates.price(6_000, WEDNESDAY) / 6_000 < rates.price(1_000, WEDNESDAY) / 1_000


def test_passwords_are_not_kept() -> None:
    users.register("ada", "correct horse")
    assert "correct horse" not in repr(users._credentials)


def test_a_name_is_given_once() -> None:
    users.register("ada", "correct horse")
    with pytest.raises(ValueError, match="taken"):
        users.register("ada", "another horse")


async def test_the_seat_goes_to_one_when_all_have_been_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def check(name: str, password: str) -> bool:
        await asyncio.sleep(0)  # lets every other caller come this far
        return True

    monkeypatch.setattr(users, "check", check)
    attempts = (
        reservations.reserve(f"user{n}", "-", Route("EDDF", "LPPT"), WEDNESDAY, "12C")
        for n in range(50)
    )
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    taken = [outcome for outcome in outcomes if isinstance(outcome, SeatTaken)]
    assert len(taken) == 49
    assert "12C" not in reservations.free_seats(Route("EDDF", "LPPT"), WEDNESDAY)


async def test_bookings_outlive_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(name: str, password: str) -> bool:
        return True

    monkeypatch.setattr(users, "check", check)
    route = Route("EDDF", "LPPT")
    booked = [
        await reservations.reserve("ada", "-", route, WEDNESDAY, seat) for seat in ("1A", "2B")
    ]
    reservations.close_database()
    reservations.open_database()
    assert reservations.bookings("ada") == booked
    assert [booking.number for booking in booked] == [1, 2]
    with pytest.raises(SeatTaken, match="seat 1A from EDDF to LPPT on 2027-02-03 is taken"):
        await reservations.reserve("eve", "-", route, WEDNESDAY, "1A")


@pytest.mark.parametrize("seat", ["0A", "31A", "12G", "12", "C12", "\u0661\u0662C"])
async def test_seats_that_are_not_there(seat: str) -> None:
    with pytest.raises(ValueError, match="there is no seat"):
        await reservations.reserve("ada", "-", Route("EDDF", "LPPT"), WEDNESDAY, seat)
