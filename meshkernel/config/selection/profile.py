"""A recorded profile: what a service was seen to use, as a file that a person reviews.

``meshkernel profile`` writes it (docs/formats.md); ``[services.NAME.libos]`` names it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import field, frozen

from meshkernel.config.libos import Library
from meshkernel.config.selection.resolver import Want
from meshkernel.errors import Fault, UserError
from meshkernel.topology import positions
from meshkernel.topology.faults import Faults, told

KEYS = ("syscalls", "files", "sockets")
ALSO = (
    (
        "AF_UNIX SOCK_STREAM pair",
        {"recvmmsg", "recvmsg", "sendmmsg", "sendmsg"},
        "AF_UNIX SOCK_STREAM",
    ),
    ("AF_INET SOCK_STREAM", {"connect"}, "AF_INET SOCK_STREAM connect"),
    ("AF_INET SOCK_STREAM", {"listen"}, "AF_INET SOCK_STREAM listen"),
    ("AF_INET6 SOCK_STREAM", {"connect"}, "AF_INET6 SOCK_STREAM connect"),
    ("AF_INET6 SOCK_STREAM", {"listen"}, "AF_INET6 SOCK_STREAM listen"),
)
"""What sockets need if any of these calls was made, on them or on others: a profile does not tell.
Messages of local sockets may have had open files beside them."""

SHOWN = 4
"""Of what asks for a library, this many are told."""


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


@frozen
class Profile:
    """What was used.

    Attributes:
        syscalls: names of system calls.
        files: paths below /proc, /dev and /sys.
        sockets: families and types, as ``AF_INET SOCK_STREAM``; of socketpair, with ``pair``.
        path: of the file, for reasons.
    """

    syscalls: tuple[str, ...] = field(default=(), converter=_sorted)
    files: tuple[str, ...] = field(default=(), converter=_sorted)
    sockets: tuple[str, ...] = field(default=(), converter=_sorted)
    path: str = "the profile"

    def wants(self, libraries: Iterable[Library]) -> Iterator[Want]:
        """The libraries that have what was used."""
        also = {
            more for one, calls, more in ALSO if one in self.sockets and calls & {*self.syscalls}
        }
        for library in libraries:
            used = [
                *({*library.syscalls} & {*self.syscalls}),
                *(path for path in self.files if library.has_file(path)),
                *({*library.sockets} & {*self.sockets, *also}),
            ]
            if used:
                yield Want(library.name, f"{self.path} has {_listed(sorted(used))}", certain=False)

    def joined(self, other: Profile) -> Profile:
        """What either of them has."""
        return Profile(
            (*self.syscalls, *other.syscalls),
            (*self.files, *other.files),
            (*self.sockets, *other.sockets),
            self.path,
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return f"{shown} and {len(names) - SHOWN} more" if len(names) > SHOWN else shown


def read(path: Path) -> Profile:
    """The profile in a file.

    Raises:
        UserError: it is not there, or with everything that is wrong in it.
    """
    try:
        text = path.read_text(encoding="utf-8")
        document = tomllib.loads(text)
    except FileNotFoundError:
        remedy = "record it: meshkernel profile SERVICE"
        raise UserError(Fault("there is no such profile", remedy, str(path))) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        what = f"the profile cannot be read ({error})"
        raise UserError(Fault(what, "record it again", str(path))) from error
    faults = Faults(str(path), positions.lines(text))
    faults.unknown(document, (), {*KEYS, "service"})
    for key in KEYS:
        for index, name in enumerate(faults.typed(document, (), key, list, '["read"]') or ()):
            if not isinstance(name, str):
                faults.add((key, index), f"{told(name)} where text belongs", "write a name")
    if found := faults.in_order():
        raise UserError(*found)
    used = {key: document.get(key, ()) for key in KEYS}
    return Profile(**used, path=path.name)
