"""Images as files: the ELF, and beside it the bill of what is in it, by which it is found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, evolve, field, frozen

from meshkernel.config.selection import Selection
from meshkernel.image.files import Files
from meshkernel.image.warm import Warm
from meshkernel.toolchain.cache import Cache, also_named, digest, file_digest, replacing
from meshkernel.toolchain.compiled import LibraryOS
from meshkernel.toolchain.libos import Linked
from meshkernel.toolchain.linkmap import LibrarySize

BILL = "image.json"
BESIDE = ("libos.debug", BILL)
"""What is written beside an image. Services that are made of the same share the files."""

FORMAT = "bill 2"
"""Changes with what a bill of materials says: older ones are made again."""


@frozen
class Image:
    """A bootable image.

    Attributes:
        path: of the ELF.
        bytes: its size.
        libos_bytes: what of it is not the program's files.
        modules: Python modules in it, by name.
        objects: ELF objects in it, by path.
        digest: SHA-256 of the whole.
        selection: the libraries of its library OS, and why.
        libraries: what each of them takes, by name.
        warnings: what may be missing in it.
        cached: it was there already.
        warm: what it was sealed into, if it was.
    """

    path: Path
    bytes: int
    libos_bytes: int
    modules: tuple[str, ...]
    objects: tuple[str, ...]
    digest: str
    selection: Selection
    libraries: Mapping[str, LibrarySize] = field(factory=dict)
    warnings: tuple[str, ...] = ()
    cached: bool = False
    warm: Warm | None = None

    @property
    def is_cached(self) -> bool:
        """Whether all of it was there already."""
        return self.cached and (self.warm is None or self.warm.cached)


def key(libos: LibraryOS, found: Files) -> str:
    """What an image is made of."""
    return digest(FORMAT, libos.digest, found.digest)


def kept(
    path: Path, libos: LibraryOS, found: Files, selection: Selection, cache: Cache
) -> Image | None:
    """The image that is there, if it is the one to be."""
    try:
        bill = json.loads(path.with_name(BILL).read_text())
        known = bill["key"] == key(libos, found)
        if not known or cache.digest_of(path) != bill["sha256"]:
            return None
    except (FileNotFoundError, json.JSONDecodeError, KeyError):
        return None
    return Image(
        path,
        bill["bytes"],
        bill["libos_bytes"],
        found.modules,
        found.objects,
        bill["sha256"],
        selection,
        {name: LibrarySize(*sizes) for name, sizes in bill["libraries"].items()},
        found.warnings,
        cached=True,
    )


def written(linked: Linked, libos: LibraryOS, found: Files, selection: Selection) -> Image:
    """The image that was just linked, with its bill beside it."""
    image = Image(
        linked.image,
        linked.size,
        linked.libos_bytes,
        found.modules,
        found.objects,
        file_digest(linked.image),
        selection,
        linked.libraries,
        found.warnings,
    )
    sizes = image.libraries
    bill = {
        "key": key(libos, found),
        "sha256": image.digest,
        "bytes": image.bytes,
        "libos_bytes": image.libos_bytes,
        "libraries": {name: [size.bytes, size.zeroed] for name, size in sizes.items()},
        "modules": image.modules,
        "objects": image.objects,
        "files": [asdict(listed) for listed in found.bill],
    }
    with replacing(linked.image.with_name(BILL)) as fresh:
        fresh.write_text(json.dumps(bill, indent=1) + "\n")
    return image


def shared(image: Image, path: Path, selection: Selection) -> Image:
    """The image of another service, made of the same: another name for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    there = [also_named(image.path, path)]
    there += [also_named(image.path.with_name(name), path.with_name(name)) for name in BESIDE]
    return evolve(image, path=path, selection=selection, cached=image.cached or all(there))
