"""An initramfs for the Linux peer: cpio in the "newc" format (Linux, initramfs buffer format)."""

from __future__ import annotations

import io
import stat
from collections.abc import Mapping

from attrs import frozen


@frozen
class Node:
    """One entry: its mode with the type bits, and contents (a link's target) or device numbers."""

    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


DEVICES = {
    "dev/console": Node(stat.S_IFCHR | 0o600, device=(5, 1)),
    "dev/null": Node(stat.S_IFCHR | 0o666, device=(1, 3)),
    "dev/urandom": Node(stat.S_IFCHR | 0o444, device=(1, 9)),
}


def archive(nodes: Mapping[str, Node]) -> bytes:
    """The archive of these paths (without a leading slash); folders on the way are added."""
    folders = {parent for path in nodes for parent in _parents(path)}
    everything = {folder: Node(stat.S_IFDIR | 0o755) for folder in folders} | dict(nodes)
    output = io.BytesIO()
    for inode, (path, node) in enumerate(sorted(everything.items()), start=1):
        _append(output, inode, path, node)
    _append(output, 0, "TRAILER!!!", Node(0))
    return output.getvalue()


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _append(output: io.BytesIO, inode: int, path: str, node: Node) -> None:
    name = path.encode() + b"\0"
    fields = (inode, node.mode, 0, 0, 1, 0, len(node.data), 0, 0, *node.device, len(name), 0)
    output.write(b"070701" + b"".join(b"%08X" % field for field in fields) + name)
    output.write(bytes(-output.tell() % 4))
    output.write(node.data)
    output.write(bytes(-output.tell() % 4))
