"""C programs about one area each: they print the same in a machine as under Linux."""

from __future__ import annotations

import os

import pytest

from .running import compile_c, on_linux, run_c

NAMES = [
    "bases",
    "clocks",
    "closing",
    "elf",
    "files",
    "flags",
    "futexes",
    "ipc",
    "locks",
    "memory",
    "named_pipes",
    "output",
    "proc",
    "signals",
    "threads",
    "users",
    "vector",
    "xattrs",
]
OF_ROOT = ["users", "xattrs"]
VARIANTS = {
    "static": ["-static", "-no-pie"],
    "static-pie": ["-static-pie", "-fPIE"],
    "fixed": ["-no-pie", "-fno-pie"],
}

pytestmark = pytest.mark.machine


@pytest.mark.parametrize("name", NAMES)
async def test_as_under_linux(name: str) -> None:
    if name in OF_ROOT and os.geteuid() != 0:
        pytest.skip("only root may do under Linux what this program does")
    file = compile_c(name)
    done = await run_c(file)
    assert done.ended == on_linux([file])


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", ["elf", "threads"])
async def test_kinds_of_executables(name: str, variant: str) -> None:
    file = compile_c(name, *VARIANTS[variant], variant=f"-{variant}")
    done = await run_c(file, "two words", "100%", "")
    assert done.ended == on_linux([file, "two words", "100%", ""])


async def test_one_boot_is_not_like_another() -> None:
    file = compile_c("places")
    one, other = [(await run_c(file)).ended.output.splitlines() for _ in range(2)]
    assert len(one) == 6
    assert not set(one) & set(other)
