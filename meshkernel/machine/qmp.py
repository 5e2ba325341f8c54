"""QEMU's machine protocol, as much of it as a machine here needs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import define, field

from meshkernel.config.machine import Command
from meshkernel.errors import MachineError


class Refused(MachineError):  # noqa: N818 - reads as what happened
    """QEMU answered a command with an error."""


@define
class Qmp:
    """A client over a connected socket; one command at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    _lock: asyncio.Lock = field(factory=asyncio.Lock)

    async def greet(self) -> None:
        """Waits until QEMU has made the machine, and takes the protocol into use.

        Raises:
            MachineError: QEMU ended before.
        """
        await self._read()
        await self.execute("qmp_capabilities")

    async def execute(self, command: str, **arguments: object) -> Any:
        """Runs a command; returns its result.

        Raises:
            Refused: QEMU did not do it.
            MachineError: it is gone.
        """
        async with self._lock:
            await self._write(_line(command, arguments))
            return _result(command, await self._answer())

    async def execute_all(self, commands: Sequence[Command]) -> None:
        """Runs commands one behind the other, without waiting for the results in between.

        Raises:
            Refused: QEMU did not do one; the first of them is told.
            MachineError: it is gone.
        """
        async with self._lock:
            await self._write(b"".join(_line(*each) for each in commands))
            answers = [await self._answer() for _ in commands]
        for (name, _), answer in zip(commands, answers, strict=True):
            _result(name, answer)

    async def _write(self, data: bytes) -> None:
        try:
            self.writer.write(data)
            await self.writer.drain()
        except ConnectionError as error:
            raise MachineError(f"QEMU is gone: {error}") from error

    async def _answer(self) -> dict[str, Any]:
        """The next line that answers a command, and tells of no event."""
        while True:
            answer = await self._read()
            if "return" in answer or "error" in answer:
                return answer

    async def _read(self) -> dict[str, Any]:
        try:
            line = await self.reader.readline()
        except ConnectionError as error:  # it went while something was on its way to it
            raise MachineError(f"QEMU is gone: {error}") from error
        if not line:
            raise MachineError("QEMU closed its control socket")
        found: dict[str, Any] = json.loads(line)
        return found


def _line(command: str, arguments: Mapping[str, object]) -> bytes:
    """A command as it is sent: short, since QEMU reads it byte by byte, with a turn of its loop for
    each (3 us).
    """
    given = {"arguments": arguments} if arguments else {}
    return json.dumps({"execute": command} | given, separators=(",", ":")).encode() + b"\n"


def _result(command: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise Refused(f"QEMU refused {command}: {answer['error']['desc']}")
    return answer["return"]
