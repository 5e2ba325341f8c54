"""Sealing: a machine is booted once, and its memory becomes an image (``libos/abi/seal.h``).

::

    async with seal(spec) as sealed:
        write_all(sealed.seal, sealed.memory, spec.memory, folder)
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

from attrs import evolve, frozen

from meshkernel.errors import MachineError
from meshkernel.image.seal import Seal
from meshkernel.image.seal_files import HIGHEST
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.console import OnConsole
from meshkernel.machine.outcome import MachineExit, Reason

WALL = 1_577_836_800_000_000_000
"""The time in a machine that is for sealing: the start of 2020, whenever it is built."""

UNSEALABLE = "unsealable"
"""The type of the message with which a runtime says what cannot be sealed."""

CONFIGURATION = "seal\n"


@frozen
class Sealed:
    """A machine that was sealed.

    Attributes:
        seal: what it told of its memory.
        memory: the memory, from physical address 0 on; good within the block.
        messages: of its runtime until then.
        console: what it wrote.
    """

    seal: Seal
    memory: BinaryIO
    messages: tuple[dict[str, Any], ...] = ()
    console: bytes = b""


class NotSealed(MachineError):  # noqa: N818 - reads as what happened
    """The machine ended without a seal.

    Attributes:
        end: how it ended.
        faults: what its runtime says stands in the way: ``what``, ``where`` and ``remedy`` each.
        messages: of its runtime.
        console: what it wrote.
    """

    def __init__(
        self, name: str, end: MachineExit, messages: list[dict[str, Any]], console: bytes
    ) -> None:
        super().__init__(f"{name} was not sealed: it {end.sentence}")
        self.end = end
        self.messages = tuple(messages)
        self.console = console
        self.faults = [
            fault
            for message in messages
            if message.get("type") == UNSEALABLE
            for fault in message.get("faults", ())
        ]


@asynccontextmanager
async def seal(spec: MachineSpec, on_console: OnConsole | None = None) -> AsyncIterator[Sealed]:
    """Boots a machine and waits for its seal; the memory is gone when the block ends.

    The machine has its control channel and no other device. Its boot configuration says that it is
    for sealing; the time is always the same, and there are no secrets.

    Args:
        spec: the machine; its image is a cold one, its boot configuration has no address, hosts,
            files or volumes.
        on_console: called with the console's bytes as they come.

    Raises:
        NotSealed: it ended otherwise.
        MachineError: it could not be started.
    """
    # Whoever looks whether anything is to be sealed has imported this: most find nothing.
    from meshkernel.machine.machine import Machine  # noqa: PLC0415

    messages: list[dict[str, Any]] = []
    console = bytearray()

    def keep(data: bytes) -> None:
        console.extend(data)
        if on_console is not None:
            on_console(data)

    with os.fdopen(os.memfd_create("sealed"), "w+b") as memory:
        size = min(spec.memory, HIGHEST)  # what lies higher is found by machines that have it
        os.truncate(memory.fileno(), size)
        bare = evolve(
            spec,
            memory=size,
            boot=_configuration(spec.boot),
            sealing=memory.fileno(),
            wall=WALL,
            mac=None,
            volumes=(),
            secrets={},
        )
        async with Machine.start(bare, on_message=messages.append, on_console=keep) as machine:
            end = await machine.wait()
        found = machine.channel.seal
        if found is None or end.reason is not Reason.SEALED:
            raise NotSealed(spec.name, end, messages, bytes(console))
        yield Sealed(found, memory, tuple(messages), bytes(console))


def _configuration(text: str) -> str:
    return f"{text}{'' if text.endswith(chr(10)) else chr(10)}{CONFIGURATION}"
