"""Every error that meshkernel raises, as one tree.

::

    MeshkernelError
    ├── UserError                 bad input: faults with file, line, key and remedy; exit code 2
    ├── BuildError                a tool failed while building: exit code, command, output
    ├── MachineError              a machine did not start, or died
    ├── SupervisorError           the mesh is not running, or is running already
    ├── LinkError                 link() names a peer that the topology does not link to
    └── CallError                 a call to a service failed
        ├── NotDelivered          the function did not run: safe to retry
        ├── MayHaveRun            the connection or the time ran out after the call was sent
        │   └── DeadlineExceeded
        └── RemoteError           the function ran and raised

This module runs inside the unikernel too, so it imports nothing but the standard library.
"""

from __future__ import annotations


class MeshkernelError(Exception):
    """The root of the tree."""


class Fault:
    """One thing wrong in what a user wrote, and what to do about it.

    Printed as ``file:line: key: what, remedy``; parts that do not apply are left out. Written by
    hand: a dataclass would compile its methods at every start of every service.
    """

    __slots__ = ("file", "key", "line", "remedy", "what")

    def __init__(
        self,
        what: str,
        remedy: str,
        file: str | None = None,
        line: int | None = None,
        key: str | None = None,
    ) -> None:
        self.what = what
        self.remedy = remedy
        self.file = file
        self.line = line
        self.key = key

    def _values(self) -> tuple[str | int | None, ...]:
        return (self.what, self.remedy, self.file, self.line, self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"Fault{self._values()!r}"

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        return ": ".join(part for part in (place, self.key, f"{self.what}, {self.remedy}") if part)


class UserError(MeshkernelError):
    """Input that cannot be used; carries all faults that were found, not just the first."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class BuildError(MeshkernelError):
    """A tool that the build runs (compiler, linker, apt) failed."""

    def __init__(self, message: str, *, exitcode: int, command: list[str], output: str) -> None:
        super().__init__(message)
        self.exitcode = exitcode
        self.command = command
        self.output = output


class MachineError(MeshkernelError):
    """A virtual machine could not be started, or ended when it should not have."""


class SupervisorError(MeshkernelError):
    """The mesh is not in the state that a command needs."""


class LinkError(MeshkernelError):
    """A service asked for a peer to which the topology declares no link."""


class CallError(MeshkernelError):
    """A call to another service failed."""


class NotDelivered(CallError):  # noqa: N818 - reads as what happened, and is public
    """The function did not run: the call may be repeated safely."""


class MayHaveRun(CallError):  # noqa: N818
    """The call was sent and no answer came: the function may or may not have run."""


class DeadlineExceeded(MayHaveRun):
    """The time that the caller allows ran out."""


class RemoteError(CallError):
    """The remote function raised.

    Attributes:
        type: qualified name of the exception's class on the other side.
        message: its text.
        stack: the remote Python stack as text, newest call last.
    """

    def __init__(self, type: str, message: str, stack: str = "") -> None:
        super().__init__(f"{type}: {message}")
        self.type = type
        self.message = message
        self.stack = stack


def name_of(cls: type) -> str:
    """The name of an exception's class on the wire: with its module, but for builtins."""
    module, name = cls.__module__, cls.__qualname__
    return name if module == "builtins" else f"{module}.{name}"
