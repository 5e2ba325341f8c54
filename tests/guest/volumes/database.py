"""SQLite on a volume: each journal, several connections, and what a rollback leaves."""

import mmap
import os
import sqlite3
import threading

PATH = "/tmp/guest-database.sqlite"


def fresh():
    for suffix in ("", "-journal", "-wal", "-shm"):
        if os.path.exists(PATH + suffix):
            os.unlink(PATH + suffix)
    return sqlite3.connect(PATH)


def fill(database):
    database.execute("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)")
    with database:
        database.executemany("INSERT INTO t (b) VALUES (?)", [(f"row {i}",) for i in range(2000)])
    try:
        with database:
            database.execute("DELETE FROM t WHERE a > 100")
            raise LookupError("rolled back")
    except LookupError as error:
        print(error, database.execute("SELECT count(*) FROM t").fetchone())


def check(database):
    print(database.execute("PRAGMA integrity_check").fetchall())
    database.execute("UPDATE t SET b = upper(b) WHERE length(b) % 2")
    database.commit()
    database.execute("VACUUM")
    print(database.execute("SELECT count(*), max(b), min(b) FROM t").fetchall())
    database.close()
    print(sorted(name for name in os.listdir("/tmp") if name.startswith("guest-database")))


for journal in ("DELETE", "TRUNCATE", "PERSIST", "MEMORY", "OFF", "WAL"):
    database = fresh()
    print(database.execute(f"PRAGMA journal_mode = {journal}").fetchone())
    fill(database)
    check(database)

database = fresh()
database.execute("PRAGMA locking_mode = EXCLUSIVE")
print(database.execute("PRAGMA journal_mode = WAL").fetchone())
fill(database)
print(database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
check(database)

database = fresh()
database.execute("PRAGMA journal_mode = WAL")
fill(database)
reader = sqlite3.connect(PATH)
reader.execute("BEGIN")
print(reader.execute("SELECT count(*) FROM t").fetchone())
with database:
    database.execute("INSERT INTO t (b) VALUES ('unseen')")
print(reader.execute("SELECT count(*) FROM t").fetchone())
reader.rollback()
print(reader.execute("SELECT count(*) FROM t").fetchone())
reader.close()
check(database)

database = fresh()
fill(database)


def add(number):
    own = sqlite3.connect(PATH, timeout=60)
    for i in range(20):
        with own:
            own.execute("INSERT INTO t (b) VALUES (?)", (f"thread {number} {i}",))
    own.close()


threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(database.execute("SELECT count(*) FROM t WHERE b LIKE 'thread %'").fetchone())
other = sqlite3.connect(PATH, timeout=0)
database.execute("BEGIN IMMEDIATE")
try:
    other.execute("BEGIN IMMEDIATE")
except sqlite3.OperationalError as error:
    print(error)
database.rollback()
other.execute("PRAGMA mmap_size = 100000000")
print(other.execute("SELECT count(*), sum(length(b)) FROM t").fetchone())
with database:
    database.execute("UPDATE t SET b = b || '!'")
print(other.execute("SELECT count(*), sum(length(b)) FROM t").fetchone())
other.close()
check(database)
with open(PATH, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
    print(bytes(mapped[:15]), len(mapped) == os.path.getsize(PATH))
os.unlink(PATH)
