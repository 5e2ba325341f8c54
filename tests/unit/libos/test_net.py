"""Sockets, lwIP and Ethernet on the host, under the sanitizers."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache
from tests.unit.libos.conftest import FLAGS, LIBOS, REPOSITORY, CTest, sources_of

LIBRARIES = tuple(
    str(path.parent.relative_to(LIBOS)) for path in sorted((LIBOS / "net").rglob("lib.toml"))
)


@pytest.fixture(scope="module")
def lwip(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    """What a test needs of lwIP: where its headers are, and its objects.

    It is not our code, so its warnings do not count; addresses are checked there too.
    """
    tree = third_party.lwip(Cache(REPOSITORY / "build" / "cache")) / "src"
    include = [f"-I{tree}/include", "-iquote", str(LIBOS / "net" / "lwip")]
    folder = tmp_path_factory.mktemp("lwip")
    flags = [flag for flag in FLAGS if not flag.startswith(("-W", "-fsanitize", "-fno-sanitize"))]
    sources = [
        tree / name
        for library in LIBRARIES
        for name in tomllib.loads((LIBOS / library / "lib.toml").read_text()).get(
            "third_party_sources", ()
        )
    ]
    command = ["gcc", *flags, "-fsanitize=address", "-w", *include, "-c", *sources]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    return [*include, *sorted(folder.glob("*.o"))]


def test_sockets(c_test: CTest, lwip: list[str | Path]) -> None:
    c_test("net", [*sources_of(*LIBRARIES), "fs/file.c", "core/start.c"], also=lwip)
