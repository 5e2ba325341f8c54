"""What the supervisor needs of machines and of the network; tests put their own behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from meshkernel.machine.stamps import Stamps
from meshkernel.network.counters import Counters
from meshkernel.plan.model import Plan, Replica
from meshkernel.trace import Batch, Request

OnMessage = Callable[[dict[str, Any]], None]
OnConsole = Callable[[bytes], None]
OnTrace = Callable[[Batch], None]


class Exit(Protocol):
    """How a machine ended, see `meshkernel.machine.outcome.MachineExit`."""

    @property
    def sentence(self) -> str:
        """In plain words that go behind the service's name: ``was killed``."""

    @property
    def needs_cold_image(self) -> bool:
        """Whether its warm image cannot go on with this processor."""


class RunningMachine(Protocol):
    """A machine that was started, see `meshkernel.machine.machine.Machine`."""

    @property
    def pid(self) -> int: ...

    @property
    def console(self) -> bytes:
        """The end of what it wrote there."""

    @property
    def image(self) -> Path | None:
        """What it has booted."""

    @property
    def facts(self) -> dict[str, str]:
        """About the machine, for a report."""

    @property
    def started(self) -> float:
        """When its process was made, by `time.monotonic`."""

    async def stamps(self) -> Stamps:
        """How far its start was when; MachineError if it does not say."""

    async def interrupt(self) -> None:
        """Have its library OS say where it is, and end; MachineError if that cannot be asked."""

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message over the control channel; MachineError if the machine has ended."""

    async def signal(self, number: int) -> None:
        """Send the program a signal; nothing happens if the machine has ended."""

    async def trace(self, request: Request | None, on_trace: OnTrace | None = None) -> None:
        """Trace its system calls from now on, or no more for None."""

    async def wait(self) -> Exit:
        """Wait for the machine's end; several may, and afterwards, too."""

    def kill(self) -> None:
        """End the machine at once."""


class Launcher(Protocol):
    """Starts machines."""

    def launch(
        self, replica: str, on_message: OnMessage, on_console: OnConsole
    ) -> AbstractAsyncContextManager[RunningMachine]:
        """A machine for the replica of this name, which has ended when the block has.

        Raises on entering:
            MachineError: it could not be started.
        """

    def extend(self, plan: Plan) -> None:
        """From now on the plan is this one: it has grown."""

    def turned_cold(self, replica: str) -> bool:
        """Whether its last machine could not go on from a warm image, so that the next one boots
        the cold image.
        """


class ExposedPort(Protocol):
    """A host port that leads to ``inside`` of a service; ``port`` is the one really in use."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def service(self) -> str: ...
    @property
    def inside(self) -> int: ...


class Network(Protocol):
    """The running switch of a mesh, see `meshkernel.network.switch.Switch`."""

    on_no_way: Callable[[str, str], None] | None
    on_summon: Callable[[str], None] | None

    @property
    def pid(self) -> int: ...
    @property
    def dial_socket(self) -> Path: ...
    @property
    def exposed(self) -> Sequence[ExposedPort]: ...

    async def hold(self, service: str) -> None: ...
    async def sleep(self, service: str, call_port: int) -> bool: ...
    async def release(self, service: str) -> None: ...
    async def refuse(self, service: str) -> None: ...
    async def extend(self, plan: Plan, added: Sequence[Replica]) -> None: ...
    async def serve(self, replica: str) -> None: ...
    async def drain(self, replica: str) -> None: ...
    async def counters(self) -> Counters: ...
    async def delay(self, source: str, target: str, seconds: float) -> None: ...
    async def drop(self, source: str, target: str, percent: int) -> None: ...
    async def partition(self, one: str, other: str) -> None: ...
    async def heal(self) -> None: ...
    async def wait_failed(self) -> str: ...


class Host(Protocol):
    """What a mesh runs on: the real thing is `meshkernel.supervisor.host.RealHost`."""

    async def build(self, plan: Plan, on_event: Callable[[Any], None]) -> dict[str, int]:
        """Build every image; returns the bytes of each."""

    def network(self, plan: Plan, folder: Path) -> AbstractAsyncContextManager[Network]:
        """The mesh's switch, for as long as the block runs; its files are in ``folder``."""

    def launcher(self, plan: Plan, network: Network) -> Launcher:
        """What starts the machines of the images that were built."""

    async def standing_by(self) -> list[int]:
        """Wait until as many QEMUs stand by as there are to be; returns their processes."""

    async def told(self) -> None:
        """Wait until what is measured of the starts so far has been told."""
