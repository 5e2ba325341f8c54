"""SQLite in memory and in /tmp, from threads, and below SQLAlchemy."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import orm

ROWS = 300
THREADS = 3


def in_memory() -> None:
    with sqlite3.connect(":memory:") as database:
        database.execute("create table item (id integer primary key, name text, price real)")
        rows = [(None, f"n{number}", number / 8) for number in range(ROWS)]
        database.executemany("insert into item values (?, ?, ?)", rows)
        database.create_function("half", 1, lambda value: value / 2)
        print(
            database.execute("select count(*), sum(price), half(max(price)) from item").fetchone()
        )
        print(database.execute("select json_extract('{\"a\": [1, 2]}', '$.a[1]')").fetchone())
        try:
            database.execute("insert into item values (1, 'again', 0)")
        except sqlite3.IntegrityError as error:
            print(error)
    database.close()


def from_threads(path: Path) -> None:
    with sqlite3.connect(path) as database:
        print(database.execute("pragma journal_mode=wal").fetchone())
        database.execute("create table tally (thread integer, number integer)")
    database.close()

    def write(thread: int) -> None:
        own = sqlite3.connect(path, timeout=60)
        for number in range(20):
            with own:
                own.execute("insert into tally values (?, ?)", (thread, number))
        own.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with sqlite3.connect(path) as database:
        print(
            database.execute(
                "select thread, count(*), sum(number) from tally group by 1"
            ).fetchall()
        )
        print(database.execute("pragma integrity_check").fetchone())
    database.close()


def rolled_back(path: Path) -> None:
    database = sqlite3.connect(path)
    try:
        with database:
            database.execute("delete from tally")
            database.execute("insert into nothing values (1)")
    except sqlite3.OperationalError as error:
        print(error, database.execute("select count(*) from tally").fetchone())
    copy = sqlite3.connect(":memory:")
    database.backup(copy)
    print(copy.execute("select count(*) from tally").fetchone())
    copy.close()
    database.close()


class Base(orm.DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "user"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    orders: orm.Mapped[list[Order]] = orm.relationship(back_populates="user")


class Order(Base):
    __tablename__ = "order"
    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    total: orm.Mapped[float]
    user_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("user.id"))
    user: orm.Mapped[User] = orm.relationship(back_populates="orders")


def with_sqlalchemy(path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add(User(name="ann", orders=[Order(total=1.5), Order(total=2)]))
        session.commit()
        query = sa.select(User.name, sa.func.sum(Order.total)).join(User.orders).group_by(User.name)
        print(session.execute(query).all())
        print(query)
    engine.dispose()


with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    in_memory()
    from_threads(folder / "tally.db")
    rolled_back(folder / "tally.db")
    with_sqlalchemy(folder / "orders.db")
    print(sorted(path.name for path in folder.iterdir()))
