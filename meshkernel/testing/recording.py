"""A mesh under test of which one service's use of the library OS is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from meshkernel.config import profile_text
from meshkernel.config.selection import profile
from meshkernel.errors import Fault, MachineError, UserError
from meshkernel.supervisor.recording import RecordingHost
from meshkernel.testing.mesh import MeshUnderTest
from meshkernel.testing.running import running_mesh
from meshkernel.topology import parse
from meshkernel.topology.faults import nearest

LAST_CALL = "exit_group"
"""Every program that comes to its own end makes it."""


@contextmanager
def recorded_mesh(topology: Path, service: str) -> Iterator[tuple[MeshUnderTest, RecordingHost]]:
    """The mesh while it runs; the host has the whole record once it has stopped.

    Volumes are new, as for tests, and gone afterwards.

    Raises:
        UserError: there is no such service; and what `running_mesh` raises.
    """
    found = parse(topology)
    if service not in found.services:
        what = f"there is no service {service!r}"
        raise UserError(Fault(what, nearest(service, found.services), str(topology)))
    out = topology.resolve().parent / "build"
    with TemporaryDirectory() as folder:
        host = RecordingHost(out, volumes=Path(folder), service=service)
        with running_mesh(topology, host=host) as mesh:
            yield mesh, host


def keep(host: RecordingHost, file: Path, *, add: bool) -> None:
    """Writes the profile that was recorded.

    Args:
        host: on which the mesh has run.
        file: where it goes.
        add: keep what is in the file, too.

    Raises:
        MachineError: some of it was lost, or the service was ended before it had come to its own
            end: it would lack what is not in its profile.
        UserError: what is in the file is no profile.
    """
    if host.used.lost:
        text = f"{host.used.lost} records of {host.service} were lost, so its profile is not kept"
        raise MachineError(text)
    if LAST_CALL not in host.used.syscalls:
        text = (
            f"{host.service} was ended before it had stopped by itself: what it does when it stops"
            " is not in its profile, which is not kept; try again, on a computer that is less busy"
        )
        raise MachineError(text)
    found = host.profile
    if add and file.exists():
        found = profile.read(file).joined(found)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(profile_text(host.service, found), encoding="utf-8")
