"""Sealing, with a QEMU that does as it is told."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgpack
import pytest
import specs
from attrs import evolve

from meshkernel.config import VolumeValues
from meshkernel.machine.arguments import Descriptors, MachineSpec, arguments
from meshkernel.machine.outcome import Reason
from meshkernel.machine.sealing import NotSealed, seal

pytestmark = pytest.mark.usefixtures("fake_qemu")


def spec(what: str) -> MachineSpec:
    return specs.spec(what, KEY="hidden")


async def test_memory_and_seal() -> None:
    async with asyncio.timeout(20), seal(evolve(spec("seal"), seed="5" * 64)) as sealed:
        assert sealed.seal.entry == 1 << 20
        sealed.memory.seek((1 << 20) - 1)
        assert sealed.memory.read(3) == b"\0aa"
        sealed.memory.seek(0, 2)
        assert sealed.memory.tell() == 32 << 20
    assert sealed.messages == ({"type": "this"},)
    assert sealed.console.decode().splitlines() == [
        *("abi 1", "argument seal", "seal", f"seed {'5' * 64}", "wall 1577836800000000000"),
    ]
    assert sealed.memory.closed


async def test_a_seal_that_makes_no_sense() -> None:
    with pytest.raises(NotSealed, match="its control channel is broken: 1 ranges in 15 bytes"):
        async with asyncio.timeout(20), seal(spec("seal badly")):
            pass


async def test_what_the_runtime_says_stands_in_the_way() -> None:
    fault = {"what": "a socket", "where": "services/a.py:3", "remedy": "close it"}
    message = msgpack.packb({"type": "unsealable", "faults": [fault]})
    text = "".join(f"\\x{byte:02x}" for byte in message)
    with pytest.raises(NotSealed) as refused:
        async with asyncio.timeout(20), seal(spec(f"unsealable {text}")):
            pass
    assert refused.value.faults == [fault]
    assert refused.value.end.reason is Reason.STATUS


async def test_a_machine_that_ends_before_its_seal() -> None:
    with pytest.raises(NotSealed, match="test was not sealed: it stopped: the disk is on fire"):
        async with asyncio.timeout(20), seal(spec("panic")):
            pass


def words(machine: MachineSpec) -> str:
    return " ".join(arguments(Path("qemu"), machine, Descriptors(3, 4, 5, 6, 7)))


def test_a_machine_for_sealing_has_one_device() -> None:
    text = words(evolve(spec("x"), sealing=9))
    assert "memory-backend-file,id=ram,size=32M,mem-path=/proc/self/fd/9,share=on" in text
    assert ",memory-backend=ram" in text
    assert text.count(" -device ") == 2  # the channel, and its one port
    assert "rng" not in text


def test_a_warm_machine_maps_its_memory_privately() -> None:
    volume = VolumeValues("volume0", "/x")
    machine = evolve(spec("x"), ram=Path("/a,b/image.ram"), mac="02:6b:0a:00:00:01")
    text = words(evolve(machine, volumes=(volume,)))
    assert "memory-backend-file,id=ram,size=32M,mem-path=/a,,b/image.ram,share=off" in text
    assert ",memory-backend=ram" in text
    assert all(device in text for device in ("virtio-rng", "virtio-net", "virtio-9p"))


def test_a_machine_may_have_another_processor() -> None:
    assert " -cpu max,-erms" in words(spec("x"))
    assert " -cpu max,-avx2 " in words(evolve(spec("x"), cpu="max,-avx2"))


def test_a_cold_machine_has_memory_of_its_own() -> None:
    assert "memory-backend" not in words(spec("x"))
