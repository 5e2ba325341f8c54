"""Seats on flights: each is sold once, however many ask at the same time, and stays sold.

Bookings are in a database on the volume ``bookings``. A booking that was answered is on the disk.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import threading
from datetime import date
from pathlib import Path

from meshkernel import link, on_start, on_stop, rpc
from services.messages import Booking, NotAllowed, Route, SeatTaken

users = link("users")

DATABASE = Path(os.environ.get("BOOKINGS", "/data/bookings.sqlite"))

ROWS, LETTERS = 30, "ABCDEF"
_SEAT = re.compile(rf"([1-9]\d?)([{LETTERS}])")

# There is one process, so the write-ahead log needs no memory that is shared with others. FULL:
# a commit returns when the log is on the disk.
_SCHEMA = """
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS bookings (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    user TEXT NOT NULL,
    origin TEXT NOT NULL,
    destination TEXT NOT NULL,
    day TEXT NOT NULL,
    seat TEXT NOT NULL,
    UNIQUE (origin, destination, day, seat)
);
"""

_database: sqlite3.Connection | None = None
_turn = threading.Lock()


@on_start
def open_database() -> None:
    """Before the service counts as ready; what a machine that died left half done is undone."""
    global _database  # noqa: PLW0603 - one for the service's life
    _database = sqlite3.connect(DATABASE, check_same_thread=False)
    _database.executescript(_SCHEMA)


@on_stop
def close_database() -> None:
    global _database  # noqa: PLW0603
    if _database is not None:
        _database.close()
    _database = None


@rpc
async def reserve(user: str, password: str, route: Route, day: date, seat: str) -> Booking:
    """Book one seat such as ``12C``."""
    _check_seat(seat)
    if not await users.check(name=user, password=password):
        raise NotAllowed("wrong name or password")
    return await asyncio.to_thread(_book, user, route, day, seat)


@rpc
def free_seats(route: Route, day: date) -> list[str]:
    """The seats of a flight that are still to be had, from the front."""
    found = _select("origin = ? AND destination = ? AND day = ?", _flight(route, day))
    taken = {booking.seat for booking in found}
    seats = (f"{row}{letter}" for row in range(1, ROWS + 1) for letter in LETTERS)
    return [seat for seat in seats if seat not in taken]


@rpc
def bookings(user: str) -> list[Booking]:
    """What a user has booked, oldest first."""
    return _select("user = ?", (user,))


def _book(user: str, route: Route, day: date, seat: str) -> Booking:
    """Takes the seat, in a thread: the event loop has other calls to answer than the disk's."""
    row = (user, *_flight(route, day), seat)
    try:
        with _turn, _opened() as database:  # commits, or else rolls back
            cursor = database.execute(
                "INSERT INTO bookings (user, origin, destination, day, seat)"
                " VALUES (?, ?, ?, ?, ?)",
                row,
            )
    except sqlite3.IntegrityError:
        flight = f"from {route.origin} to {route.destination} on {day}"
        raise SeatTaken(f"seat {seat} {flight} is taken") from None
    assert cursor.lastrowid is not None  # noqa: S101 - it was inserted
    return Booking(number=cursor.lastrowid, user=user, route=route, day=day, seat=seat)


def _select(condition: str, values: tuple[str, ...]) -> list[Booking]:
    query = "SELECT number, user, origin, destination, day, seat FROM bookings"
    with _turn:
        rows = _opened().execute(f"{query} WHERE {condition} ORDER BY number", values).fetchall()
    return [
        Booking(number, user, Route(origin, destination), date.fromisoformat(day), seat)
        for number, user, origin, destination, day, seat in rows
    ]


def _flight(route: Route, day: date) -> tuple[str, str, str]:
    return route.origin, route.destination, day.isoformat()


def _opened() -> sqlite3.Connection:
    if _database is None:
        raise RuntimeError("the database is not open: the service has not started")
    return _database


def _check_seat(seat: str) -> None:
    match = _SEAT.fullmatch(seat)
    if not match or int(match[1]) > ROWS:
        raise ValueError(f"there is no seat {seat!r}: rows 1 to {ROWS}, letters {LETTERS}")
