"""Keeps what it is told in a database."""

import sqlite3

from meshkernel import on_start, rpc

FILE = "/data/notes.db"


def _open() -> sqlite3.Connection:
    return sqlite3.connect(FILE)


@on_start
def create() -> None:
    """Makes the table, once."""
    with _open() as database:
        database.execute("create table if not exists notes (text text)")


@rpc
def keep(text: str) -> int:
    """Keeps a note; returns how many there are."""
    with _open() as database:
        database.execute("insert into notes values (?)", (text,))
        (count,) = database.execute("select count(*) from notes").fetchone()
    return int(count)
