"""Machines under gdb, one debugger each; a service that is stopped so need not answer pings."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import define, field

from meshkernel.errors import SupervisorError
from meshkernel.machine.debugging import stub, symbols
from meshkernel.machine.machine import Machine
from meshkernel.supervisor.control import Send
from meshkernel.supervisor.runner import Runner


@define
class Debuggers:
    """Which services are being debugged."""

    _services: set[str] = field(factory=set)

    async def attend(self, runner: Runner, send: Send) -> str:
        """Tell a client where to connect gdb, and with which symbols, and keep that place until the
        client has gone; returns how the machine ended, if it does before.

        Raises:
            SupervisorError: the service does not run, or is being debugged.
            MachineError: QEMU cannot.
        """
        machine = runner.machine
        if not isinstance(machine, Machine):
            raise SupervisorError(f"{runner.name} runs on no machine of QEMU")
        if runner.name in self._services:
            raise SupervisorError(f"{runner.name} is being debugged already")
        self._services.add(runner.name)
        runner.watch.excuse(1)
        try:
            return await self._attend(runner, machine, send)
        finally:
            runner.watch.excuse(-1)
            self._services.discard(runner.name)

    @staticmethod
    async def _attend(runner: Runner, machine: Machine, send: Send) -> str:
        maps = await machine.maps()
        found: list[dict[str, Any]] = [
            {"file": str(each.file), "bias": each.bias} for each in symbols(maps, machine.image)
        ]
        ending = asyncio.create_task(machine.wait())
        try:
            async with stub(machine) as socket:
                await send({"line": {"socket": str(socket), "symbols": found}})
                return f"{runner.name} {(await ending).sentence}"
        finally:
            ending.cancel()
