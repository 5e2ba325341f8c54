"""Finds compiler, linker and QEMU, and says which package has what is missing."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from attrs import frozen

from meshkernel.errors import BuildError, Fault, UserError

QEMU_MINIMUM = (7, 2)
"""Has ``-netdev stream`` and ``-M microvm`` with PVH."""
CC_MINIMUM = (12,)

PACKAGES = {
    "gcc": "gcc",
    "ld": "binutils",
    "objcopy": "binutils",
    "qemu-system-x86_64": "qemu-system-x86",
    "apt-get": "apt",
}


@frozen
class Tool:
    """A program with its version, such as (7, 2, 22)."""

    path: Path
    version: tuple[int, ...]
    banner: str


def run(command: Sequence[str | Path], *, cwd: Path | None = None) -> str:
    """Runs a tool to its end and returns what it printed.

    Raises:
        BuildError: it failed; carries exit code, command and output.
    """
    words = [str(word) for word in command]
    done = subprocess.run(
        words, cwd=cwd, capture_output=True, text=True, errors="replace", check=False
    )
    output = done.stdout + done.stderr
    if done.returncode:
        tail = "\n".join(output.strip().splitlines()[-20:])
        raise BuildError(
            f"{Path(words[0]).name} failed with exit code {done.returncode}:\n{tail}",
            exitcode=done.returncode,
            command=words,
            output=output,
        )
    return output


def find(name: str) -> Path:
    """The path of a program.

    Raises:
        UserError: it is not installed; names the package that has it.
    """
    path = shutil.which(name)
    if path is None:
        package = PACKAGES[name]
        raise UserError(
            Fault(f"{name} is not installed", f"install it: sudo apt-get install {package}")
        )
    return Path(path)


def parse_version(banner: str) -> tuple[int, ...]:
    """The first number of the form 1.2 or 1.2.3 in what ``--version`` printed."""
    found = re.search(r"\b(\d+(?:\.\d+)+)\b", banner)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


@cache
def _tool(name: str, minimum: tuple[int, ...]) -> Tool:
    path = find(name)
    banner = run([path, "--version"]).partition("\n")[0]
    version = parse_version(banner)
    if version < minimum:
        have, need = (".".join(str(part) for part in parts) for parts in (version, minimum))
        raise UserError(
            Fault(
                f"{path} is version {have or 'unknown'}, and {need} is needed",
                f"install a newer {PACKAGES[name]} (Debian 12 and later have one)",
            )
        )
    return Tool(path, version, banner)


def cc() -> Tool:
    """The C compiler."""
    return _tool("gcc", CC_MINIMUM)


def ld() -> Tool:
    """The linker."""
    return _tool("ld", ())


def objcopy() -> Tool:
    """The tool that takes debug information out of an ELF object."""
    return _tool("objcopy", ())


def qemu() -> Tool:
    """The hypervisor."""
    return _tool("qemu-system-x86_64", QEMU_MINIMUM)
