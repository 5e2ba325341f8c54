"""Sockets, lwIP and Ethernet on the host, under the sanitizers."""

from __future__ import annotations

import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache
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


def lwip(libraries: Sequence[str], flag: Sequence[str], folder: Path) -> list[str | Path]:
    """What a test needs of lwIP: where its headers are, and its objects.

    It is not our code, so its warnings do not count; addresses are checked there too.
    """
    tree = third_party.lwip(Cache(REPOSITORY / "build" / "cache")) / "src"
    include = [f"-I{tree}/include", "-iquote", str(LIBOS / "net" / "lwip"), *flag]
    flags = [flag for flag in FLAGS if not flag.startswith(("-W", "-fsanitize", "-fno-sanitize"))]
    sources = [
        tree / name
        for library in libraries
        for name in tomllib.loads((LIBOS / library / "lib.toml").read_text()).get(
            "third_party_sources", ()
        )
    ]
    command = ["gcc", *flags, "-fsanitize=address", "-w", *include, "-c", *sources]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return [*include, *sorted(folder.glob("*.o"))]


@pytest.mark.parametrize("without", [(), (SIX,)], ids=["all", "without-ipv6"])
def test_sockets(c_test: CTest, tmp_path: Path, without: Sequence[str]) -> None:
    folder = tmp_path / "lwip"
    folder.mkdir()
    chosen = [name for name in LIBRARIES if name not in without]
    also = lwip(chosen, [WITHOUT_SIX] if without else [], folder)
    parts = sorted((C_TESTS / "net_test").glob("*.c"))
    c_test("net", [*sources_of(*chosen), *REST], also=[*parts, *also])
