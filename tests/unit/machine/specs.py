"""Machines for the QEMU that is none (fake_qemu.py), and what starts it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.launcher import build_launcher
from meshkernel.toolchain.cache import Cache


@cache
def launcher() -> Path:
    return build_launcher(Cache(Path(__file__).parents[3] / "build" / "cache"))


def spec(what: str, **secrets: str) -> MachineSpec:
    """A machine whose program is told so, and has these secrets."""
    boot = f"abi 1\nargument {what}\n"
    return MachineSpec(
        "test", Path("image.elf"), boot, 32 << 20, secrets=secrets, launcher=launcher()
    )
