"""Serving an ASGI application: uvicorn's protocol and lifespan in the runtime's own event loop.

uvicorn's own server loop is not used: it wakes ten times a second to see whether to stop, and an
idle service should use no processor.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from uvicorn.config import Config
from uvicorn.lifespan.on import LifespanOn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from meshkernel.guest.listening import Port

KEEP_ALIVE = 75
"""Seconds that a connection may rest between two requests."""


DAYS = b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"
MONTHS = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def date(moment: float) -> bytes:
    """A moment in seconds since 1970 as HTTP writes it (RFC 9110, section 5.6.7). `email.utils`
    does the same by way of `datetime`, which is code for a first reply to wait for.
    """
    year, month, day, hour, minute, second, weekday, *_ = time.gmtime(moment)
    parts = DAYS[weekday], day, MONTHS[month - 1], year, hour, minute, second
    return b"%b, %02d %b %d %02d:%02d:%02d GMT" % parts


class _State(ServerState):
    """Makes the Date header when a response asks for it, instead of once a second."""

    used = 0.0  # when a connection ended last, by the event loop's clock
    _date_second = 0
    _headers: list[tuple[bytes, bytes]]

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        now = int(time.time())
        if now != self._date_second:
            self._date_second = now
            self._headers = [(b"date", date(now))]
        return self._headers

    @default_headers.setter
    def default_headers(self, value: list[tuple[bytes, bytes]]) -> None:
        self._date_second = 0
        self._headers = value


class _Connection(H11Protocol):
    """Notes when the application was used last."""

    def __init__(self, config: Config, state: _State, app_state: dict[str, Any]) -> None:
        super().__init__(config=config, server_state=state, app_state=app_state)
        self._state = state

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._state.used = self.loop.time()


LATE = ("fastapi.telemetry._runtime",)
"""Modules that frameworks import when they are started, which is behind the seal."""


def _look_ahead(application: Any) -> None:
    """Do what is the same in every machine, and frameworks do at their start or first request: of
    their modules, and of sources, which FastAPI looks up for its messages.
    """
    for name in LATE:
        if name.partition(".")[0] in sys.modules:
            with suppress(ImportError):  # another version of it
                importlib.import_module(name)
    if "inspect" in sys.modules:
        for route in getattr(application, "routes", ()):
            with suppress(OSError, TypeError):  # without a source, or a function
                sys.modules["inspect"].getsourcelines(getattr(route, "endpoint", None))


class WebServer:
    """One application on one port.

    Attributes:
        on_count: called with 1 for each request that begins, and with -1 for each that ends.
    """

    def __init__(self, application: Any) -> None:
        self._config = Config(
            application,
            http=H11Protocol,
            ws="none",
            lifespan="on",
            loop="none",
            interface="auto",
            log_config=None,
            log_level="warning",  # it would tell of every start and stop
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE,
        )
        self._config.load()
        _look_ahead(application)
        self._config.loaded_app = self._counted(self._config.loaded_app)
        self._state = _State()
        self.on_count: Callable[[int], None] | None = None
        self._port: Port | None = None
        self._lifespan = LifespanOn(self._config)
        self._lifespan.logger.isEnabledFor(logging.INFO)  # found out once, and remembered
        self._started = False

    @property
    def busy(self) -> bool:
        """Whether somebody is connected."""
        return bool(self._state.connections)

    @property
    def used(self) -> float:
        """When the last connection ended, by the event loop's clock."""
        return self._state.used

    def _counted(self, application: Any) -> Any:
        """The application, whose requests are counted."""

        async def counted(scope: Any, receive: Any, send: Any) -> None:
            tell = self.on_count if scope["type"] == "http" else None
            if tell is None:
                await application(scope, receive, send)
                return
            tell(1)
            try:
                await application(scope, receive, send)
            finally:
                tell(-1)

        return counted

    async def bind(self, host: str, port: int) -> None:
        """Take a port, on which nobody is answered yet."""
        self._port = await Port.take(host, port, self._connection)

    async def start(self) -> None:
        """Run the application's start-up, then listen."""
        self._started = True
        await self._lifespan.startup()
        if self._lifespan.should_exit:
            raise RuntimeError("the application's lifespan failed to start: its log says why")
        if self._port is not None:
            await self._port.open()

    def _connection(self) -> H11Protocol:
        return _Connection(self._config, self._state, self._lifespan.state)

    async def stop(self, seconds: float) -> None:
        """Take no more connections, end those that rest, wait for the rest, run the application's
        shutdown.
        """
        if self._port is not None:
            self._port.server.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        if self._state.tasks:
            await asyncio.wait(set(self._state.tasks), timeout=seconds)
        if self._started:
            await self._lifespan.shutdown()
