"""QEMUs that stand by, and become machines."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import pytest
import specs
from attrs import evolve

from meshkernel.config import VolumeValues
from meshkernel.errors import MachineError
from meshkernel.machine.arguments import (
    Descriptors,
    MachineSpec,
    arguments,
    settings,
    standby_arguments,
)
from meshkernel.machine.machine import Machine
from meshkernel.machine.outcome import Reason
from meshkernel.machine.standby import Standby
from meshkernel.topology.model import Accel

pytestmark = pytest.mark.usefixtures("fake_qemu")


def spec(what: str, **secrets: str) -> MachineSpec:
    return evolve(specs.spec(what, **secrets), memory=33 << 20, mac="02:6b:0a:00:00:01")


async def started() -> Standby:
    async with asyncio.timeout(20):
        return await Standby.start(Accel.TCG, specs.launcher())


async def descriptors() -> list[str]:
    """What is open, once the loop has closed what it was told to close."""
    for _ in range(5):
        await asyncio.sleep(0)
    return sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names


async def test_it_becomes_the_machine() -> None:
    standby = await started()
    before = time.monotonic()
    async with asyncio.timeout(20), Machine.start(spec("status"), standby=standby) as machine:
        assert machine.pid == standby.qemu.pid
        assert machine.started >= before
        ended = await machine.wait()
    assert (ended.reason, ended.code) == (Reason.STATUS, 3)


async def test_what_a_boot_is_told_is_of_when_it_is_needed() -> None:
    standby = await started()
    needed = time.time_ns()
    async with (
        asyncio.timeout(20),
        Machine.start(spec("boot", KEY="hidden"), standby=standby) as machine,
    ):
        await machine.wait()
    words = dict(line.split(maxsplit=1) for line in machine.console.decode().splitlines())
    assert words["environment"] == "KEY=hidden"
    assert needed <= int(words["wall"]) <= time.time_ns()
    assert len(bytes.fromhex(words["seed"])) == 32


async def test_nothing_is_left_open() -> None:
    await (await started()).close()  # what the loop keeps open for processes
    before = await descriptors()
    standby = await started()
    pid = standby.qemu.pid
    await standby.close()
    assert not os.path.exists(f"/proc/{pid}")  # noqa: ASYNC240, PTH110
    standby = await started()
    async with asyncio.timeout(20), Machine.start(spec("status"), standby=standby) as machine:
        await machine.wait()
    assert standby.network.fileno() == -1
    assert await descriptors() == before


async def test_refusal_of_a_setting_is_told_and_ends_it() -> None:
    standby = await started()
    refused = evolve(spec("wait"), image=Path("refused.elf"))
    with pytest.raises(MachineError, match="could not start test: QEMU refused qom-set: it is not"):
        async with asyncio.timeout(20), Machine.start(refused, standby=standby):
            pass
    assert not os.path.exists(f"/proc/{standby.qemu.pid}")  # noqa: ASYNC240, PTH110


async def test_one_that_has_died_is_a_machine_that_could_not_be_started() -> None:
    standby = await started()
    standby.qemu.end()
    with pytest.raises(MachineError, match="could not start test: its QEMU was ended by SIGKILL"):
        async with asyncio.timeout(20), Machine.start(spec("wait"), standby=standby):
            pass


async def test_what_does_not_stand_by_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "qemu-system-x86_64"
    program.write_text("""#!/bin/sh
case "$*" in *--version*) echo "QEMU emulator version 7.2.0"; exit; esac
echo "qemu: -preconfig: invalid option" >&2; exit 1
""")
    with pytest.raises(MachineError, match="does not stand by: qemu: -preconfig: invalid option"):
        await started()


def test_what_fits() -> None:
    standby = Standby.__new__(Standby)
    standby._accel = Accel.TCG
    assert standby.fits(spec("wait"))
    assert standby.fits(evolve(spec("wait"), ram=Path("image.ram")))
    assert not standby.fits(evolve(spec("wait"), accel=Accel.KVM))
    assert not standby.fits(evolve(spec("wait"), cpu="max,-avx2"))
    assert not standby.fits(evolve(spec("wait"), mac=None))
    assert not standby.fits(evolve(spec("wait"), volumes=(VolumeValues("v", "/v"),)))
    assert not standby.fits(evolve(spec("wait"), inherited=(9,)))


def test_its_command_line_names_no_service() -> None:
    words = " ".join(standby_arguments(Path("qemu"), Accel.TCG, Descriptors(3, 4, 5, 6, 7)))
    assert "-preconfig" in words
    assert "-netdev stream,id=net,server=off,addr.type=fd,addr.str=7" in words
    for absent in ("mac=", "-kernel", "-initrd", "memory-backend", "-fsdev"):
        assert absent not in words


def options(words: list[str]) -> set[str]:
    """Each option with its value."""
    return set(" ".join(words[1:]).replace(" -", "\n-").splitlines())


def test_it_is_the_machine_that_would_have_been_started() -> None:
    """Whatever is added to machines is added to those that stood by, too."""
    inherited = Descriptors(3, 4, 5, 6, 7)
    warm = evolve(spec("wait"), ram=Path("/images/a.ram"))
    usual = options(arguments(Path("qemu"), warm, inherited))
    stands_by = options(standby_arguments(Path("qemu"), Accel.TCG, inherited))
    known = ("-name ", "-M ", "-m ", "-object ", "-kernel ", "-initrd ")
    missing = sorted(each for each in usual - stands_by if not each.startswith(known))
    (network,) = missing
    assert network.removesuffix(",mac=02:6b:0a:00:00:01") in stands_by
    assert {each for each in stands_by - usual if not each.startswith(known)} == {
        "-preconfig",
        network.removesuffix(",mac=02:6b:0a:00:00:01"),
    }
    (board,) = (each for each in stands_by if each.startswith("-M "))
    assert f"{board},memory-backend=ram" in usual


def test_settings_of_a_warm_machine() -> None:
    told = settings(evolve(spec("wait"), ram=Path("/images/a.ram")))
    commands = [(name, given.get("property"), given.get("value")) for name, given in told]
    assert commands == [
        ("qom-set", "kernel", "image.elf"),
        ("qom-set", "memory", {"size": 33 << 20}),
        ("object-add", None, None),
        ("qom-set", "memory-backend", "/objects/ram"),
    ]
    file = told[2][1]
    assert (file["mem-path"], file["size"]) == ("/images/a.ram", 33 << 20)
    assert "share" not in file


def test_settings_of_a_usual_machine() -> None:
    """QEMU reads them byte by byte: nothing is said that goes without saying."""
    usual = settings(evolve(spec("wait"), memory=64 << 20))
    assert usual == [("qom-set", {"path": "/machine", "property": "kernel", "value": "image.elf"})]


async def test_its_network_is_a_pair() -> None:
    standby = await started()
    try:
        assert standby.network.family is socket.AF_UNIX
        assert not standby.network.get_inheritable()
    finally:
        await standby.close()
