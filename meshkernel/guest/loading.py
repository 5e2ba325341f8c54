"""Loading a service: what needs to know nothing about the machine that will run it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from meshkernel.guest.configuration import Configuration
from meshkernel.service import declarations, shared_errors
from meshkernel.wire.server import Dispatcher

if TYPE_CHECKING:
    from meshkernel.guest.web import WebServer


class Loaded:
    """A service that is imported, and what all of its machines have in common.

    Attributes:
        module: the name of the service's module.
        declared: what the module declares.
        dispatcher: serves its functions.
        web: serves its ASGI application, if it is one.
    """

    __slots__ = ("declared", "dispatcher", "module", "web")

    def __init__(self, configuration: Configuration) -> None:
        self.module, application = load(configuration)
        self.declared = declarations(self.module)
        self.dispatcher = Dispatcher(
            configuration.service,
            self.declared.methods,
            shared=shared_errors(),
            idempotent=self.declared.idempotent,
        )
        self.web: WebServer | None = None
        if application is not None:
            from meshkernel.guest.web import WebServer  # noqa: PLC0415 - only where it is needed

            self.web = WebServer(application)
        if self.declared.every:
            # Needed once the service is ready: by then it is too late to import something.
            importlib.import_module("meshkernel.guest.schedule")


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
    """Run ``@on_start``, ``@on_stop`` and other such functions one after the other."""
    for hook in hooks:
        result = hook()
        if hasattr(result, "__await__"):
            await result
