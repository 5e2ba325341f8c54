"""Runs clang-tidy over our C sources, two at a time, with the flags that they are built with."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from meshkernel import config
from meshkernel.config.selection import everything
from meshkernel.image import python_layout
from meshkernel.image.filesystem import FIRST_INODE
from meshkernel.machine import launcher
from meshkernel.network.building import Recipe
from meshkernel.network.building import units as switch_units
from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache
from meshkernel.toolchain.compile import Unit
from meshkernel.toolchain.libos import Builder

ROOT = Path(__file__).resolve().parent.parent
TIDY = Path(sys.executable).parent / "clang-tidy"
WORKERS = 2
GCC_ALONE = ("-g", "-ffile-prefix-map", "-mstack-protector-guard", "-fno-tree-loop")
NOT_CLANGS = (
    "-Wno-unknown-warning-option",
    "-Wno-ignored-optimization-argument",
    "-Wno-unused-command-line-argument",
)
"""What clang would say of flags that mean nothing to it."""


def units(cache: Cache) -> Iterator[Unit]:
    """Every C file of ours with its flags: the library OS of a plain program, the switch, and
    what starts machines.
    """
    sources = config.LibrarySources.load()
    headers = config.headers(sources, everything(sources))
    headers["python.h"] = python_layout.render(None, FIRST_INODE)
    yield from Builder.of(cache).units(headers)
    yield from switch_units(Recipe.read(), third_party.lwip(cache))
    yield Unit(launcher.SOURCE, launcher.FLAGS)


def check(unit: Unit) -> str:
    """What clang-tidy has to say about one file; nothing if it is content."""
    flags = [flag for flag in unit.flags if not flag.startswith(GCC_ALONE)]
    command = [TIDY, "--quiet", unit.source, "--", *flags, *NOT_CLANGS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


def main() -> int:
    """Check all; the exit code is 1 if anything was found."""
    ours = [
        unit
        for unit in units(Cache(ROOT / "build" / "cache"))
        if unit.source.is_relative_to(ROOT / "meshkernel") and unit.source.suffix == ".c"
    ]
    with ThreadPoolExecutor(WORKERS) as pool:
        found = [text for text in pool.map(check, ours) if text]
    print("\n".join(found) or f"clang-tidy: {len(ours)} files, nothing found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
