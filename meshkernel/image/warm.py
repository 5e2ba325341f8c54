"""Warm images as files: what was sealed, from what, and whether it is still good.

Beside the image that boots cold (``cold.elf``) a service that is sealed has ``image.ram``,
``start.elf`` and ``image.elf`` (`seal_files`), ``seal.json``, their bill, and ``seal.log``
(docs/formats.md). Services that would be sealed alike share the files: each has names for them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from meshkernel.toolchain.cache import also_named, replacing

BILL, LOG = "seal.json", "seal.log"
RAM, START, ELF = "image.ram", "start.elf", "image.elf"


@frozen
class Warm:
    """A sealed image.

    Attributes:
        start: what a machine that maps ``ram`` boots.
        ram: its memory, with holes.
        elf: all in one, for a machine that maps nothing.
        bytes: of ``ram`` that are no holes.
        sealed: when, in seconds since 1970.
        hash_seed: of Python's string hashes, as PYTHONHASHSEED has it.
        cached: it was there already.
    """

    start: Path
    ram: Path
    elf: Path
    bytes: int
    sealed: float
    hash_seed: str
    cached: bool = False


def newest(folders: Iterable[Path], key: str, good_for: float | None) -> Warm | None:
    """The sealed image that was made last of those in these folders that `kept` would find."""
    bills: dict[tuple[int, int], Path] = {}  # most of them are one file
    for folder in folders:
        try:
            found = (folder / BILL).stat()
        except FileNotFoundError:
            continue
        bills.setdefault((found.st_dev, found.st_ino), folder)
    good = [image for each in bills.values() if (image := kept(each, key, good_for))]
    return max(good, key=lambda image: image.sealed, default=None)


def shared(image: Warm, folder: Path) -> Warm:
    """The same image in the folder of another service, or of the same one: other names for it."""
    there = [
        also_named(image.ram.with_name(name), folder / name)
        for name in (RAM, START, ELF, BILL)  # the bill last: it says that the others are there
    ]
    with suppress(FileNotFoundError):  # nobody needs it
        also_named(image.ram.with_name(LOG), folder / LOG)
    return evolve(
        image,
        start=folder / START,
        ram=folder / RAM,
        elf=folder / ELF,
        cached=image.cached and all(there),
    )


def kept(folder: Path, key: str, good_for: float | None) -> Warm | None:
    """The sealed image that is there, if it was made of this and is no older than so many
    seconds.
    """
    try:
        bill = json.loads((folder / BILL).read_text())
        same = bill["key"] == key and bill["files"] == _stamps(folder)
        if not same or (good_for is not None and not 0 <= time.time() - bill["sealed"] < good_for):
            return None
        return _warm(folder, bill, cached=True)
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None


def keep(folder: Path, key: str, facts: Mapping[str, Any]) -> Warm:
    """Writes the bill of the files that are there now; ``facts`` say more about them:
    ``hash_seed`` at least.
    """
    bill = {
        "key": key,
        "sealed": time.time(),
        "bytes": (folder / RAM).stat().st_blocks * 512,
        "files": _stamps(folder),
        **facts,
    }
    with replacing(folder / BILL) as fresh:
        fresh.write_text(json.dumps(bill, indent=1) + "\n")
    return _warm(folder, bill)


def drop(folder: Path) -> None:
    """Removes what is left of a sealed image, where the service is to boot cold."""
    for name in (BILL, RAM, START, LOG, "cold.elf"):
        (folder / name).unlink(missing_ok=True)


def _warm(folder: Path, bill: Mapping[str, Any], *, cached: bool = False) -> Warm:
    return Warm(
        folder / START,
        folder / RAM,
        folder / ELF,
        bytes=bill["bytes"],
        sealed=bill["sealed"],
        hash_seed=bill["hash_seed"],
        cached=cached,
    )


def _stamps(folder: Path) -> dict[str, list[int]]:
    """What changes when a file is written to or replaced; a second name for it changes nothing."""
    found = {name: (folder / name).stat() for name in (RAM, START, ELF)}
    return {name: [each.st_ino, each.st_size, each.st_mtime_ns] for name, each in found.items()}
