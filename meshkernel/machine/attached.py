"""A program with its console on ours, to its end: what ``meshkernel run`` waits for."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from attrs import frozen

from meshkernel.image.images import Image
from meshkernel.machine.console import END_OF_INPUT
from meshkernel.machine.machine import Machine
from meshkernel.machine.outcome import MachineExit, Reason
from meshkernel.machine.program import Run, start

SIGNALS = (signal.SIGTERM, signal.SIGHUP)
GRACE = 10.0
"""Seconds that a program has to end in after the first of them; docker's."""

CHUNK = 4096


@frozen
class Ended:
    """A program that has ended.

    Attributes:
        machine: what it ran on.
        how: the end of that.
        asked: someone had asked it to end.
    """

    machine: Machine
    how: MachineExit
    asked: bool

    @property
    def died(self) -> bool:
        """Its machine came to an end that neither the program nor anybody else had chosen."""
        return self.how.reason is not Reason.STATUS and not self.asked


async def attached(run: Run, image: Image) -> Ended:
    """Runs a program to its end with our standard input and output as its console."""

    def show(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    async with start(run, image, show) as machine:
        _forward(machine)
        with _signals_passed_on(machine) as sent:
            how = await machine.wait()
    return Ended(machine, how, asked=bool(sent))


@contextmanager
def _signals_passed_on(machine: Machine) -> Iterator[list[asyncio.Task[None]]]:
    """SIGTERM and SIGHUP are the program's: its handlers run. A second one, or no time left,
    ends the machine. What was passed on is in the list.
    """
    loop = asyncio.get_running_loop()
    sending: list[asyncio.Task[None]] = []

    def pass_on(number: int) -> None:
        if sending:
            machine.kill()
            return
        sending.append(loop.create_task(machine.signal(number)))
        loop.call_later(GRACE, machine.kill)

    for number in SIGNALS:
        loop.add_signal_handler(number, pass_on, number)
    try:
        yield sending
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _forward(machine: Machine) -> None:
    """Sends our standard input to the machine; in a thread, since it may be a file."""
    loop = asyncio.get_running_loop()

    def pump() -> None:
        while machine.running:
            data = os.read(sys.stdin.fileno(), CHUNK)
            try:
                asyncio.run_coroutine_threadsafe(machine.type(data or END_OF_INPUT), loop)
            except RuntimeError:  # the loop is closed: the machine has ended
                return
            if not data:
                return

    threading.Thread(target=pump, daemon=True, name="console input").start()
