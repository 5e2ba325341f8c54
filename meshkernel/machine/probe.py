"""Chooses what executes the machines: times a small guest under KVM before it is trusted.

``/dev/kvm`` may open and still be of no use, as where the host is a machine without nested
virtualisation that emulates it. So a guest of a few instructions counts under KVM and reports on
its serial port; too slow, or not at all within the limit, means TCG.
"""

from __future__ import annotations

import json
import os
import select
import socket
import struct
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from meshkernel.config.machine import BOARD
from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import Cache, digest
from meshkernel.topology.model import Accel

KVM = Path("/dev/kvm")
LIMIT = 0.8
"""Seconds for the probe in all."""
ENOUGH = 100e6
"""Instructions a second that KVM must reach: TCG reaches more than that."""
ROUNDS = (20_000, 200_000, 2_000_000, 20_000_000)
"""Instructions after which the guest reports, one after the other."""

ENTRY = 0x100000
PT_LOAD, PT_NOTE = 1, 4
XEN_ELFNOTE_PHYS32_ENTRY = 18


@frozen
class Choice:
    """What will execute the machines, and a sentence that says why."""

    accel: Accel
    reason: str

    def __str__(self) -> str:
        return f"accel: {self.accel}, {self.reason}"


def choose(wanted: Accel, cache: Cache) -> Choice:
    """The accelerator for what a topology asks for; measures once per boot of this host."""
    if wanted is not Accel.AUTO:
        return Choice(wanted, "as the topology says")
    if not KVM.exists():
        return Choice(Accel.TCG, "since there is no /dev/kvm")
    if not os.access(KVM, os.R_OK | os.W_OK):
        return Choice(Accel.TCG, "since /dev/kvm may not be opened: add yourself to the group kvm")
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    qemu = tools.qemu()
    kept = cache.path("accel", digest(boot_id, str(qemu.path), qemu.banner), ".json")
    if kept.exists():
        found = json.loads(kept.read_text())
        return Choice(Accel(found["accel"]), found["reason"])
    speed, trouble = measure(Accel.KVM)
    choice = judge(speed, trouble)
    if speed is not None:  # trouble may be over the next time: a busy host, another hypervisor
        cache.write(kept, json.dumps({"accel": choice.accel, "reason": choice.reason}).encode())
    return choice


def judge(speed: float | None, trouble: str) -> Choice:
    """What follows from a measurement under KVM."""
    if speed is None:
        return Choice(Accel.TCG, f"since a probe guest under KVM {trouble}")
    millions = f"{speed / 1e6:.1f} million instructions a second"
    if speed < ENOUGH:
        return Choice(Accel.TCG, f"since /dev/kvm runs {millions}")
    return Choice(Accel.KVM, f"which runs {millions}")


def measure(accel: Accel, limit: float = LIMIT) -> tuple[float | None, str]:
    """Instructions a second of the probe guest, or None and what went wrong."""
    ours, theirs = socket.socketpair()
    with ours, theirs, TemporaryDirectory() as folder:
        image = Path(folder, "probe.elf")
        image.write_bytes(guest())
        number = theirs.fileno()
        command = [
            *(tools.qemu().path, "-nodefaults", "-no-user-config", "-display", "none"),
            *("-M", BOARD, "-accel", accel.value, "-m", "4M", "-kernel", image),
            *("-chardev", f"socket,id=serial,fd={number}", "-serial", "chardev:serial"),
        ]
        process = subprocess.Popen(
            command, pass_fds=[number], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            theirs.close()
            times = _reports(ours, time.monotonic() + limit)
        finally:
            process.kill()
            _, errors = process.communicate()
    if len(times) >= 2:
        return sum(ROUNDS[: len(times) - 1]) / max(times[-1] - times[0], 1e-9), ""
    if not times and errors.strip():
        return None, f"failed ({errors.strip().splitlines()[-1]})"
    return None, f"did not come to report within {limit} s"


def _reports(end: socket.socket, deadline: float) -> list[float]:
    """When the guest's bytes came."""
    times: list[float] = []
    while len(times) <= len(ROUNDS):
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([end], [], [], left)[0]:
            break
        data = end.recv(1)
        if not data:
            break
        times.append(time.monotonic())
    return times


def guest() -> bytes:
    """The probe guest: an ELF that boots by PVH, in 32-bit mode."""
    say = b"\x66\xba\xf8\x03\xb0\x2e\xee"  # mov dx, 0x3f8; mov al, '.'; out dx, al
    code = say
    for count in ROUNDS:
        # mov ecx, count / 2; 1: dec ecx; jnz 1b
        code += b"\xb9" + struct.pack("<I", count // 2) + b"\x49\x75\xfd" + say
    code += b"\xfa\xf4\xeb\xfd"  # cli; 1: hlt; jmp 1b
    head = 64 + 2 * 56
    note = struct.pack("<III4sI", 4, 4, XEN_ELFNOTE_PHYS32_ENTRY, b"Xen\0", ENTRY + head + 20)
    body = note + code
    header = struct.pack(
        "<4sBBBB8xHHIQQQIHHHHHH",
        *(b"\x7fELF", 2, 1, 1, 0, 2, 62, 1, ENTRY + head + 20, 64, 0, 0, 64, 56, 2, 64, 0, 0),
    )
    size = head + len(body)
    load = struct.pack("<IIQQQQQQ", PT_LOAD, 7, 0, ENTRY, ENTRY, size, size, 4096)
    place = ENTRY + head
    notes = struct.pack("<IIQQQQQQ", PT_NOTE, 4, head, place, place, len(note), len(note), 4)
    return header + load + notes + body
