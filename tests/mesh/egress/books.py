"""Keeps books in a PostgreSQL outside of the mesh."""

import asyncpg

from meshkernel import rpc

USER = {"user": "mesh", "database": "postgres", "host": "db.internal", "port": 5432}


@rpc
async def work(rows: int) -> dict:
    """A table, prepared statements, a transaction that is undone, and a megabyte by COPY."""
    connection = await asyncpg.connect(**USER, timeout=30, command_timeout=60)
    try:
        await connection.execute("DROP TABLE IF EXISTS books")
        await connection.execute("CREATE TABLE books (id int PRIMARY KEY, title text)")
        statement = "INSERT INTO books VALUES ($1, $2)"
        await connection.executemany(statement, [(n, f"book {n}") for n in range(rows)])
        undone = connection.transaction()
        await undone.start()
        await connection.execute("DELETE FROM books")
        await undone.rollback()
        many = [(n, "x" * 100) for n in range(rows, rows + 10_000)]
        await connection.copy_records_to_table("books", records=many)
        return {
            "rows": await connection.fetchval("SELECT count(*) FROM books"),
            "title": await connection.fetchval("SELECT title FROM books WHERE id = $1", 7),
            "bytes": await connection.fetchval("SELECT sum(length(title)) FROM books"),
        }
    finally:
        await connection.close()


@rpc
async def wait(seconds: float) -> str:
    """The database answers after so long; what asyncpg raises where it does not, by name."""
    connection = await asyncpg.connect(**USER, timeout=30)
    try:
        await connection.fetchval("SELECT pg_sleep($1)", seconds)
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        asyncpg.InternalClientError,
        OSError,
    ) as error:
        return type(error).__name__
    await connection.close()
    return ""


@rpc
async def count() -> int:
    """Over a connection of its own."""
    connection = await asyncpg.connect(**USER, timeout=30)
    try:
        return await connection.fetchval("SELECT count(*) FROM books")
    finally:
        await connection.close()
