"""The parts of a machine's start, and the first byte behind it, as they are told."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

from meshkernel.errors import MachineError
from meshkernel.machine.stamps import Stamps
from meshkernel.supervisor import timings
from meshkernel.supervisor.timings import Place, Timing, Timings
from meshkernel.wire import frames

READY = {"type": "ready", "methods": [], "port": 7000}


async def serve(folder: Path, answer: bytes) -> Place:
    """Somebody at the end of a dial socket, who answers a hello so."""

    async def dialled(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert (await reader.readline()).startswith(b"10.77.0.2:7000 ")
        writer.write(b"ok\n")
        parser = frames.FrameParser()
        said: list[frames.Frame] = []
        while not said:
            said += parser.feed(await reader.read(1000))
        assert said[0][1] == frames.HELLO
        writer.write(answer)
        writer.close()

    await asyncio.start_unix_server(dialled, folder / "dial")
    return Place(folder / "dial", "10.77.0.2", 7000)


def machine(stamps: Stamps | None):
    async def tell() -> Stamps:
        if stamps is None:
            raise MachineError("cart has ended")
        return stamps

    return SimpleNamespace(started=10.0, stamps=tell)


async def told_of(monkeypatch, place: Place, stamps: Stamps | None) -> str:
    """What is told of a start that is ready at 10.1 s."""
    told, heard = [], []
    timing = Timing("cart", heard.append)
    measuring = Timings(told.append)
    with measuring.of(timing, machine(stamps), place):
        timing.message({"type": "log"})
        monkeypatch.setattr(timings.time, "monotonic", lambda: 10.1)
        timing.message(READY)
        monkeypatch.undo()
        await measuring.told()
    assert [each["type"] for each in heard] == ["log", "ready"]
    (event,) = told
    assert (event.phase, event.service) == ("note", "cart")
    return event.detail


async def test_parts_and_first_byte(tmp_path, monkeypatch):
    place = await serve(tmp_path, b"\0")
    stamps = Stamps(10.02, 10.025, 10.03, 10.04, 10.055, 0.001)
    parts, _, first = (await told_of(monkeypatch, place, stamps)).partition("; ")
    assert parts == (
        "QEMU 20.0 ms, firmware 5.0 ms, library OS 20.0 ms, devices 10.0 ms, "
        "Python 45.0 ms: ready after 100.0 ms"
    )
    assert first.startswith("first byte ")
    assert first.endswith(" ms later")


async def test_what_is_not_known_is_told(tmp_path, monkeypatch):
    place = await serve(tmp_path, b"")
    assert await told_of(monkeypatch, place, None) == (
        "ready after 100.0 ms; no first byte within 5 s (it has closed the connection); "
        "cart has ended"
    )


async def test_nobody_is_measured_for_nobody(tmp_path):
    heard = []
    timing = Timing("cart", heard.append)
    measuring = Timings()
    with measuring.of(timing, machine(None), Place(tmp_path / "nothing", "10.77.0.2", 7000)):
        timing.message(READY)
        await measuring.told()
    assert heard == [READY]


async def test_a_start_that_never_is_ready_ends_with_its_machine(tmp_path):
    told = []
    measuring = Timings(told.append)
    place = Place(tmp_path / "nothing", "10.77.0.2", 7000)
    with measuring.of(Timing("cart", told.append), machine(None), place):
        await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await measuring.told()
    assert told == []


async def test_without_a_switch_there_is_no_first_byte(tmp_path):
    with pytest.raises(FileNotFoundError):
        await Place(tmp_path / "nothing", "10.77.0.2", 7000).first_byte()
