"""Runs guest programs twice: as a process of this Linux, which is right, and as a unikernel."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import frozen

from meshkernel.config.boot import ENVIRONMENT
from meshkernel.image.images import Image
from meshkernel.image.paths import APP, LIBRARY
from meshkernel.machine import program
from meshkernel.machine.console import END_OF_INPUT
from meshkernel.machine.launcher import build_launcher
from meshkernel.machine.outcome import MachineExit
from meshkernel.machine.program import Run, Share
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel
from tests.folders import BUILD, out_folder

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
OUT = out_folder("guest")
PROGRAMS = OUT / "guest-programs"
SECONDS = 90
"""For one program; the longest takes 5 on an idle computer."""

MIB = 1 << 20
PREFIX = "meshkernel: "
"""How lines of the library OS start; those of a Python stack follow one such line."""
STACK = "meshkernel: Python stack"
FRAME = ("  File ", "  ...")


def launcher() -> Path:
    """What starts machines."""
    return build_launcher(Cache(OUT / "cache"))


@frozen
class Ended:
    """What a program did: one in a machine and one under Linux are equal if these are.

    Attributes:
        output: standard output and error, as text.
        status: as a shell sees it.
    """

    output: str
    status: int


@frozen
class InMachine:
    """What a program did in a machine.

    Attributes:
        ended: what it did itself.
        said: lines of the library OS on the console.
        end: of the machine.
        console: everything.
    """

    ended: Ended
    said: list[str]
    end: MachineExit
    console: str


@contextmanager
def alone() -> Iterator[None]:
    """No other worker has a program under Linux meanwhile: they give their files in /tmp fixed
    names.
    """
    with (BUILD / "tests" / "linux.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def on_linux(command: list[str | Path], stdin: str = "") -> Ended:
    """Runs a program as a process of this Linux."""
    with alone(), tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)  # a program may become another user
        done = subprocess.run(
            [str(word) for word in command],
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=host_environment() | {"GUEST_FOLDER": folder},
            timeout=SECONDS,
            check=False,
        )
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return Ended(as_in_image(done.stdout.decode(errors="replace")), status)


def host_environment() -> dict[str, str]:
    """As in a machine, but for the way to modules."""
    return ENVIRONMENT | {"PATH": os.environ["PATH"], "PYTHONPATH": str(HERE / "python")}


def as_in_image(text: str) -> str:
    """Names of files as they are in an image."""
    for ours, theirs in (
        (str(HERE / "python"), APP),
        (str(PROGRAMS), APP),
        (sysconfig.get_path("stdlib"), LIBRARY),
    ):
        text = text.replace(ours, theirs)
    return text


async def in_machine(run: Run, image: Image, stdin: str = "") -> InMachine:
    """Runs a program as a unikernel."""
    console = bytearray()
    try:
        async with (
            asyncio.timeout(SECONDS),
            program.start(run, image, console.extend) as machine,
        ):
            await machine.type(stdin.encode() + END_OF_INPUT)
            end = await machine.wait()
    except TimeoutError:
        text = console.decode(errors="replace")
        pytest.fail(f"{run.name} did not end in {SECONDS} s; its console:\n{text}", pytrace=False)
    text = console.decode(errors="replace")
    print(f"console of {run.name}, which {end.sentence}:\n{text}")
    own, said = parted(text)
    return InMachine(Ended(own, end.status), said, end, text)


def parted(console: str) -> tuple[str, list[str]]:
    """What the program wrote, and the lines of the library OS."""
    own = ""
    said: list[str] = []
    in_stack = False
    for line in console.splitlines(keepends=True):
        in_stack = line.startswith(STACK) or (in_stack and line.startswith(FRAME))
        if in_stack or line.startswith(PREFIX):
            said.append(line.rstrip())
        else:
            own += line
    return own, said


def compile_c(name: str, *options: str, variant: str = "") -> Path:
    """Compiles tests/guest/c/NAME.c, anew only if something changed."""
    if shutil.which("cc") is None:
        pytest.skip("cc is missing: guest programs are compiled with it")
    PROGRAMS.mkdir(parents=True, exist_ok=True)
    source = HERE / "c" / f"{name}.c"
    target = PROGRAMS / f"{name}{variant}"
    headers = (HERE / "c").glob("*.h")
    newest = max(path.stat().st_mtime_ns for path in (source, *headers))
    if not target.is_file() or target.stat().st_mtime_ns < newest:
        flags = ["-std=gnu17", "-O1", "-g0", "-Wall", "-Wextra", "-pthread"]
        command = ["cc", *flags, *options, "-o", target, source, "-lm"]
        subprocess.run(command, check=True)
    return target


async def run_c(
    file: Path,
    *arguments: str,
    memory: int = 64 * MIB,
    stdin: str = "",
    volumes: tuple[Share, ...] = (),
) -> InMachine:
    """Runs an executable as a unikernel."""
    run = Run(
        script=file,
        arguments=arguments,
        memory=memory,
        volumes=volumes,
        accel=Accel.TCG,
        out=OUT,
    )
    image = await asyncio.to_thread(program.build, run)
    return await in_machine(run, image, stdin)


def python_run(*arguments: str, memory: int = 128 * MIB) -> Run:
    """run.py runs the module that is its first argument."""
    names = tuple(sorted(path.stem for path in (HERE / "python").glob("*.py")))
    return Run(
        script=HERE / "python" / "run.py",
        arguments=arguments,
        include=tuple(name for name in names if name != "run"),
        everything=True,
        memory=memory,
        accel=Accel.TCG,
        out=OUT,
    )


def python_on_linux(*arguments: str, stdin: str = "") -> Ended:
    """Runs a program of tests/guest/python under this Linux."""
    return on_linux([sys.executable, HERE / "python" / "run.py", *arguments], stdin)
