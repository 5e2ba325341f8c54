"""The life of one service: load it, seal it, start it, say so, serve until asked to stop.

All that is the same for every machine of a service comes first. An image is sealed behind it
(`meshkernel.guest.seal`), and each machine goes on from there; a machine that boots cold just runs
through.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from meshkernel.guest import configuration, logs
from meshkernel.guest import control as control_channel
from meshkernel.guest.configuration import Configuration
from meshkernel.guest.control import ControlChannel
from meshkernel.guest.idle import Idleness, Use
from meshkernel.guest.listening import Port
from meshkernel.guest.load import LoadMeter
from meshkernel.guest.loading import Loaded, run_hooks
from meshkernel.guest.loop import new_event_loop
from meshkernel.guest.peers import Peers
from meshkernel.service import attach, detach
from meshkernel.wire import faults
from meshkernel.wire.server import serving

logger = logging.getLogger("meshkernel.guest")

GRACE = 10.0
"""Seconds to stop in, where the supervisor names none."""

DRAIN_SHARE = 0.5
"""Of the grace, for calls and ``@every`` functions that run; the rest is for ``@on_stop``."""

SETTLED = 1.0
"""Seconds after which garbage is collected, too: a collection is much code for a first call."""

SEAL = "/dev/seal"
"""Is there in a boot for sealing, and in no other."""

UNSEALABLE = 3
"""The status of a program that cannot be sealed."""


class Runtime:
    """One service in an event loop: `load` and `prepare` come before the seal, `begin` and `run`
    behind it.
    """

    def __init__(
        self, control: ControlChannel, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._control = control
        self._on_ready = on_ready
        self._configuration: Any = None
        self._service: Loaded | None = None
        self._port: Port | None = None
        self._ready = b""  # what says so
        self._peers = Peers()
        self._stop: asyncio.Future[float] | None = None  # its result is the grace
        self._shells: Any = None
        self._schedule: Any = None
        self._idleness: Idleness | None = None
        self._load: LoadMeter | None = None
        self.ready = False

    def heed_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop in order at SIGTERM; a handler that the service installs takes its place."""
        with suppress(ValueError, RuntimeError):  # not in the main thread, as in a test
            loop.add_signal_handler(signal.SIGTERM, self._terminated, loop)

    def load(self, configuration: Configuration) -> Loaded:
        """Import the service, and make what all of its machines have in common."""
        self._service = Loaded(configuration)
        return self._service

    async def prepare(self, configuration: Configuration) -> None:
        """All that can be done for every machine of the service: what is left behind the seal is to
        learn who one is, and to listen.
        """
        service = self._loaded
        loop = asyncio.get_running_loop()
        await run_hooks(service.declared.before_seal)
        self._stop = loop.create_future()
        port = self._port = await Port.take(
            configuration.host, configuration.port, serving(service.dispatcher)
        )
        if service.web is not None:
            await service.web.bind(configuration.host, configuration.http_port)
        methods = sorted(service.dispatcher.methods)
        self._ready = control_channel.packed("ready", methods=methods, port=port.number)
        loop.add_reader(self._control.descriptor, self._receive)
        if not (service.declared.after_seal or service.declared.start or service.web):
            await port.open()  # there is nothing that has to come first

    def begin(self, learn: Callable[[], Configuration]) -> None:
        """Be the machine of the configuration that is to be learnt. Says first that the service is
        ready if nothing has to come before that: nobody is served until the event loop turns.
        """
        service, port = self._loaded, self._port
        assert port is not None  # noqa: S101 - prepared before
        if port.server.is_serving():
            self._say_ready()
        configuration = self._configuration = learn()
        service.dispatcher.rename(configuration.service)
        self._peers.configure(configuration)
        attach(self._peers)

    async def run(self) -> None:
        """To the service's end; what start-up raises is the caller's to tell. Behind the seal, to
        which a task of this may wait, `begin` comes first.
        """
        service, port, stop = self._loaded, self._port, self._stop
        assert port is not None and stop is not None  # noqa: S101 - prepared before
        try:
            self._begin_load(service, self._configuration.load)  # calls may come before all is up
            if not self.ready:
                await self._begin(service, port)
                self._say_ready()
            self._on_ready()
            self._begin_schedule(service)
            self._begin_idleness(service, self._configuration.sleep)
            grace = await stop
            port.server.close()
            await self._end(service, grace)
        finally:
            port.server.close()
            detach(self._peers)
        asyncio.get_running_loop().remove_reader(self._control.descriptor)
        self._control.send("stopped")

    def _say_ready(self) -> None:
        self.ready = True
        self._control.write(self._ready)

    @staticmethod
    async def _begin(service: Loaded, port: Port) -> None:
        """What has to come before the first call."""
        await run_hooks(service.declared.after_seal)
        await run_hooks(service.declared.start)
        await port.open()
        if service.web is not None:
            await service.web.start()

    @property
    def _loaded(self) -> Loaded:
        assert self._service is not None  # noqa: S101 - loaded before
        return self._service

    def _begin_schedule(self, service: Loaded) -> None:
        if service.declared.every:
            from meshkernel.guest.schedule import Schedule  # noqa: PLC0415 - many need none

            self._schedule = Schedule(service.declared.every)

    def _begin_idleness(self, service: Loaded, seconds: float | None) -> None:
        """From now on the service may sleep, if it is one of those that do."""
        if seconds is None:
            return
        if self._schedule is not None:
            logger.info("the service does not sleep: it has @every functions")
            return
        uses: list[Use] = [service.dispatcher, *([] if service.web is None else [service.web])]
        self._idleness = Idleness(uses, seconds, lambda: self._control.send("idle"))

    def _begin_load(self, service: Loaded, seconds: float | None) -> None:
        """From now on the supervisor hears how busy the service is, if it wants to know."""
        if seconds is None:
            return
        self._load = LoadMeter(seconds, lambda calls: self._control.send("load", calls=calls))
        service.dispatcher.on_count = self._load.count
        if service.web is not None:
            service.web.on_count = self._load.count

    def _sleep(self, grace: float) -> None:
        """Stop, unless somebody has used the service since it said that nobody does."""
        if self._idleness is None or self._idleness.left or self._service is None:
            self._control.send("busy")
            return
        self._control.send("sleeping")
        self._service.dispatcher.refuse()  # from here on a call is made again, and not lost
        self._ask_to_stop(grace)

    async def _end(self, service: Loaded, grace: float) -> None:
        """Let calls end, run ``@on_stop`` last one first, close the links; within the grace."""
        if self._idleness is not None:
            self._idleness.stop()
        if self._load is not None:
            self._load.stop()
        async with asyncio.timeout(grace):
            if service.web is not None:
                await service.web.stop(grace * DRAIN_SHARE / 2)
            drained = service.dispatcher.drain(grace * DRAIN_SHARE)
            if self._schedule is not None:
                await asyncio.gather(drained, self._schedule.stop(grace * DRAIN_SHARE))
            else:
                await drained
            await run_hooks(service.declared.stop[::-1])
        self._peers.close()
        await service.dispatcher.close()

    def _receive(self) -> None:
        """One message of the supervisor."""
        message = self._control.receive()
        match message:
            case None:  # the supervisor is gone, and nobody could ask for the end later
                asyncio.get_running_loop().remove_reader(self._control.descriptor)
                self._ask_to_stop(GRACE)
            case {"type": "ping", "id": identifier}:
                self._control.send("pong", id=identifier)
            case {"type": "replicas", "peers": dict(peers)}:
                self._peers.offer(peers)
            case {"type": "shell", "session": int(session)}:
                self._shell(session, message)
            case {"type": "sleep"}:
                self._sleep(float(message.get("grace", GRACE)))
            case {"type": "stop"}:
                self._ask_to_stop(float(message.get("grace", GRACE)))
            case _:
                sys.stderr.write(f"meshkernel: a control message is not understood: {message!r}\n")

    def _shell(self, session: int, message: dict[str, Any]) -> None:
        """A message for a Python prompt, of which an image that is a release has nothing."""
        if self._shells is None:
            try:
                # By a name that the analysis of imports does not see.
                found = importlib.import_module(f"{__package__}.shell")
            except ImportError:
                self._control.send("shell", session=session, event="absent")
                return
            self._shells = found.Shells(self._loaded.module, self._control.send)
        self._shells.take(message)

    def _terminated(self, loop: asyncio.AbstractEventLoop) -> None:
        """SIGTERM, and the service has no handler of its own. The supervisor's message, which says
        how long there is, comes before its signal; and the loop reads what is there before it
        looks at its timers.
        """
        loop.call_later(0, self._ask_to_stop, GRACE)

    def _ask_to_stop(self, grace: float) -> None:
        if self._stop is not None and not self._stop.done():
            self._stop.set_result(grace)


def _settle(sealing: Any) -> None:
    """The service is ready, and its first calls come: what is left to do has time until they are
    answered.
    """
    if sealing is None:
        gc.freeze()  # what start-up made stays; behind a seal it is frozen already
    asyncio.get_running_loop().call_later(SETTLED, _settled, sealing)


def _settled(sealing: Any) -> None:
    gc.enable()
    if sealing is not None:
        sealing.end()


def main(descriptor: int | None = None, device: Any = None) -> int:
    """Run the service that this machine is for; returns its exit status.

    ``descriptor`` is that of the control channel, instead of the machine's own; ``device`` seals,
    instead of the machine's own, which is there only in a boot for sealing.
    """
    control = control_channel.connect() if descriptor is None else ControlChannel(descriptor)
    logs.forward(control)
    gc.disable()  # what is imported lives on: looking for garbage among it only takes time
    sealing, sealed = _sealing(device), False
    runtime = Runtime(control, partial(_settle, sealing))
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            loop = runner.get_loop()
            runtime.heed_signals(loop)
            found = configuration.read()
            if sealing is not None:
                sealing.watch()
            before = set(sys.modules)
            runtime.load(found)
            if sealing is not None:
                sealing.foresee(before)
            runner.run(runtime.prepare(found))
            life = loop.create_task(runtime.run())
            learn: Callable[[], Configuration] = lambda: found  # noqa: E731 - short as it is
            if sealing is not None:
                learn = sealing.seal(lambda text: control.send("note", text=text))
                sealed = True  # from here on, this is one machine of many
            runtime.begin(learn)
            loop.run_until_complete(life)
    except (Exception, SystemExit) as error:  # whatever the user's module or hooks raise
        if isinstance(error, SystemExit) and runtime.ready:
            raise  # its own handler of SIGTERM, as in any program
        if sealing is not None and not sealed:
            control.send("unsealable", faults=sealing.faults_of(error))
            return UNSEALABLE
        stack = faults.stack_of(error)
        sys.stderr.write(stack)
        control.send("failed", message=f"{type(error).__name__}: {error}", stack=stack)
        return 1
    return 0


def _sealing(device: Any) -> Any:
    """What seals in a boot for sealing, else None."""
    if device is None and not os.access(SEAL, os.F_OK):
        return None
    from meshkernel.guest.seal import Device, Sealing  # noqa: PLC0415 - no other boot needs it

    return Sealing(device or Device(SEAL))
