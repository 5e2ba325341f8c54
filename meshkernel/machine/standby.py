"""A QEMU that was started before anybody needs it, and becomes a machine when somebody does.

It waits where QEMU has read its command line and made nothing yet (``-preconfig``). What belongs to
one machine alone comes then: its memory, its image, its boot configuration and the switch's end of
its network. Until then it is nobody's, and knows nothing that is secret.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self

from attrs import define

from meshkernel.errors import MachineError
from meshkernel.machine.arguments import (
    Descriptors,
    MachineSpec,
    may_stand_by,
    setting_of_boot,
    settings,
    standby_arguments,
)
from meshkernel.machine.process import Qemu, configuration, execute
from meshkernel.machine.qmp import Qmp, Refused
from meshkernel.toolchain import tools
from meshkernel.topology.model import Accel

BECOME = "x-exit-preconfig"
"""What QEMU calls the end of its waiting."""


@define(eq=False)
class Standby:
    """A QEMU that waits; made by `Standby.start`.

    Attributes:
        qemu: its process.
        qmp: its protocol, which is in use.
        network: the end of its network that is the switch's; closed once it is a machine.
    """

    qemu: Qemu
    qmp: Qmp
    network: socket.socket
    _accel: Accel
    _boot: int | None

    @classmethod
    async def start(cls, accel: Accel, launcher: Path) -> Self:
        """Starts one, and returns when it waits.

        Raises:
            MachineError: it does not; has QEMU's words.
        """

        def words(descriptors: Descriptors) -> list[str]:
            return standby_arguments(tools.qemu().path, accel, descriptors)

        async with AsyncExitStack() as failed:
            boot = os.memfd_create("boot.conf", os.MFD_CLOEXEC)
            failed.callback(os.close, boot)
            ours, theirs = socket.socketpair()
            failed.enter_context(ours)
            with theirs:
                qemu = await execute(launcher, words, boot, theirs.fileno())
            failed.push_async_callback(_end, qemu)
            qmp = Qmp(qemu.qmp.reader, qemu.qmp.writer)
            try:
                await qmp.greet()
                await _prepare(qmp, boot)
            except Refused as error:
                raise MachineError(f"QEMU does not stand by: {error}") from error
            except MachineError as error:
                await qemu.read_errors()
                said = qemu.errors.decode(errors="replace").strip()
                raise MachineError(f"QEMU does not stand by: {said or error}") from error
            failed.pop_all()
            return cls(qemu, qmp, ours, accel, boot)

    def fits(self, spec: MachineSpec) -> bool:
        """Whether it can become this machine."""
        return spec.accel is self._accel and may_stand_by(spec)

    async def become(self, spec: MachineSpec) -> None:
        """Makes it the machine, which runs then.

        Raises:
            MachineError: QEMU refused it, or is gone.
        """
        assert self._boot is not None  # noqa: S101 - it becomes one machine
        self.qemu.started = time.monotonic()
        try:
            os.pwrite(self._boot, configuration(spec), 0)
            await self.qmp.execute_all(settings(spec))
            await self.qmp.execute(BECOME)
        except Refused:
            self.qemu.kill()  # it would wait for ever
            raise
        finally:
            self._release()

    async def close(self) -> None:
        """Ends it; for one that is to become no machine."""
        self._release()
        await _end(self.qemu)

    def _release(self) -> None:
        """Closes what only one that waits needs."""
        self.network.close()
        if self._boot is not None:
            os.close(self._boot)
            self._boot = None


async def _prepare(qmp: Qmp, boot: int) -> None:
    """What can be said before anybody needs it; and whether the rest can, since the last command
    has no lasting name.
    """
    name, given = setting_of_boot(boot)
    await qmp.execute(name, **given)
    known = {each["name"] for each in await qmp.execute("query-commands")}
    if BECOME not in known:
        raise Refused(f"it has no command {BECOME}")


async def _end(qemu: Qemu) -> None:
    qemu.end()
    try:
        await asyncio.shield(qemu.wait())
    finally:
        qemu.close()
