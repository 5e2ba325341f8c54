"""QEMU's machine protocol, as much of it as a machine here needs."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from attrs import define, field

from meshkernel.errors import MachineError


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
            MachineError: QEMU refused it, or is gone.
        """
        async with self._lock:
            question = {"execute": command, "arguments": arguments}
            try:
                self.writer.write(json.dumps(question).encode() + b"\n")
                await self.writer.drain()
            except ConnectionError as error:
                raise MachineError(f"QEMU is gone: {error}") from error
            while True:
                answer = await self._read()
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise MachineError(f"QEMU refused {command}: {answer['error']['desc']}")

    async def _read(self) -> dict[str, Any]:
        line = await self.reader.readline()
        if not line:
            raise MachineError("QEMU closed its control socket")
        found: dict[str, Any] = json.loads(line)
        return found
