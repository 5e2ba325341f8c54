"""A service as it is, over grpc.aio: its functions as generic handlers, its links as channels.

Messages are msgpack as on our wires, and arguments and results are checked by the same code, so
that what differs is how a call travels.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Mapping
from typing import Any

import grpc
import grpc.aio

from meshkernel.guest import configuration
from meshkernel.guest.configuration import Configuration
from meshkernel.guest.control import ControlChannel
from meshkernel.guest.loading import Loaded, run_hooks
from meshkernel.service import attached, declarations
from meshkernel.wire import codec, types
from meshkernel.wire.method import Method
from meshkernel.wire.server import Dispatcher


class Handlers(grpc.GenericRpcHandler):
    """``/SERVICE/FUNCTION``, for each function of a service."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._handlers = {
            f"/{dispatcher.service}/{name}": _handler(dispatcher, method)
            for name, method in dispatcher.methods.items()
        }

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """The handler of a path, None if there is no such function."""
        return self._handlers.get(handler_call_details.method)


def _handler(dispatcher: Dispatcher, method: Method) -> Any:
    async def serve(request: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        del context
        result = await dispatcher.run(method, method.bind(codec.unpack(request)))
        return codec.pack(result)

    return grpc.unary_unary_rpc_method_handler(serve)


class Channels:
    """What ``link()`` resolves with: a channel for each link."""

    def __init__(self, found: Configuration, modules: Mapping[str, str]) -> None:
        self._links = {
            name: _stub(name, f"{peer.addresses[0]}:{peer.port}", modules[name], peer.timeout)
            for name, peer in found.peers.items()
        }

    def resolve(self, name: str) -> Callable[..., Any]:
        """The call of a link."""
        return self._links[name]


def _stub(name: str, place: str, module: str, timeout: float) -> Callable[..., Any]:
    """Calls a peer; the types of results are those of its module, as generated code would have
    them.
    """
    channel = grpc.aio.insecure_channel(place)
    importlib.import_module(module)
    methods = {
        each: Method(each, function) for each, function in declarations(module).methods.items()
    }
    readers = {
        each: types.reader(types.resolve(method.result)) if method.result else None
        for each, method in methods.items()
    }
    calls = {each: channel.unary_unary(f"/{name}/{each}") for each in methods}

    async def call(method: str, arguments: Mapping[str, Any]) -> Any:
        value = codec.unpack(await calls[method](codec.pack(arguments), timeout=timeout))
        read = readers[method]
        return value if read is None else read(value)

    return call


async def serve(found: Configuration, control: ControlChannel) -> None:
    """Runs the service until the process is ended."""
    loaded = Loaded(found)
    await run_hooks([*loaded.declared.before_seal, *loaded.declared.after_seal])
    modules = {name: loaded.module.replace(found.service, name) for name in found.peers}
    with attached(Channels(found, modules)):
        await run_hooks(loaded.declared.start)
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((Handlers(loaded.dispatcher),))
        server.add_insecure_port(f"{found.host}:{found.port}")
        await server.start()
        control.send("ready", methods=sorted(loaded.dispatcher.methods), port=found.port)
        await server.wait_for_termination()


def main(descriptor: int) -> int:
    """As the runtime's own ``main``."""
    asyncio.run(serve(configuration.read(), ControlChannel(descriptor)))
    return 0
