"""Sealing: a program goes on behind its fork in other machines, as a child does under Linux."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

import pytest
from attrs import evolve

from meshkernel.config import machine as machines
from meshkernel.config.machine import VolumeValues
from meshkernel.image.images import Image
from meshkernel.machine.boot import complete, line
from meshkernel.machine.outcome import Reason
from meshkernel.machine.sealing import NotSealed
from meshkernel.toolchain import tools
from meshkernel.topology.model import Accel
from meshkernel.trace.lines import Lines
from meshkernel.trace.table import request

from .running import MIB, REPOSITORY, SECONDS, compile_c, on_linux, parted, python_on_linux
from .sealing import Warm, exposed, ran, sealed, spec_of_c, spec_of_python, started, values
from .test_ends import KILLED, SEGMENTATION

KINDS = ["ram", "elf"]
MARK = "a-mark-of-the-host"
NO_FORK = "meshkernel: fork is not available in a unikernel (one process)"

pytestmark = pytest.mark.machine


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["seal_state", "seal_registers"])
async def test_as_a_child_under_linux(name: str, kind: str, tmp_path: Path) -> None:
    warm = await sealed(spec_of_c(name), tmp_path)
    done = await ran(getattr(warm, kind))
    expected = on_linux([compile_c(name)])
    assert warm.console + done.ended.output == expected.output
    assert done.ended.status == expected.status
    assert not done.said


@pytest.mark.parametrize("how", KILLED)
async def test_what_is_protected_stays_so(how: str, tmp_path: Path) -> None:
    warm = await sealed(spec_of_c("ends", "sealed", how), tmp_path)
    done = await ran(warm.ram)
    assert (done.end.reason, done.end.code) == (Reason.SIGNAL, SEGMENTATION)
    assert done.ended.status == on_linux([compile_c("ends"), "sealed", how]).status


async def test_the_memory_of_the_library_os_stays_out_of_reach(tmp_path: Path) -> None:
    warm = await sealed(spec_of_c("ends", "sealed", "pass_high_addresses"), tmp_path)
    done = await ran(warm.ram)
    cold = await ran(spec_of_c("ends", "pass_high_addresses"))
    assert done.ended == cold.ended
    assert "Bad address" in done.ended.output


@pytest.fixture
async def renewed(tmp_path: Path) -> Warm:
    spec = spec_of_c("seal_renewed")
    return await sealed(evolve(spec, secrets={"SECRET": MARK}), tmp_path)


async def test_what_is_of_one_machine_is_renewed(renewed: Warm) -> None:
    before = values(renewed.console)
    boot = renewed.ram.boot.replace("hostname run-seal-renewed", "hostname another")
    boot += line("environment", "NEW=in the new environment")
    boot += line("host", "10.77.0.9 catalog") + line("file", "/etc/service.text of this machine")
    whole = await ran(evolve(renewed.ram, boot=boot, secrets={"TOKEN": "hush"}))
    after = values(whole.ended.output)
    assert not whole.said
    assert whole.ended.status == 0
    assert before["pid"] == "2 2 2"
    assert after["pid"] == "1 1 1"
    assert (before["hostname"], after["hostname"]) == ("run-seal-renewed", "another")
    assert (before["name"], after["name"]) == ("run-seal-renewed", "another")
    assert "catalog" not in before["hosts"]
    assert after["hosts"] == "127.0.0.1 localhost 127.0.1.1 another 10.77.0.9 catalog"
    assert "NEW=in the new environment" in after["environment"]
    assert "TOKEN=hush" in after["environment"]
    assert after["sealed"] == after["environment"]
    assert after["stack"] == "8"  # what comes next is filled: no machine begins with faults
    assert len(set(after["text"].split(" of "))) == 1
    assert MARK not in renewed.console
    assert after["read"] == "of this machine"
    assert int(after["monotonic"]) > int(before["monotonic"])
    assert int(after["monotonic"]) - int(before["monotonic"]) < 60e9
    assert abs(int(after["realtime"]) / 1e9 - time.time()) < 60
    assert int(before["realtime"]) / 1e9 < time.mktime((2020, 1, 2, 0, 0, 0, 0, 0, 0))
    assert before["random"] != after["random"]
    assert before["boot"] != after["boot"]
    assert after["again"] == "-1 No such device or address"
    assert "back" not in after
    assert 50e6 <= int(after["slept"]) < 5e9


async def test_each_machine_is_another_and_the_file_stays(renewed: Warm) -> None:
    one = digest(renewed.files["image.ram"])
    found = [values((await ran(spec)).ended.output) for spec in (renewed.ram, renewed.ram)]
    assert len({each["random"] for each in found}) == 2
    assert len({each["boot"] for each in found}) == 2
    assert digest(renewed.files["image.ram"]) == one


async def test_nothing_of_the_host_is_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = hashlib.sha256(b"the seed of this test").digest()
    monkeypatch.setattr(secrets, "token_hex", lambda _: seed.hex())
    monkeypatch.setenv("OF_THE_HOST", MARK)
    spec = evolve(spec_of_c("seal_renewed"), secrets={"SECRET": MARK})
    warm = await sealed(spec, tmp_path)
    memory = warm.files["image.ram"].read_bytes()
    for secret in (seed, seed.hex().encode(), MARK.encode(), str(REPOSITORY).encode()):
        assert secret not in memory
    assert bytes.fromhex(values(warm.console)["random"]) not in memory
    assert b"seal_renewed" in memory


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("memory", [128, 1024, 4096])
async def test_memory_beyond_the_sealed_machines(memory: int, kind: str, tmp_path: Path) -> None:
    spec = spec_of_c("seal_renewed", memory=48 * MIB)
    spec = evolve(spec, boot=spec.boot + line("environment", "LARGE=1"))
    warm = await sealed(spec, tmp_path)
    with warm.files["image.ram"].open("r+b") as file:
        file.truncate(memory * MIB)
    done = await ran(evolve(getattr(warm, kind), memory=memory * MIB))
    assert values(done.ended.output)["memory"] == "96"
    assert not done.said


async def test_a_machine_with_memory_above_the_hole_is_sealed(tmp_path: Path) -> None:
    warm = await sealed(spec_of_c("seal_renewed", memory=4096 * MIB), tmp_path)
    assert warm.files["image.ram"].stat().st_size == 4096 * MIB
    for spec in (warm.ram, warm.elf):
        assert (await ran(spec)).ended.status == 0


@pytest.mark.parametrize("kind", KINDS)
async def test_less_memory_is_enough_for_what_is_in_use(kind: str, renewed: Warm) -> None:
    done = await ran(evolve(getattr(renewed, kind), memory=32 * MIB))
    assert done.ended.status == 0
    assert not done.said


async def test_less_memory_than_is_in_use_is_refused(tmp_path: Path) -> None:
    spec = spec_of_c("seal_renewed")
    spec = evolve(spec, boot=spec.boot + line("environment", "BALLAST=1"))
    warm = await sealed(spec, tmp_path)
    done = await ran(evolve(warm.elf, memory=16 * MIB))
    assert done.end.reason in (Reason.PANIC, Reason.LOST)  # the channel is not up yet
    assert done.said == [
        "meshkernel: panic: the machine has less memory than was in use when it was sealed"
    ]


@pytest.mark.parametrize("board", ["q35", "pc"])
async def test_other_boards_go_on_from_the_elf_file(
    board: str, renewed: Warm, tmp_path: Path
) -> None:
    """Their firmware keeps some of the memory's end, and none of their devices is one of ours."""
    configuration = tmp_path / "boot.conf"
    configuration.write_bytes(complete(renewed.cold.boot, {}))
    process = await asyncio.create_subprocess_exec(
        *(tools.qemu().path, "-M", board, "-cpu", "max", "-m", "64M", "-nodefaults"),
        *("-display", "none", "-no-reboot", "-serial", "stdio"),
        *("-kernel", renewed.files["image.elf"], "-initrd", configuration),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    found = values(output.decode())
    assert (found["when"], found["pid"], found["memory"]) == ("after", "1 1 1", "8")


async def test_another_processor_is_refused(renewed: Warm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machines.CPUS, Accel.TCG, "max,-avx2")
    done = await ran(renewed.ram)
    assert done.end.reason is Reason.OTHER_PROCESSOR
    assert done.said == [
        "meshkernel: this processor cannot go on with the sealed image: "
        "it lacks bit 5 of CPUID 7:EBX of the one that it was sealed on"
    ]


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("connected", "descriptor 4 a network socket"),
        ("listener", "descriptor 4 a network socket"),
        ("udp6", "descriptor 4 a network socket"),
        ("netlink", "descriptor 4 a network socket"),
        ("packet", "descriptor 4 a network socket"),
        ("thread", "thread 3"),
        ("itimer", "timer of real time"),
        ("alarm", "timer of real time"),
        ("timerfd", "timer of descriptor 4"),
        ("memory", "memory less than 1 MiB is left"),
    ],
)
async def test_what_stands_in_the_way(what: str, found: str, tmp_path: Path) -> None:
    with pytest.raises(NotSealed) as refused:
        await sealed(spec_of_c("seal_refused", what), tmp_path)
    own, said = parted(refused.value.console.decode())
    assert own.splitlines() == [
        found,
        "-1 Device or resource busy",
        "-1 Invalid argument",
        "-1 Function not implemented",
    ]
    assert said == [NO_FORK]
    assert (refused.value.end.reason, refused.value.end.code) == (Reason.STATUS, 0)


async def test_what_comes_in_the_way_later(tmp_path: Path) -> None:
    with pytest.raises(NotSealed) as refused:
        await sealed(spec_of_c("seal_refused", "listener", "later"), tmp_path)
    own, said = parted(refused.value.console.decode())
    assert own.splitlines() == ["-1 Device or resource busy"]
    assert not said


async def test_a_machine_that_starts_has_nothing_to_seal() -> None:
    done = await ran(spec_of_c("seal_refused"))
    assert done.said == [NO_FORK]
    assert done.ended.output.splitlines()[-1] == "-1 Function not implemented"


async def test_volumes_are_mounted_behind_the_seal(renewed: Warm, tmp_path: Path) -> None:
    folder = tmp_path / "volume"
    folder.mkdir()
    (folder / "service.text").write_text("on the host")
    spec = evolve(
        renewed.ram,
        boot=renewed.ram.boot + line("volume", "volume0 ro /etc"),
        volumes=(VolumeValues("volume0", str(folder), read_only=True),),
    )
    done = await ran(spec)
    assert values(done.ended.output)["read"] == "on the host"
    assert not done.said


@pytest.mark.parametrize("kind", KINDS)
async def test_python_goes_on(python_image: Image, kind: str, tmp_path: Path) -> None:
    warm = await sealed(spec_of_python(python_image, "sealed"), tmp_path)
    done = await ran(getattr(warm, kind))
    assert warm.console == ""
    assert done.ended == python_on_linux("sealed")
    assert not done.said


async def test_python_has_what_is_its_own(python_image: Image, tmp_path: Path) -> None:
    warm = await sealed(spec_of_python(python_image, "sealed", "own"), tmp_path)
    boot = warm.cold.boot.replace("hostname run-run", "hostname another")
    boot += line("environment", "NEW=one")
    found = [
        json.loads(values((await ran(evolve(warm.ram, boot=boot))).ended.output)["own"])
        for _ in range(2)
    ]
    for own in found:
        assert own["pid"] == 1
        assert own["hostname"] == "another"
        assert own["environment"] == ["NEW=one"]
        assert abs(own["time"] - time.time()) < 60
    assert not set(found[0]["random"]) & set(found[1]["random"])


@pytest.mark.parametrize("when", ["behind", "before"])
async def test_the_network_is_there_behind_the_seal(
    python_image: Image, when: str, tmp_path: Path
) -> None:
    warm = await sealed(spec_of_python(python_image, "sealed", "serve", when), tmp_path)
    for _ in range(2):
        console = bytearray()
        async with asyncio.timeout(SECONDS), exposed(warm.ram, 80, console) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"hello")
            assert await reader.read() == b"hello from run-run"
            writer.close()
        assert console == b""


async def test_a_trace_ends_at_the_seal(tmp_path: Path) -> None:
    warm = await sealed(evolve(spec_of_c("seal_renewed"), trace=request()), tmp_path)
    assert (await ran(evolve(warm.ram, trace=None))).ended.status == 0


async def test_a_trace_begins_behind_the_seal(renewed: Warm) -> None:
    lines, said = Lines(), list[str]()
    spec = evolve(renewed.ram, trace=request(["getpid", "uname"]))
    console = bytearray()
    async with started(spec, console) as machine:
        machine.channel.on_trace = lambda batch: said.extend(lines.feed(batch))
        await machine.wait()
    assert [line for line in said if re.search(r"getpid\(\) += 1\b", line)]
    assert [line for line in said if "uname(" in line]
    assert lines.lost == 0
