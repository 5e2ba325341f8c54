"""Sockets, lwIP and Ethernet on the host, under the sanitizers."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache
from meshkernel.toolchain.compile import Compiler, Unit
from tests.unit.libos.conftest import C_TESTS, FLAGS, LIBOS, REPOSITORY, CTest, sources_of

REST = [
    *("core/start.c", "fs/descriptor.c", "fs/file.c", "fs/text.c"),
    "linux/socket/socket_control.c",
    "linux/socket/socket_option.c",
]
IN_PROC = "net/ipv6/table"
"""A file of /proc, which is not part of this test."""

LIBRARIES = tuple(
    name
    for path in sorted((LIBOS / "net").rglob("lib.toml"))
    if (name := str(path.parent.relative_to(LIBOS))) != IN_PROC
)


SIX = "net/ipv6"
WITHOUT_SIX = "-DTEST_WITHOUT_IPV6"


def lwip(libraries: Sequence[str]) -> tuple[list[str], list[Path]]:
    """What a test needs of lwIP: where its headers are, and its sources."""
    tree = third_party.lwip(Cache(REPOSITORY / "build" / "cache")) / "src"
    include = [f"-I{tree}/include", "-iquote", str(LIBOS / "net" / "lwip")]
    sources = [
        tree / name
        for library in libraries
        for name in tomllib.loads((LIBOS / library / "lib.toml").read_text()).get(
            "third_party_sources", ()
        )
    ]
    return include, sources


def foreign(flags: Sequence[str]) -> list[str]:
    """The flags for what is not our code: its warnings do not count; addresses are checked."""
    kept = [flag for flag in flags if not flag.startswith(("-W", "-fsanitize", "-fno-sanitize"))]
    return [*kept, "-fsanitize=address", "-w"]


@pytest.mark.parametrize("without", [(), (SIX,)], ids=["all", "without-ipv6"])
def test_sockets(c_test: CTest, compiler: Compiler, without: Sequence[str]) -> None:
    chosen = [name for name in LIBRARIES if name not in without]
    include, sources = lwip(chosen)
    flags = [*include, WITHOUT_SIX] if without else include
    objects = compiler.compile(Unit(path, (*foreign(FLAGS), *flags)) for path in sources)
    parts = sorted((C_TESTS / "net_test").glob("*.c"))
    c_test("net", [*sources_of(*chosen), *REST], also=[*parts, *objects], flags=flags)
