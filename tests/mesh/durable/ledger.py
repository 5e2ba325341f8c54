"""Bookings as the demonstration's, with something to be torn: each is a row in two tables."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

from meshkernel import on_start, rpc

DATABASE = Path("/data/ledger.sqlite")
MODES = ("WAL", "DELETE")

SCHEMA = """
CREATE TABLE IF NOT EXISTS boots (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS bookings (key TEXT PRIMARY KEY, seat TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (name TEXT PRIMARY KEY, count INTEGER NOT NULL);
INSERT OR IGNORE INTO totals VALUES ('bookings', 0);
INSERT INTO boots DEFAULT VALUES;
"""

turn = threading.Lock()
database: sqlite3.Connection
mode = ""


@on_start
def open_database() -> None:
    """Each boot has the other journal: what one left half done, the other takes over."""
    global database, mode  # noqa: PLW0603
    database = sqlite3.connect(DATABASE, check_same_thread=False)
    database.executescript("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;" + SCHEMA)
    (boots,) = database.execute("SELECT count(*) FROM boots").fetchone()
    wanted = MODES[boots % len(MODES)]
    (mode,) = database.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
    assert mode == wanted.lower(), mode
    if wanted == "DELETE":  # a journal of its own for each commit: made, synced, removed
        database.executescript("PRAGMA locking_mode = NORMAL; SELECT count(*) FROM boots;")


@rpc
async def book(key: str, seat: str) -> str:
    """Returns when the booking is on the disk."""
    await asyncio.to_thread(_book, key, seat)
    return key


@rpc
def state() -> dict[str, object]:
    """What is in the database, and what SQLite thinks of it."""
    with turn:
        checks = [row[0] for row in database.execute("PRAGMA integrity_check")]
        keys = [row[0] for row in database.execute("SELECT key FROM bookings")]
        (total,) = database.execute("SELECT count FROM totals").fetchone()
    return {"checks": checks, "keys": keys, "total": total, "mode": mode}


def _book(key: str, seat: str) -> None:
    with turn, database:
        database.execute("INSERT INTO bookings VALUES (?, ?)", (key, seat))
        database.execute("UPDATE totals SET count = count + 1")
