#!/usr/bin/env python3
"""Stands in for QEMU: speaks QMP and the control channel as the boot configuration tells it to."""

import json
import os
import re
import socket
import struct
import sys
from pathlib import Path


def end(name: str) -> socket.socket:
    number = next(int(m[1]) for a in sys.argv if (m := re.match(rf"socket,id={name},fd=(\d+)", a)))
    return socket.socket(fileno=number)


def frame(kind: int, payload: bytes) -> bytes:
    return struct.pack("<II", len(payload), kind) + payload


def receive(control: socket.socket) -> tuple[int, bytes]:
    size, kind = struct.unpack("<II", control.recv(8, socket.MSG_WAITALL))
    return kind, control.recv(size, socket.MSG_WAITALL)


if "--version" in sys.argv:
    print("QEMU emulator version 7.2.0 (fake)")
    sys.exit()

serial, control, qmp = end("serial"), end("control"), end("qmp")
lines = qmp.makefile()


def answers(commands: int) -> None:
    """Takes what is said to QEMU's own control before the machine is made."""
    for _ in range(commands):
        json.loads(lines.readline())
        qmp.sendall(b'{"event": "RESUME"}\n{"return": {}}\n')


def stand_by() -> str:
    """Waits to be told what machine it is; returns the path of the boot configuration."""
    settings = {}
    while (command := json.loads(lines.readline() or sys.exit(1)))["execute"] != "x-exit-preconfig":
        if command["execute"] == "query-commands":
            qmp.sendall(b'{"return": [{"name": "x-exit-preconfig"}]}\n')
            continue
        settings[command["arguments"].get("property")] = command["arguments"].get("value")
        refused = settings.get("kernel") == "refused.elf"
        error = b'{"error": {"class": "GenericError", "desc": "it is not to be"}}\n'
        qmp.sendall(error if refused else b'{"return": {}}\n')
    qmp.sendall(b'{"return": {}}\n')
    return settings["initrd"]


if "-preconfig" in sys.argv:
    qmp.sendall(b'{"QMP": {}}\n')
    answers(1)
    initrd = stand_by()
else:
    initrd = sys.argv[sys.argv.index("-initrd") + 1]
with Path(initrd).open() as file:
    boot = file.read()
words = dict(line.split(" ", 1) for line in boot.splitlines() if line.startswith("argument"))
what = words["argument"].split()
if what[0] == "refuse":
    sys.stderr.write("qemu-system-x86_64: something is wrong\n")
    sys.exit(1)
if "-preconfig" not in sys.argv:
    qmp.sendall(b'{"QMP": {}}\n')
    answers(1)
if what[0] == "boot":
    serial.sendall(boot.encode())
if what[0] == "time":
    control.sendall(frame(2, struct.pack("<QQ", 77, 0))[:5])
    control.sendall(frame(2, struct.pack("<QQ", 77, 0))[5:])
    kind, payload = receive(control)
    monotonic, wall = struct.unpack("<QQ", payload)
    serial.sendall(f"{kind} {monotonic} {wall}".encode())
if what[0] == "echo":
    kind, payload = receive(control)
    control.sendall(frame(1, payload))
    serial.sendall(serial.recv(100).upper())
if what[0] == "start":
    for number in range(3):
        kind, payload = receive(control)
        ticks = [50_000_000 + number, 1 << 32, 1_000_000, 2_000_000, 3_000_000, 4_000_000]
        report = b"short" if what[1:] == ["garbled"] else struct.pack("<6Q", *ticks)
        control.sendall(frame(15 if kind == 14 else 10, report))
if what[0] == "broken":
    control.sendall(struct.pack("<II", 1 << 24, 1))
if what[0] == "room":
    serial.sendall(str(control.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)).encode())
if what[0] == "place":
    serial.sendall(f"{os.getsid(0)} {os.getpgid(0)} {os.getpid()}".encode())
if what[0] == "short":
    control.sendall(frame(4, b"x"))
if what[0] == "reason":
    control.sendall(frame(4, struct.pack("<II", 99, 0)))
if what[0] == "key":
    control.sendall(frame(1, b"\x81\x80\x01"))
if what[0] == "deaf":
    control.settimeout(1.0)
    try:
        for _ in range(400):
            control.sendall(frame(2, struct.pack("<QQ", 77, 0)) * 1000)
        serial.sendall(b"swallowed")
    except TimeoutError:
        serial.sendall(b"blocked")
if what[0] in ("wait", "broken", "short", "reason", "key", "deaf"):
    qmp.recv(1)
if what[0] == "seal":
    path = next(m[1] for a in sys.argv if (m := re.search(r"mem-path=([^,]+),share=on", a)))
    with open(path, "r+b") as memory:  # noqa: PTH123 - it is a descriptor
        memory.seek(1 << 20)
        memory.write(b"a" * 4096)
    serial.sendall(boot.encode())
    control.sendall(frame(1, b"\x81\xa4type\xa4this"))
    processor = struct.pack("<12sIQ9II", b"", 0, 0, *range(9), 0)
    seal = struct.pack("<IIQ", 1, 1, 1 << 20) + processor + struct.pack("<QQ", 1 << 20, 2 << 20)
    control.sendall(frame(13, seal if len(what) == 1 else seal[:-1]))
    if len(what) > 1:
        qmp.recv(1)
    sys.exit(0)
if what[0] == "unsealable":
    control.sendall(frame(1, what[1].encode("latin-1").decode("unicode_escape").encode("latin-1")))
if what[0] == "panic":
    serial.sendall(b"hello\nmeshkernel: panic: the disk is on fire\nmeshkernel: more\nstack\n")
    control.sendall(frame(4, struct.pack("<II", 2, 0)))
elif what[0] != "lost":
    control.sendall(frame(4, struct.pack("<II", 0, 3)))
