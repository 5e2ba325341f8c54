"""The folders of volumes on the host: made where they are missing, written to by one mesh each."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from attrs import field, frozen

from meshkernel.config import VolumeValues
from meshkernel.config.boot import volume_tag
from meshkernel.errors import SupervisorError
from meshkernel.topology.model import Mount

FOLDER = "volumes"
"""Beside the topology, and not in the build folder: what is built can be built again."""

MODE = 0o700
ATTRIBUTE = "user.meshkernel"
IGNORED = "# What services keep is nobody's source code.\n*\n"


@frozen
class Volumes:
    """Volumes that are open for one mesh.

    Attributes:
        root: where the folders are, by name.
        descriptors: of the folders that are locked; a machine inherits those of its mesh, so that a
            lock lasts until the last machine is gone, whatever becomes of the supervisor.
    """

    root: Path
    descriptors: tuple[int, ...] = field(default=(), repr=False)

    def of(self, mounts: Iterable[Mount]) -> tuple[VolumeValues, ...]:
        """What QEMU is told about them."""
        return tuple(
            VolumeValues(volume_tag(index), str(self.root / mount.volume), mount.read_only)
            for index, mount in enumerate(mounts)
        )


@contextmanager
def open_volumes(root: Path, mounts: Iterable[Mount]) -> Iterator[Volumes]:
    """The volumes of a mesh for as long as it runs.

    Args:
        root: the folder of the folders.
        mounts: of all services.

    Raises:
        SupervisorError: another mesh writes to one of them, or its file system cannot hold it.
    """
    root = root.absolute()
    mounts = tuple(mounts)
    written = {mount.volume for mount in mounts if not mount.read_only}
    names = sorted({mount.volume for mount in mounts})
    with ExitStack() as stack:
        if names:
            _make_root(root)
        opened = [_folder(root / name, stack, write=name in written) for name in names]
        yield Volumes(root, tuple(each for each in opened if each is not None))


@contextmanager
def open_folder(folder: Path, *, read_only: bool) -> Iterator[tuple[int, ...]]:
    """A folder that is there already, for one machine; the descriptors that the machine inherits.

    Raises:
        SupervisorError: as `open_volumes`.
    """
    with ExitStack() as stack:
        locked = _folder(folder, stack, write=not read_only)
        yield () if locked is None else (locked,)


def _make_root(root: Path) -> None:
    root.mkdir(mode=MODE, parents=True, exist_ok=True)
    ignore = root / ".gitignore"
    if not ignore.exists():
        ignore.write_text(IGNORED)


def _folder(folder: Path, stack: ExitStack, *, write: bool) -> int | None:
    """The locked descriptor of a folder; None for one that is only read."""
    folder.mkdir(mode=MODE, exist_ok=True)
    if not write:
        return None
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    stack.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SupervisorError(
            f"the volume {folder} is mounted for writing already: `meshkernel down` the mesh that"
            " has it, or end the program"
        ) from None
    _check_attributes(folder)
    return descriptor


def _check_attributes(folder: Path) -> None:
    """Modes and links of a machine's files are kept in user attributes (see VolumeValues)."""
    try:
        os.setxattr(folder, ATTRIBUTE, b"volume")
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise SupervisorError(f"the volume {folder} cannot be written: {error}") from error
        raise SupervisorError(
            f"the file system of {folder} has no user attributes, which a volume needs: use one on"
            " ext4, xfs or btrfs"
        ) from error
