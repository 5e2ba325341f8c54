"""Files from Python: tempfile, mmap, sqlite3, shutil, pathlib, directories, selectors."""

from __future__ import annotations

import mmap
import os
import pathlib
import selectors
import shutil
import socket
import sqlite3
import tempfile
import zipfile

with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    (folder / "a.txt").write_text("one\ntwo\nthree\n")
    print((folder / "a.txt").read_text().splitlines(), (folder / "a.txt").stat().st_size)
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "sub" / "deep" / "b.bin").write_bytes(bytes(range(256)) * 1000)
    shutil.copytree(folder / "sub", folder / "copy")
    print(sorted(str(path.relative_to(folder)) for path in folder.rglob("*")))
    print(next((root[len(name) :], sorted(dirs), files) for root, dirs, files in os.walk(name)))
    with (folder / "a.txt").open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[0:3] = b"ONE"
        print(mapped.find(b"three"), len(mapped))
        mapped.flush()
    print((folder / "a.txt").read_bytes())
    with zipfile.ZipFile(folder / "z.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(folder / "sub" / "deep" / "b.bin", "b")
    with zipfile.ZipFile(folder / "z.zip") as archive:
        print(archive.namelist(), len(archive.read("b")), archive.testzip())

    base = sqlite3.connect(folder / "base.db")
    base.execute("pragma journal_mode=wal")
    base.execute("create table users (id integer primary key, name text)")
    with base:
        base.executemany("insert into users (name) values (?)", [(f"u{n}",) for n in range(1000)])
    try:
        with base:
            base.execute("insert into users values (1, 'twice')")
    except sqlite3.IntegrityError as error:
        print(error)
    base.close()
    base = sqlite3.connect(folder / "base.db")
    print(base.execute("select count(*), max(name), sum(id) from users").fetchall())
    print(base.execute("select name from users where id between 10 and 12").fetchall())
    base.close()
    try:
        (folder / "absent").read_text()
    except FileNotFoundError as error:
        print(error.errno, error.strerror)
print(folder.exists())

with tempfile.NamedTemporaryFile("w+") as named:
    named.write("x" * 100_000)
    named.flush()
    status = pathlib.Path(named.name).stat()
    print(status.st_size, oct(status.st_mode))

left, right = socket.socketpair()
reader, writer = os.pipe()
with selectors.DefaultSelector() as selector:
    selector.register(left, selectors.EVENT_READ, "socket")
    selector.register(reader, selectors.EVENT_READ, "pipe")
    print(type(selector).__name__, selector.select(0))
    os.write(writer, b"x")
    print([key.data for key, _ in selector.select(1)])
    right.send(b"y")
    print(sorted(key.data for key, _ in selector.select(1)))
anonymous = mmap.mmap(-1, 1 << 20)
anonymous.write(b"anonymous")
print(anonymous[:9], anonymous[-1])
print(shutil.disk_usage("/tmp").total > 0, "0" in os.listdir("/proc/self/fd"))  # noqa: PTH208
