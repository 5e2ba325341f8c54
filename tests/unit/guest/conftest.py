"""Whole services in this process: each a runtime with a control channel of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from supervisor_end import Service, control_pair

from meshkernel.guest.configuration import Configuration
from meshkernel.guest.control import ControlChannel
from meshkernel.guest.runtime import Runtime

Start = Callable[..., Awaitable[Service]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a service; it is stopped behind the test."""
    async with AsyncExitStack() as stack:

        async def begin(**values: Any) -> Service:
            ours, theirs = control_pair()
            stack.callback(theirs.close)
            stack.callback(ours.close)
            defaults = {"mesh": "m", "service": "s", "host": "127.0.0.1", "port": 0}
            configuration = Configuration(defaults | values)
            service = Service(ours)
            runtime = Runtime(ControlChannel(theirs.fileno()))

            async def live() -> None:
                runtime.load(configuration)
                await runtime.prepare(configuration)
                runtime.begin(lambda: configuration)
                await runtime.run()

            service.task = asyncio.create_task(live())

            async def stop() -> None:
                if not service.task.done():
                    await service.stop()

            stack.push_async_callback(stop)
            return service

        yield begin


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Writes a module that can be imported during the test."""
    monkeypatch.syspath_prepend(tmp_path)
    written = []

    def write(name: str, text: str) -> str:
        (tmp_path / f"{name}.py").write_text(text)
        written.append(name)
        return name

    yield write
    for name in written:
        sys.modules.pop(name, None)
