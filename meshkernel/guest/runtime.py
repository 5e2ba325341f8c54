"""The life of one service: load it, start it, say so, serve until asked to stop."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from meshkernel.guest import configuration, logs
from meshkernel.guest import control as control_channel
from meshkernel.guest.configuration import Configuration
from meshkernel.guest.control import ControlChannel
from meshkernel.guest.idle import Idleness, Use
from meshkernel.guest.peers import Peers
from meshkernel.service import Declarations, attached, declarations, shared_errors
from meshkernel.wire import faults
from meshkernel.wire.server import Dispatcher, serving

logger = logging.getLogger("meshkernel.guest")

BACKLOG = 128
"""Connections that may wait to be accepted."""

GRACE = 10.0
"""Seconds to stop in, where the supervisor names none."""

DRAIN_SHARE = 0.5
"""Of the grace, for calls and ``@every`` functions that run; the rest is for ``@on_stop``."""


class Runtime:
    """One service in the running event loop."""

    def __init__(
        self,
        configuration: Configuration,
        control: ControlChannel,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._configuration = configuration
        self._control = control
        self._on_ready = on_ready
        self._peers = Peers(configuration)
        self._stop: asyncio.Future[float] | None = None  # its result is the grace
        self._web: Any = None
        self._module = ""
        self._shells: Any = None
        self.ready = False
        self._schedule: Any = None
        self._dispatcher: Dispatcher | None = None
        self._idleness: Idleness | None = None

    async def run(self) -> None:
        """From loading the service to its end; what start-up raises is the caller's to tell."""
        loop = asyncio.get_running_loop()
        self._stop = loop.create_future()
        with suppress(ValueError, RuntimeError):  # not in the main thread, as in a test
            loop.add_signal_handler(signal.SIGTERM, self._terminated)
        module, application = load(self._configuration)
        self._module = module
        declared = declarations(module)
        dispatcher = self._dispatcher = Dispatcher(
            self._configuration.service, declared.methods, shared=shared_errors()
        )
        with attached(self._peers):
            await run_hooks(declared.start)
            server = await loop.create_server(
                serving(dispatcher),
                self._configuration.host,
                self._configuration.port,
                backlog=BACKLOG,
            )
            if application is not None:
                await self._serve_web(application)
            loop.add_reader(self._control.descriptor, self._receive)
            port = server.sockets[0].getsockname()[1]
            self.ready = True
            self._control.send("ready", methods=sorted(dispatcher.methods), port=port)
            self._on_ready()
            self._begin_schedule(declared)
            self._begin_idleness(dispatcher)
            grace = await self._stop
            server.close()
            await self._end(dispatcher, declared, grace)
        loop.remove_reader(self._control.descriptor)
        self._control.send("stopped")

    async def _serve_web(self, application: Any) -> None:
        from meshkernel.guest.web import WebServer  # noqa: PLC0415 - only where it is needed

        self._web = WebServer(application, self._configuration.host, self._configuration.http_port)
        await self._web.start()

    def _begin_schedule(self, declared: Declarations) -> None:
        if declared.every:
            from meshkernel.guest.schedule import Schedule  # noqa: PLC0415 - many need none

            self._schedule = Schedule(declared.every)

    def _begin_idleness(self, dispatcher: Dispatcher) -> None:
        """From now on the service may sleep, if it is one of those that do."""
        seconds = self._configuration.sleep
        if seconds is None:
            return
        if self._schedule is not None:
            logger.info("the service does not sleep: it has @every functions")
            return
        uses: list[Use] = [dispatcher] if self._web is None else [dispatcher, self._web]
        self._idleness = Idleness(uses, seconds, lambda: self._control.send("idle"))

    def _sleep(self, grace: float) -> None:
        """Stop, unless somebody has used the service since it said that nobody does."""
        if self._idleness is None or self._idleness.left or self._dispatcher is None:
            self._control.send("busy")
            return
        self._dispatcher.refuse()  # from here on a call is made again, and not lost
        self._ask_to_stop(grace)

    async def _end(self, dispatcher: Dispatcher, declared: Declarations, grace: float) -> None:
        """Let calls end, run ``@on_stop`` last one first, close the links; within the grace."""
        if self._idleness is not None:
            self._idleness.stop()
        async with asyncio.timeout(grace):
            if self._web is not None:
                await self._web.stop(grace * DRAIN_SHARE / 2)
            drained = dispatcher.drain(grace * DRAIN_SHARE)
            if self._schedule is not None:
                await asyncio.gather(drained, self._schedule.stop(grace * DRAIN_SHARE))
            else:
                await drained
            await run_hooks(declared.stop[::-1])
        self._peers.close()
        await dispatcher.close()

    def _receive(self) -> None:
        """One message of the supervisor."""
        message = self._control.receive()
        match message:
            case None:  # the supervisor is gone, and nobody could ask for the end later
                asyncio.get_running_loop().remove_reader(self._control.descriptor)
                self._ask_to_stop(GRACE)
            case {"type": "ping", "id": identifier}:
                self._control.send("pong", id=identifier)
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
            self._shells = found.Shells(self._module, self._control.send)
        self._shells.take(message)

    def _terminated(self) -> None:
        """SIGTERM, and the service has no handler of its own. The supervisor's message, which says
        how long there is, comes before its signal; and the loop reads what is there before it
        looks at its timers.
        """
        asyncio.get_running_loop().call_later(0, self._ask_to_stop, GRACE)

    def _ask_to_stop(self, grace: float) -> None:
        if self._stop is not None and not self._stop.done():
            self._stop.set_result(grace)


def load(configuration: Configuration) -> tuple[str, Any]:
    """Import the service: the name of its module, and its ASGI application if it is one."""
    if configuration.asgi is None:
        name = configuration.module or ""
        importlib.import_module(name)
        return name, None
    name, _, attribute = configuration.asgi.partition(":")
    found: Any = importlib.import_module(name)
    for part in attribute.split("."):
        found = getattr(found, part)
    return name, found


async def run_hooks(hooks: list[Callable[[], Any]]) -> None:
    """Run ``@on_start`` or ``@on_stop`` functions one after the other."""
    for hook in hooks:
        result = hook()
        if hasattr(result, "__await__"):
            await result


def _settle() -> None:
    """Collect garbage from now on, but not what start-up made: all of it stays."""
    gc.freeze()
    gc.enable()


def main(path: str = "/etc/meshkernel/service.json", descriptor: int | None = None) -> int:
    """Run the service that this machine is for; returns its exit status.

    ``descriptor`` is that of the control channel, instead of the machine's own.
    """
    control = control_channel.connect() if descriptor is None else ControlChannel(descriptor)
    logs.forward(control)
    gc.disable()  # what is imported lives on: looking for garbage among it only takes time
    runtime = None
    try:
        runtime = Runtime(configuration.read(path), control, _settle)
        asyncio.run(runtime.run())
    except (Exception, SystemExit) as error:  # whatever the user's module or hooks raise
        if isinstance(error, SystemExit) and runtime is not None and runtime.ready:
            raise  # its own handler of SIGTERM, as in any program
        message = f"{type(error).__name__}: {error}"
        stack = faults.stack_of(error)
        sys.stderr.write(stack)
        control.send("failed", message=message, stack=stack)
        return 1
    return 0
