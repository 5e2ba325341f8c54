"""Compiles and runs the host tests of the library OS (tests/c/README.md)."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
LIBOS = REPOSITORY / "meshkernel" / "libos"
C_TESTS = REPOSITORY / "tests" / "c"
SHIMS = C_TESTS / "shims"
SECONDS = 60

FLAGS = [
    "-std=gnu17",
    "-g",
    "-O1",
    "-fno-omit-frame-pointer",
    "-fno-strict-aliasing",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-Wall",
    "-Wextra",
    "-Werror",
    # The library OS has its own linux/errno.h: only its own #include "..." may see it.
    "-iquote",
    str(LIBOS),
    "-iquote",
    str(C_TESTS),
    "-iquote",
    str(SHIMS),
]

CTest = Callable[..., str]


def sources_of(*libraries: str) -> list[str]:
    """Every source of these libraries, as their manifests name them."""
    found = []
    for library in libraries:
        manifest = tomllib.loads((LIBOS / library / "lib.toml").read_text())
        found += [f"{library}/{name}" for name in manifest["sources"]]
    return found


def _run(command: Sequence[str | Path], directory: Path) -> str:
    done = subprocess.run(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(f"{Path(command[0]).name} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


@pytest.fixture(scope="session")
def shims(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the shims: each is linked only where the real source is missing."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing: the host tests of the library OS need it")
    directory = tmp_path_factory.mktemp("shims")
    _run(["gcc", *FLAGS, "-c", *sorted(SHIMS.glob("*.c"))], directory)
    _run(["ar", "rcs", "libshims.a", *sorted(directory.glob("*.o"))], directory)
    return directory / "libshims.a"


@pytest.fixture
def c_test(shims: Path, tmp_path: Path) -> CTest:
    """``c_test(name, sources, *arguments)`` builds tests/c/NAME_test.c with sources, and runs it.

    ``also``: more arguments of the compiler.
    """

    def build_and_run(
        name: str, sources: Sequence[str], *arguments: str | Path, also: Sequence[str | Path] = ()
    ) -> str:
        program = tmp_path / name
        paths = [C_TESTS / f"{name}_test.c", *(LIBOS / source for source in sources)]
        _run(["gcc", *FLAGS, "-o", program, *paths, *also, shims], tmp_path)
        return _run([program, *arguments], tmp_path)

    return build_and_run
