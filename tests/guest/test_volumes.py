"""Folders of the host in a machine: programs see there what they see in a folder of Linux."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import sys
from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from meshkernel.errors import SupervisorError
from meshkernel.machine import program
from meshkernel.machine.program import Run, Share
from meshkernel.topology.model import Accel

from .running import (
    HERE,
    OUT,
    SECONDS,
    InMachine,
    compile_c,
    in_machine,
    on_linux,
    python_on_linux,
    python_run,
    run_c,
)

OWN = ".meshkernel"
"""Where files live on that are open and have no name any more."""

pytestmark = pytest.mark.machine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A volume. Mounted at /tmp it is where the programs for Linux make their files."""
    path = tmp_path / "a volume, with a comma"
    path.mkdir(mode=0o700)
    return path


def left_in(folder: Path) -> list[str]:
    """What is left, but for the library OS's own folder, which has to be empty."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != OWN)


def run_of(name: str, folder: Path, *arguments: str, read_only: bool = False) -> Run:
    """A program of tests/guest/volumes, with the folder at /data."""
    return Run(
        script=HERE / "volumes" / f"{name}.py",
        arguments=arguments,
        volumes=(Share(folder, "/data", read_only),),
        accel=Accel.TCG,
        out=OUT,
    )


async def run_in(name: str, folder: Path, *, read_only: bool = False) -> InMachine:
    run = run_of(name, folder, read_only=read_only)
    image = await asyncio.to_thread(program.build, run)
    return await in_machine(run, image)


@pytest.mark.parametrize("name", ["files", "locks", "owned", "volumes"])
async def test_as_under_linux(name: str, folder: Path) -> None:
    if name == "owned" and os.geteuid() != 0:
        pytest.skip("only root may do under Linux what this program does")
    file = compile_c(name)
    done = await run_c(file, volumes=(Share(folder, "/tmp"),))
    assert done.ended == on_linux([file])
    assert left_in(folder) == []


async def test_python_as_under_linux(folder: Path) -> None:
    run = evolve(python_run("files_"), volumes=(Share(folder, "/tmp"),))
    image = await asyncio.to_thread(program.build, run)
    done = await in_machine(run, image)
    assert done.ended == python_on_linux("files_")
    assert not done.said
    assert left_in(folder) == []


@pytest.mark.parametrize("name", ["database", "large"])
async def test_uses_as_under_linux(name: str, folder: Path) -> None:
    run = evolve(run_of(name, folder), volumes=(Share(folder, "/tmp"),))
    image = await asyncio.to_thread(program.build, run)
    done = await in_machine(run, image)
    assert done.ended == on_linux([sys.executable, HERE / "volumes" / f"{name}.py"])
    assert not done.said
    assert left_in(folder) == []


async def test_a_volume_to_read(folder: Path) -> None:
    (folder / "kept").write_text("contents")
    (folder / "folder").mkdir()
    (folder / "folder" / "inside").touch()
    done = await run_in("refused", folder, read_only=True)
    changes = "write update create append mkdir rmdir unlink rename link symlink truncate chmod"
    assert done.ended.output.splitlines() == [
        "contents ['folder', 'kept'] ['inside']",
        *(f"{change} EROFS" for change in [*changes.split(), "utime"]),
        "read done",
        "True False",
        "b'contents'",
        "1",
        "[['/data', '9p', 'ro']]",
    ]
    assert left_in(folder) == ["folder", "folder/inside", "kept"]


async def test_nothing_leads_out_of_a_volume(folder: Path) -> None:
    """What a machine makes means nothing on the host, and the host's links lead nowhere."""
    (folder.parent / "outside").write_text("secret")
    (folder.parent / "secret").write_text("secret")
    (folder / "host-link").symlink_to(folder.parent / "outside")
    (folder / "host-folder").symlink_to(folder.parent)
    os.mkfifo(folder / "host-fifo")
    done = await run_in("outside", folder)
    assert done.ended.output.splitlines() == [
        "/etc/shadow ../../../../etc/shadow False",
        "0o104755",
        "host-link ELOOP",
        "host-folder/secret ELOOP",
        "../outside ENOENT",
        "host-fifo ENXIO",
    ]
    for name in ("absolute", "relative", "program"):
        mode = (folder / name).lstat().st_mode
        assert stat.S_ISREG(mode)
        assert stat.S_IMODE(mode) == 0o600


async def test_fsync_means_it(folder: Path, tmp_path: Path) -> None:
    """QEMU itself syncs as often as the program does, and the folder too."""
    if shutil.which("strace") is None:
        pytest.skip("strace is missing: it shows what QEMU does")
    run = run_of("durable", folder)
    image = await asyncio.to_thread(program.build, run)
    console = Console()
    async with asyncio.timeout(SECONDS), program.start(run, image, console) as machine:
        await console.heard(b"ready")
        log = tmp_path / "strace"
        command = ["strace", "-f", "-e", "trace=fsync,fdatasync", "-o", log, "-p", machine.pid]
        strace = await asyncio.create_subprocess_exec(
            *map(str, command), stderr=asyncio.subprocess.PIPE
        )
        try:
            assert strace.stderr is not None
            attached = await strace.stderr.readline()
            assert b"attached" in attached, attached
            await machine.type(b"\n")
            await machine.wait()
        finally:
            await strace.wait()  # it ends with QEMU
    calls = Counter(
        name
        for line in log.read_text().splitlines()
        for name in ("fsync(", "fdatasync(")
        if f" {name}" in line
    )
    assert calls == {"fsync(": 4, "fdatasync(": 2}


@pytest.mark.parametrize("how", ["ends", "killed"])
async def test_what_maps_have_written_outlives_the_program(folder: Path, how: str) -> None:
    """As under Linux: nothing has to sync them."""
    run = run_of("mapped", folder, how)
    image = await asyncio.to_thread(program.build, run)
    done = await in_machine(run, image)
    assert done.end.status == {"ends": 0, "killed": 128 + signal.SIGKILL}[how]
    page = 4096
    expected = b"first".ljust(2 * page, b"\0") + b"last".ljust(page, b"\0")
    assert (folder / "mapped").read_bytes() == expected


async def test_a_machine_that_was_killed_leaves_no_lost_files(folder: Path) -> None:
    run = run_of("durable", folder, "killed")
    image = await asyncio.to_thread(program.build, run)
    console = Console()
    async with asyncio.timeout(SECONDS), program.start(run, image, console) as machine:
        await console.heard(b"unlinked []")
        assert left_in(folder) == [f"{OWN}/1"]
        with pytest.raises(SupervisorError, match="is mounted for writing already"):
            async with program.start(run, image, console):
                pass
        machine.kill()
        await machine.wait()
    assert left_in(folder) == [f"{OWN}/1"]
    done = await in_machine(evolve(run, arguments=()), image)
    assert done.end.status == 0
    assert left_in(folder) == ["file"]


async def test_a_volume_that_is_not_there_is_a_sentence(folder: Path) -> None:
    """The host offers it under another tag than the boot configuration names."""
    run = run_of("durable", folder)
    image = await asyncio.to_thread(program.build, run)
    without = evolve(run, volumes=())

    def boot(self: Run, plan: object) -> str:
        return f"{Run.boot(without, plan)}volume volume0 rw /data\n"  # type: ignore[arg-type]

    lacking = type("Lacking", (Run,), {"boot": boot})(**fields_of(without))
    done = await in_machine(lacking, image)
    assert done.end.sentence == (
        "stopped: nothing could be mounted at /data: the host offers no volume0, or this library OS"
        " was built without volumes"
    )


def fields_of(run: Run) -> dict[str, object]:
    return {name: getattr(run, name) for name in ("script", "accel", "out")}


class Console:
    """What a machine has said, and a way to wait for it."""

    def __init__(self) -> None:
        self._said = b""
        self._more = asyncio.Event()

    def __call__(self, data: bytes) -> None:
        self._said += data
        self._more.set()

    async def heard(self, text: bytes) -> None:
        """Returns once it has said this."""
        while text not in self._said:
            self._more.clear()
            await self._more.wait()
