"""What a service module writes: ``@rpc``, ``link()``, ``@every``, ``@on_start``, ``@on_stop``,
``@before_seal``, ``@after_seal``.

Decorating changes nothing about a function: it is noted down under the module in which the
decorator stands, and the runtime inside the unikernel serves what the service's own module noted.
Nothing here does any work at import.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol, TypeVar, overload

from meshkernel.errors import LinkError, name_of

Function = TypeVar("Function", bound=Callable[..., Any])
Error = TypeVar("Error", bound=type[Exception])

_GENERATOR = 0x20  # inspect.CO_GENERATOR; without importing inspect
_ASYNC_GENERATOR = 0x200  # inspect.CO_ASYNC_GENERATOR


class Declarations:
    """What one module declares, in the order in which it does."""

    __slots__ = ("after_seal", "before_seal", "every", "idempotent", "methods", "start", "stop")

    def __init__(self) -> None:
        self.methods: dict[str, Callable[..., Any]] = {}
        self.idempotent: set[str] = set()
        self.before_seal: list[Callable[[], Any]] = []
        self.after_seal: list[Callable[[], Any]] = []
        self.start: list[Callable[[], Any]] = []
        self.stop: list[Callable[[], Any]] = []
        self.every: list[tuple[Callable[[], Any], float]] = []  # with its seconds


class Resolver(Protocol):
    """Where the calls over a link go: the runtime's peers, or what a test binds."""

    def resolve(self, name: str) -> Callable[..., Any]:
        """A function of (method, arguments) that makes the call; LinkError for an undeclared
        link.
        """


_declared: dict[str, Declarations] = {}
_shared_errors: dict[str, type[Exception]] = {}
_resolvers: list[Resolver] = []


def declarations(module: str) -> Declarations:
    """What the module of this name declares; empty for one that declares nothing."""
    return _declared.setdefault(module, Declarations())


def _of_caller() -> Declarations:
    """The declarations of the module in which a decorator of this file stands."""
    return declarations(sys._getframe(2).f_globals.get("__name__", "__main__"))


@overload
def rpc(function: Function) -> Function: ...


@overload
def rpc(*, idempotent: bool = False) -> Callable[[Function], Function]: ...


def rpc(
    function: Function | None = None, *, idempotent: bool = False
) -> Function | Callable[[Function], Function]:
    """Let other services call this function, plain or async, by its name.

    Arguments come by name and are checked against the annotations before the function runs. A plain
    function runs in a thread, so that it holds up no other call; an async one runs in the event
    loop.

    Args:
        function: the function, where the decorator stands without brackets.
        idempotent: running it twice does what running it once does. So a call whose outcome is
            unknown, since its replica was lost, is made again with another one, as long as there is
            time.
    """
    declared = _of_caller()

    def declare(function: Function) -> Function:
        code = getattr(function, "__code__", None)
        if code is None:
            raise TypeError(f"@rpc stands on a function, not on {function!r}")
        if code.co_flags & (_GENERATOR | _ASYNC_GENERATOR):
            raise TypeError(
                f"@rpc {function.__name__}: generators are not supported yet, return a list"
            )
        declared.methods[function.__name__] = function
        if idempotent:
            declared.idempotent.add(function.__name__)
        return function

    return declare if function is None else declare(function)


def before_seal(function: Function) -> Function:
    """Run this function, plain or async, once when the service's image is sealed, behind its
    import; several run in the order written.

    For work that every machine of the service would do alike, such as reading a model or computing
    a table: all of them begin with its result. There is no network, no volume and no secret yet,
    and nothing of them may be left open. A machine that boots cold runs it at each start.
    """
    _of_caller().before_seal.append(function)
    return function


def after_seal(function: Function) -> Function:
    """Run this function, plain or async, at each start of a machine, before ``@on_start``; several
    run in the order written.

    For what has to be each machine's own although the module made it at its import, such as an
    identifier. The environment is the machine's own by then.
    """
    _of_caller().after_seal.append(function)
    return function


def on_start(function: Function) -> Function:
    """Run this function, plain or async, before the service counts as ready; several run in the
    order written.

    It runs in each machine, behind the seal: this is the place to open connections and files, and
    to start threads.
    """
    _of_caller().start.append(function)
    return function


def on_stop(function: Function) -> Function:
    """Run this function, plain or async, when the service is asked to stop; several run last one
    first.
    """
    _of_caller().stop.append(function)
    return function


def every(interval: str) -> Callable[[Function], Function]:
    """Run this function, plain or async, again and again: ``@every("30s")``.

    The first run comes one interval after the service is ready. Runs of a function never overlap:
    what is due while one goes on is left out. A plain function runs in a thread, as with ``@rpc``.
    What a run raises is logged, and the next one comes all the same. When the service is asked to
    stop, a run that goes on may end within half of the grace, and is cancelled then.

    Args:
        interval: a number with ``ms``, ``s``, ``m`` or ``h`` behind it.

    Raises:
        ValueError: the interval is none, or not above zero.
    """
    seconds = _seconds(interval)
    declared = _of_caller()

    def declare(function: Function) -> Function:
        if not callable(function):
            raise TypeError(f"@every stands on a function, not on {function!r}")
        declared.every.append((function, seconds))
        return function

    return declare


def _seconds(interval: object) -> float:
    """The seconds of ``@every``'s interval; written without ``re``, which takes long to import."""
    for unit, seconds in (("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if isinstance(interval, str) and interval.endswith(unit):
            number = interval.removesuffix(unit)
            if number.replace(".", "", 1).isdecimal() and float(number) > 0:
                return float(number) * seconds
            break
    raise ValueError(f'@every({interval!r}): write it like "500ms", "30s", "5m" or "1h"')


def shared_error(cls: Error) -> Error:
    """Let this exception reach callers as itself, where they import the module it is in; others
    become RemoteError.

    It is built anew from its ``args``, which must be msgpack's own types.
    """
    _shared_errors[name_of(cls)] = cls
    return cls


def shared_errors() -> dict[str, type[Exception]]:
    """The classes marked with ``@shared_error`` in the modules imported so far, by name."""
    return _shared_errors


class RemoteFunction:
    """One function of a peer. Calling it gives an awaitable of its result."""

    __slots__ = ("_method", "_peer")

    def __init__(self, peer: str, method: str) -> None:
        self._peer = peer
        self._method = method

    def __repr__(self) -> str:
        return f"<remote function {self._peer}.{self._method}>"

    def __call__(self, *positional: Any, **arguments: Any) -> Any:
        if positional:
            place = f"{self._peer}.{self._method}"
            raise TypeError(
                f"{place} takes its arguments by name: write {place}(name={positional[0]!r}),"
                f" with the name that the argument has there"
            )
        return self._call(arguments)

    async def _call(self, arguments: dict[str, Any]) -> Any:
        if not _resolvers:
            raise LinkError(
                f"link({self._peer!r}) is used outside of a mesh: in a test, answer it with"
                f" `with bind_links({self._peer}=...):`"
            )
        return await _resolvers[-1].resolve(self._peer)(self._method, arguments)


class Link:
    """A declared link to a peer: its attributes are the peer's functions."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"link({self._name!r})"

    def __getattr__(self, method: str) -> RemoteFunction:
        # Names with an underscore are asked for by inspect, copy and pickle, and never served.
        if method.startswith("_"):
            raise AttributeError(f"a link has no function {method!r}")
        return RemoteFunction(self._name, method)


def link(name: str) -> Link:
    """The peer of this name: ``await link("catalog").get(product_id="p1")``.

    The topology must declare the link; that is looked up at the first call.
    """
    if not isinstance(name, str) or not name:
        raise TypeError(f"link() takes the name of a service, not {name!r}")
    return Link(name)


def attach(resolver: Resolver) -> None:
    """From now on calls over links go through the resolver, until it is detached."""
    _resolvers.append(resolver)


def detach(resolver: Resolver) -> None:
    """They do so no more."""
    _resolvers.remove(resolver)


@contextmanager
def attached(resolver: Resolver) -> Iterator[None]:
    """While this holds, calls over links go through the resolver."""
    attach(resolver)
    try:
        yield
    finally:
        detach(resolver)


class _Bound:
    """Links answered by objects of the same process."""

    def __init__(self, peers: dict[str, Any]) -> None:
        self._peers = peers

    def resolve(self, name: str) -> Callable[..., Any]:
        if name not in self._peers:
            raise undeclared(name, self._peers)
        peer = self._peers[name]

        async def call(method: str, arguments: dict[str, Any]) -> Any:
            result = getattr(peer, method)(**arguments)
            return await result if hasattr(result, "__await__") else result

        return call


def bind_links(**peers: Any) -> AbstractContextManager[None]:
    """For unit tests: answer calls over links from these objects, as ``with
    bind_links(catalog=FakeCatalog()):``.

    Each object has the peer's functions as its attributes, plain or async; the other service's
    module is such an object.
    """
    return attached(_Bound(peers))


def undeclared(name: str, declared: Any) -> LinkError:
    """The error for a link that the topology does not declare."""
    names = ", ".join(sorted(declared)) or "none"
    return LinkError(
        f"link({name!r}) is not declared: add a [[links]] entry to {name!r} in the topology"
        f" (declared here: {names})"
    )
