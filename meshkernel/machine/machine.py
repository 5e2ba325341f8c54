"""One running virtual machine.

::

    async with Machine.start(spec, on_message=..., on_console=...) as machine:
        await machine.send({"type": "ping", "id": 1})
        ended = await machine.wait()

QEMU belongs to the block: it is gone when the block is left, however that happens, and the kernel
ends it if this process is killed.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import define

from meshkernel.errors import MachineError
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.channel import Channel, OnMessage, OnTrace
from meshkernel.machine.console import Console, OnConsole
from meshkernel.machine.outcome import MachineExit, Remains, outcome
from meshkernel.machine.process import Qemu, launch
from meshkernel.machine.qmp import Qmp
from meshkernel.machine.stamps import Stamps
from meshkernel.machine.standby import Standby
from meshkernel.trace import Request

LOOKS = 3
"""How often the machine's clock is compared with ours: the shortest look is the surest."""


@define(eq=False)
class Machine:
    """A machine that runs; made by `Machine.start`.

    Attributes:
        spec: what it was made from.
        qmp: QEMU's own protocol.
        channel: its control channel, to its runtime and its library OS.
    """

    spec: MachineSpec
    qmp: Qmp
    channel: Channel
    _console: Console
    _qemu: Qemu
    _end: asyncio.Task[MachineExit]

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        spec: MachineSpec,
        *,
        network: socket.socket | None = None,
        standby: Standby | None = None,
        on_message: OnMessage | None = None,
        on_console: OnConsole | None = None,
        on_trace: OnTrace | None = None,
    ) -> AsyncIterator[Machine]:
        """Boots a machine; it is killed, if it still runs, when the block ends.

        Args:
            spec: the machine.
            network: the switch's socket for its network device; it is taken over, and closed.
            standby: a QEMU that waits and fits, whose network the switch has; it becomes the
                machine.
            on_message: called with each message of the guest's runtime.
            on_console: called with the console's bytes as they come.
            on_trace: called with the records of its trace, if its spec asks for one.

        Raises:
            MachineError: QEMU could not start it; has QEMU's words.
        """
        if standby is None:
            with network or ExitStack():
                qemu = await launch(spec, network)
            qmp = Qmp(qemu.qmp.reader, qemu.qmp.writer)
        else:
            qemu, qmp = standby.qemu, standby.qmp
        console = Console(qemu.serial, on_console)
        channel = Channel(spec.name, qemu.control, on_message, on_trace)
        end = asyncio.create_task(_watch(qemu, console, channel))
        machine = cls(spec, qmp, channel, console, qemu, end)
        try:
            await machine._made(qmp.greet() if standby is None else standby.become(spec))
            yield machine
        finally:
            await machine._close()

    async def _made(self, making: Coroutine[Any, Any, None]) -> None:
        """Waits until QEMU has made the machine."""
        made = asyncio.create_task(making)
        await asyncio.wait([made, self._end], return_when=asyncio.FIRST_COMPLETED)
        try:
            await made
        except MachineError as error:
            ended = await self._end
            if self.channel.last is None:  # else it was just faster than we are
                raise MachineError(
                    f"QEMU could not start {self.spec.name}: {ended.said or error}"
                ) from error

    @property
    def pid(self) -> int:
        """Of its QEMU."""
        return self._qemu.pid

    @property
    def started(self) -> float:
        """`time.monotonic` when its QEMU was started, in seconds."""
        return self._qemu.started

    @property
    def console(self) -> bytes:
        """The end of what was written to the console."""
        return self._console.end

    @property
    def image(self) -> Path:
        """What it has booted; of a machine that went on from a seal, what was sealed."""
        return self.spec.sealed_from or self.spec.image

    @property
    def facts(self) -> dict[str, str]:
        """About the machine, for a report."""
        sealed = {}
        if self.spec.ram is not None:
            sealed["sealed"] = _written(self.spec.ram)
        return {
            **sealed,
            "memory": f"{self.spec.memory >> 20} MiB",
            "executed": f"by {self.spec.accel}, in process {self.pid}",
        }

    @property
    def running(self) -> bool:
        return not self._end.done()

    async def send(self, message: dict[str, Any]) -> None:
        """Sends a message to the guest's runtime; to a machine that has ended, nothing."""
        await self.channel.send(message)

    async def signal(self, number: int) -> None:
        """Sends the program a signal, as ``kill`` does; to a machine that has ended, nothing."""
        await self.channel.signal(number)

    async def trace(self, request: Request | None, on_trace: OnTrace | None = None) -> None:
        """Switches the trace of system calls on, or off for None.

        Args:
            request: what is to be traced.
            on_trace: called with the records from now on, if it is given.

        Raises:
            MachineError: its library OS has no trace, refuses this one, or does not answer.
        """
        if on_trace is not None:
            self.channel.on_trace = on_trace
        await self.channel.trace(request, self._end)

    async def maps(self) -> str:
        """Where the program's files are mapped: lines ``address path``.

        Raises:
            MachineError: its library OS does not answer.
        """
        return (await self.channel.maps(self._end)).decode(errors="replace")

    async def stamps(self) -> Stamps:
        """How far its start was when.

        Raises:
            MachineError: its library OS does not answer, or not in our words; or it has ended.
        """
        looks = []
        for _ in range(LOOKS):
            asked = time.monotonic()
            report = await self.channel.start_report(self._end)
            if not report:
                raise MachineError(f"{self.spec.name} has ended")
            try:
                looks.append(Stamps.decode(report, asked, time.monotonic()))
            except struct.error as error:
                raise MachineError(f"what {self.spec.name} tells of its start: {error}") from error
        return min(looks, key=lambda each: each.error)

    async def interrupt(self) -> None:
        """Has the library OS say where it is, even where it does not answer, and end (an NMI).

        Raises:
            MachineError: QEMU cannot, or is gone.
        """
        await self.qmp.execute("inject-nmi")

    async def type(self, data: bytes) -> None:
        """Writes bytes to the console's input; a machine that has ended takes them in silence."""
        await self._console.type(data)

    async def wait(self) -> MachineExit:
        """Waits for the machine's end."""
        return await asyncio.shield(self._end)

    def kill(self) -> None:
        """Ends the machine at once. It is gone when `wait` returns."""
        self._qemu.kill()

    async def _close(self) -> None:
        self.kill()
        try:
            await self.wait()
        finally:
            self._qemu.close()


def _written(path: Path) -> str:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat(timespec="seconds")
    except OSError as error:
        return f"at an unknown time: {error}"


async def _watch(qemu: Qemu, console: Console, channel: Channel) -> MachineExit:
    """A machine from its start to its end."""
    readers = asyncio.gather(
        console.read(), _listen(qemu, channel), qemu.read_errors(), return_exceptions=True
    )
    code = await qemu.wait()
    await readers  # what QEMU passed on is still in the sockets; they end now
    return outcome(
        Remains(code, channel.last, console.end, qemu.errors, qemu.killed, channel.broken)
    )


async def _listen(qemu: Qemu, channel: Channel) -> None:
    """The control channel to its end; a machine that does not keep to the format cannot go on."""
    await channel.read()
    if channel.broken:
        qemu.end()
