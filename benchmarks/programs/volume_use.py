"""Uses the folder that its first argument names; prints figures as JSON in its last line."""

import json
import os
import sqlite3
import sys
import time
from pathlib import Path

PIECE = 1 << 20
MIB = 1 << 20


def write(path: Path, pieces: int) -> float:
    """MiB a second, until all of it is on the disk."""
    data = os.urandom(PIECE)
    began = time.monotonic()
    with path.open("wb", buffering=0) as file:
        for _ in range(pieces):
            file.write(data)
        os.fsync(file.fileno())
    return pieces * PIECE / MIB / (time.monotonic() - began)


def read(path: Path, pieces: int) -> float:
    """MiB a second, of a file that the host has in its memory."""
    buffer = bytearray(PIECE)
    began = time.monotonic()
    with path.open("rb", buffering=0) as file:
        for _ in range(pieces):
            assert file.readinto(buffer) == PIECE
    return pieces * PIECE / MIB / (time.monotonic() - began)


def commit(path: Path, journal: str, seconds: float) -> float:
    """Commits a second, each of one row and on the disk when it is counted."""
    database = sqlite3.connect(path, isolation_level=None)
    (mode,) = database.execute(f"PRAGMA journal_mode = {journal}").fetchone()
    assert mode == journal.lower(), mode
    database.executescript("PRAGMA synchronous = FULL; CREATE TABLE t (a INTEGER, b TEXT);")
    count, began = 0, time.monotonic()
    while time.monotonic() < began + seconds:
        database.execute("INSERT INTO t VALUES (?, ?)", (count, "a booking of some length"))
        count += 1
    took = time.monotonic() - began
    database.close()
    return count / took


def stats(path: Path, seconds: float) -> float:
    """Calls of stat a second: what one round trip costs."""
    count, began = 0, time.monotonic()
    while time.monotonic() < began + seconds:
        path.stat()
        count += 1
    return count / seconds


def main(folder: str, mebibytes: str, length: str) -> None:
    """Leaves nothing behind."""
    pieces, seconds = int(mebibytes) * MIB // PIECE, float(length)
    file = Path(folder) / "benchmark"
    figures = {"write": write(file, pieces), "read": read(file, pieces)}
    figures["stat"] = stats(file, seconds)
    file.unlink()
    for journal in ("DELETE", "WAL"):
        path = Path(folder) / f"benchmark-{journal}.sqlite"
        figures[journal] = commit(path, journal, seconds)
        path.unlink()
    print(json.dumps(figures))


main(*sys.argv[1:])
