"""Seats on flights: each is sold once, however many ask at the same time."""

from __future__ import annotations

import re
from datetime import date
from itertools import count

from meshkernel import link, rpc
from services.messages import Booking, NotAllowed, Route, SeatTaken

users = link("users")

ROWS, LETTERS = 30, "ABCDEF"
_SEAT = re.compile(rf"([1-9]\d?)([{LETTERS}])")

Flight = tuple[Route, date]

_taken: dict[Flight, dict[str, Booking]] = {}
_numbers = count(1)


@rpc
async def reserve(user: str, password: str, route: Route, day: date, seat: str) -> Booking:
    """Book one seat such as ``12C``."""
    _check_seat(seat)
    if not await users.check(name=user, password=password):
        raise NotAllowed("wrong name or password")
    # No await between looking and taking, so no other call comes in between.
    seats = _taken.setdefault((route, day), {})
    if seat in seats:
        raise SeatTaken(f"seat {seat} from {route.origin} to {route.destination} on {day} is taken")
    seats[seat] = Booking(number=next(_numbers), user=user, route=route, day=day, seat=seat)
    return seats[seat]


@rpc
async def free_seats(route: Route, day: date) -> list[str]:
    """The seats of a flight that are still to be had, from the front."""
    taken = _taken.get((route, day), {})
    seats = (f"{row}{letter}" for row in range(1, ROWS + 1) for letter in LETTERS)
    return [seat for seat in seats if seat not in taken]


@rpc
async def bookings(user: str) -> list[Booking]:
    """What a user has booked, oldest first."""
    mine = [b for seats in _taken.values() for b in seats.values() if b.user == user]
    return sorted(mine, key=lambda booking: booking.number)


def _check_seat(seat: str) -> None:
    match = _SEAT.fullmatch(seat)
    if not match or int(match[1]) > ROWS:
        raise ValueError(f"there is no seat {seat!r}: rows 1 to {ROWS}, letters {LETTERS}")
