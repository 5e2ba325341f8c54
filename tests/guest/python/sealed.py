"""Seals by fork; the child has what was before, and its own randomness, time and network.

`serve`: answers one connection on port 80 from outside; `before`: its port is taken before.
"""

import asyncio
import decimal
import json
import os
import random
import secrets
import socket
import sqlite3
import sys
import threading
import time
import uuid
from pathlib import Path

STATE = {"text": "kept", "number": decimal.Decimal("0.1") * 3, "random": random.random()}
DATABASE = sqlite3.connect(":memory:")
DATABASE.execute("create table kept (value text)")
DATABASE.execute("insert into kept values ('in a database')")
MONOTONIC = time.monotonic()
LOOP = asyncio.new_event_loop()


def seal() -> None:
    if Path("/dev/seal").exists():
        device = os.open("/dev/seal", os.O_RDWR)
        print(os.read(device, 65536).decode(), end="")
        os.write(device, b"seal")
        os.close(device)
    sys.stdout.flush()
    if pid := os.fork():
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


async def echo() -> str:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read(100)).upper())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"over the loopback")
    text = await reader.read()
    writer.close()
    server.close()
    await asyncio.sleep(0.01)
    return text.decode()


def free_port(kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as bound:
        bound.bind(("127.0.0.1", 0))
        return f"{kind.name} {bound.getsockname()[1]}"


def look() -> None:
    seen = []
    thread = threading.Thread(target=lambda: seen.append(threading.get_ident()))
    thread.start()
    thread.join()
    print("state", STATE["text"], STATE["number"])
    print("database", DATABASE.execute("select * from kept").fetchone()[0])
    print("thread", len(seen), threading.active_count())
    print("process", os.getpid() == threading.get_native_id())
    print("loop", LOOP.run_until_complete(echo()))
    print("later", time.monotonic() >= MONOTONIC)
    environment = Path("/proc/self/environ").read_bytes().decode().split("\0")
    own = {
        "pid": os.getpid(),
        "time": time.time(),
        "hostname": socket.gethostname(),
        "environment": [text for text in environment if text.startswith("NEW=")],
        "random": [
            *(random.random(), secrets.token_hex(8), str(uuid.uuid4()), str(uuid.uuid1())),
            *(free_port(kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)),
        ],
    }
    if "own" in sys.argv:
        print("own", json.dumps(own))


def serve(server: socket.socket) -> None:
    with server:
        connection, _ = server.accept()
        with connection:
            request = connection.recv(100)
            connection.sendall(b"%s from %s" % (request, socket.gethostname().encode()))


early = socket.create_server(("", 80)) if "before" in sys.argv else None
seal()
if "serve" in sys.argv:
    serve(early or socket.create_server(("", 80)))
else:
    look()
