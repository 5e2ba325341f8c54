"""The read-only file system inside an image: its writer and a reader.

The format is ``libos/abi/imagefs.h``. Writing is deterministic: the same entries give the same
bytes, on every machine and in every folder. Identical contents are stored once.
"""

from __future__ import annotations

import hashlib
import stat
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from attrs import define, field, frozen

MAGIC = 0x31736667616D696B
PAGE = 4096
ALIGNMENT = 16
"""Of contents smaller than a page."""
MTIME = 315532800
"""Seconds since 1970 that every file shows: 1980-01-01, the earliest that zip archives hold."""

FIRST_INODE = 2
"""The inode number, as stat shows it, of the one file that may choose."""

SUPER = struct.Struct("<QQQQQII")
INODE = struct.Struct("<IIQQQ")
ENTRY = struct.Struct("<III")

ELF_HEADER = struct.Struct("<4sBBBB8xHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
PT_LOAD = 1
ELF_CLASS_64 = 2


@frozen
class File:
    """A regular file. A path is read when the file system is written."""

    source: bytes | Path
    mode: int = 0o644

    def contents(self) -> bytes:
        """The bytes that the image holds: an ELF object without what is never loaded."""
        data = self.source if isinstance(self.source, bytes) else self.source.read_bytes()
        return data[: loaded_size(data)]


@frozen
class Directory:
    """A directory; those that lead to a path need not be given."""

    mode: int = 0o755


@frozen
class Symlink:
    """A symbolic link."""

    target: str


Entry = File | Directory | Symlink


def is_elf(data: bytes) -> bool:
    """Whether the bytes start like a 64-bit ELF object."""
    return data[:4] == b"\x7fELF" and len(data) >= ELF_HEADER.size and data[4] == ELF_CLASS_64


def loaded_size(data: bytes) -> int:
    """How many bytes of a file are ever read: of an ELF object those up to its last segment.

    Behind it come debug sections, symbols and the table of sections, which only tools read. Every
    byte that is loaded stays as it was built.
    """
    if not is_elf(data):
        return len(data)
    header = ELF_HEADER.unpack_from(data)
    offset, size, count = header[9], header[13], header[14]
    end = offset + size * count
    for index in range(count):
        kind, _, start, _, _, length, _, _ = PROGRAM_HEADER.unpack_from(data, offset + index * size)
        if kind == PT_LOAD:
            end = max(end, start + length)
    return end if end > offset + size * count else len(data)


@define(eq=False)
class _Node:
    """One inode while the file system is laid out."""

    mode: int
    data: bytes = b""
    children: dict[bytes, _Node] = field(factory=dict)
    number: int = 0
    offset: int = 0
    size: int = 0
    links: int = 1

    @property
    def is_directory(self) -> bool:
        return stat.S_ISDIR(self.mode)


def _tree(entries: Mapping[str, Entry]) -> _Node:
    root = _Node(stat.S_IFDIR | 0o755)
    for path in sorted(entries):
        parts = PurePosixPath(path).parts
        if not parts or parts[0] != "/" or ".." in parts:
            raise ValueError(f"{path!r} is not an absolute path in an image")
        node = root
        for part in parts[1:-1]:
            node = node.children.setdefault(part.encode(), _Node(stat.S_IFDIR | 0o755))
            if not node.is_directory:
                raise ValueError(f"{path!r} lies below a file")
        _add(root if len(parts) == 1 else node, parts[1:], entries[path])
    return root


def _add(parent: _Node, parts: tuple[str, ...], entry: Entry) -> None:
    name = parts[-1].encode() if parts else b""
    if len(name) > 255:
        raise ValueError(f"{parts[-1]!r} is longer than 255 bytes")
    match entry:
        case Directory(mode):
            node = parent if not parts else parent.children.setdefault(name, _Node(stat.S_IFDIR))
            node.mode = stat.S_IFDIR | mode
        case File(_, mode):
            parent.children[name] = _Node(stat.S_IFREG | mode, entry.contents())
        case Symlink(target):
            parent.children[name] = _Node(stat.S_IFLNK | 0o777, target.encode())


def _number(root: _Node, first: str | None) -> list[_Node]:
    """All nodes, breadth first: the root, then the one at ``first``, then the others."""
    nodes = [root]
    for node in nodes:
        nodes += (node.children[name] for name in sorted(node.children))
    if first is not None:
        chosen = root
        for part in PurePosixPath(first).parts[1:]:
            chosen = chosen.children[part.encode()]
        nodes = [root, chosen, *(node for node in nodes if node not in (root, chosen))]
    for number, node in enumerate(nodes):
        node.number = number
    return nodes


def _align(offset: int, alignment: int) -> int:
    return -(-offset // alignment) * alignment


def _needs_page(data: bytes) -> bool:
    return len(data) >= PAGE or is_elf(data)


def _place(nodes: list[_Node], start: int) -> tuple[list[tuple[int, bytes]], int]:
    """Chooses offsets for all contents; returns what to write where, and the end.

    Small contents come first, packed; then those that are mapped, each from a page boundary.
    """
    contents: dict[bytes, int] = {}
    pieces: list[tuple[int, bytes]] = []
    offset = start
    for paged in (False, True):
        if paged:
            offset = _align(offset, PAGE)
        for node in nodes:
            if node.is_directory or _needs_page(node.data) != paged:
                continue
            key = hashlib.sha256(node.data).digest()
            if key not in contents:
                contents[key] = offset
                pieces.append((offset, node.data))
                offset = _align(offset + len(node.data), PAGE if paged else ALIGNMENT)
            node.offset, node.size = contents[key], len(node.data)
    return pieces, _align(offset, PAGE)


def write(entries: Mapping[str, Entry], out: BinaryIO, first: str | None = None) -> int:
    """Writes the file system of these absolute paths; returns its size in bytes.

    The file at ``first`` gets `FIRST_INODE`, so that it can be known before the others are.
    """
    nodes = _number(_tree(entries), first)
    names, table = bytearray(), bytearray()
    places: dict[bytes, int] = {}
    count = 0
    for node in nodes:
        if not node.is_directory:
            continue
        node.offset, node.size = count, len(node.children)
        node.links = 2 + sum(child.is_directory for child in node.children.values())
        for name in sorted(node.children):
            if name not in places:
                places[name] = len(names)
                names += name
            table += ENTRY.pack(node.children[name].number, places[name], len(name))
            count += 1
    inodes_at = _align(SUPER.size, ALIGNMENT)
    entries_at = inodes_at + INODE.size * len(nodes)
    names_at = entries_at + len(table)
    pieces, end = _place(nodes, _align(names_at + len(names), PAGE))
    head = bytearray(
        SUPER.pack(MAGIC, end, inodes_at, entries_at, names_at, len(nodes), count)
    ).ljust(inodes_at, b"\0")
    for node in nodes:
        head += INODE.pack(node.mode, node.links, node.size, node.offset, MTIME)
    head += table + names
    position = out.write(head)
    for offset, data in pieces:
        position += out.write(bytes(offset - position) + data)
    out.write(bytes(end - position))
    return end


@frozen
class Reader:
    """Reads a file system that `write` made; raises ValueError where it breaks the format."""

    data: bytes
    inode_count: int
    entry_count: int
    inodes_at: int
    entries_at: int
    names_at: int

    @classmethod
    def parse(cls, data: bytes) -> Reader:
        """Takes the bytes of a whole file system."""
        magic, size, inodes, entries, names, inode_count, entry_count = SUPER.unpack_from(data)
        if magic != MAGIC or size != len(data) or size % PAGE:
            raise ValueError("not an image file system of version 1")
        return cls(data, inode_count, entry_count, inodes, entries, names)

    def inode(self, number: int) -> tuple[int, int, int, int, int]:
        """Mode, links, size, offset and modification time."""
        if number >= self.inode_count:
            raise ValueError(f"there is no inode {number}")
        return INODE.unpack_from(self.data, self.inodes_at + number * INODE.size)

    def list(self, number: int) -> list[tuple[str, int]]:
        """Names and inodes of a directory."""
        _, _, size, offset, _ = self.inode(number)
        found = []
        for index in range(offset, offset + size):
            place = self.entries_at + index * ENTRY.size
            inode, name, length = ENTRY.unpack_from(self.data, place)
            start = self.names_at + name
            found.append((self.data[start : start + length].decode(), inode))
        return found

    def contents(self, number: int) -> bytes:
        """The bytes of a file, or the target of a symbolic link."""
        _, _, size, offset, _ = self.inode(number)
        return self.data[offset : offset + size]

    def walk(self, number: int = 0, path: str = "/") -> Iterator[tuple[str, int]]:
        """Every path with its inode, in order."""
        yield path, number
        if stat.S_ISDIR(self.inode(number)[0]):
            for name, child in self.list(number):
                yield from self.walk(child, str(PurePosixPath(path) / name))
