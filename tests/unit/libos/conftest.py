"""Compiles and runs the host tests of the library OS (tests/c/README.md)."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pytest

from meshkernel.toolchain.cache import Cache
from meshkernel.toolchain.compile import Compiler, Unit

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
def compiler() -> Compiler:
    """Compiles each source once for all tests, and again only where something changed."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing: the host tests of the library OS need it")
    return Compiler(Cache(REPOSITORY / "build" / "cache"))


def compiled(
    compiler: Compiler, sources: Iterable[Path], flags: Sequence[str | Path] = ()
) -> list[Path]:
    """Their objects; ``flags`` go behind those of all tests."""
    words = (*FLAGS, *map(str, flags))
    return compiler.compile(Unit(source, words) for source in sources)


@pytest.fixture(scope="session")
def shims(compiler: Compiler, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of the shims: each is linked only where the real source is missing."""
    archive = tmp_path_factory.mktemp("shims") / "libshims.a"
    _run(["ar", "rcs", archive, *compiled(compiler, sorted(SHIMS.glob("*.c")))], archive.parent)
    return archive


@pytest.fixture
def c_test(compiler: Compiler, shims: Path, tmp_path: Path) -> CTest:
    """``c_test(name, sources, *arguments)`` builds tests/c/NAME_test.c with sources, and runs it.

    ``also``: more sources and objects; ``flags``: more arguments of the compiler.
    """

    def build_and_run(
        name: str,
        sources: Sequence[str],
        *arguments: str | Path,
        also: Sequence[Path] = (),
        flags: Sequence[str | Path] = (),
    ) -> str:
        program = tmp_path / name
        parts = [C_TESTS / f"{name}_test.c", *(LIBOS / source for source in sources), *also]
        objects = [path for path in parts if path.suffix == ".o"]
        fresh = [path for path in parts if path.suffix != ".o"]
        objects += compiled(compiler, fresh, flags)
        _run(["gcc", *FLAGS, "-o", program, *objects, shims], tmp_path)
        return _run([program, *arguments], tmp_path)

    return build_and_run
