"""Debian's cloud kernel, for machines that have no kernel made for the benchmark.

It comes from whatever mirror this machine's apt uses, unpacked into a folder and never installed.
"""

from __future__ import annotations

import lzma
import re
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from meshkernel.errors import Fault, UserError
from meshkernel.toolchain import tools

PACKAGE = "linux-image-cloud-amd64"
DRIVERS = ("virtio_mmio", "virtio_net")
DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


@frozen
class CloudKernel:
    """A bzImage, and the contents of the modules that it needs, in the order of loading."""

    path: Path
    modules: dict[str, bytes]


def fetch(out: Path) -> CloudKernel:
    """Downloads (once) and unpacks the kernel below this folder."""
    apt = tools.find("apt-get")
    image = _image_package(apt.with_name("apt-cache"))
    root = out / image
    if not root.exists():
        out.mkdir(parents=True, exist_ok=True)
        _unpack(apt, image, root)
    return CloudKernel(_only(root, "boot/vmlinuz-*"), _with_needed(_modules(root)))


def _image_package(apt_cache: Path) -> str:
    """The package that holds the files: the one above only points to it."""
    listed = tools.run([apt_cache, "depends", PACKAGE])
    found = re.search(r"^\s*Depends: (linux-image-\S+)$", listed, re.MULTILINE)
    if found is None:
        raise UserError(Fault(f"apt does not know {PACKAGE}", "run sudo apt-get update"))
    return found[1]


def _unpack(apt: Path, image: str, root: Path) -> None:
    """Into a folder that gets its name when it is complete."""
    with TemporaryDirectory(dir=root.parent) as name:
        folder = Path(name)
        tools.run([apt, "download", image], cwd=folder)
        tools.run(["dpkg-deb", "-x", _only(folder, "*.deb"), folder / "root"])
        (folder / "root").rename(root)


def _only(folder: Path, pattern: str) -> Path:
    (path,) = folder.glob(pattern)
    return path


def _modules(root: Path) -> dict[str, Path]:
    """Every module by its name. What is built in has no file."""
    return {path.name.partition(".")[0].replace("-", "_"): path for path in root.rglob("*.ko*")}


def _with_needed(paths: dict[str, Path]) -> dict[str, bytes]:
    """The drivers, each after what it needs (the package has no modules.dep: depmod makes it)."""
    ordered: dict[str, bytes] = {}

    def add(name: str) -> None:
        if name in ordered or name not in paths:
            return
        module = _contents(paths[name])
        for needed in _needs(module):
            add(needed)
        ordered[name] = module

    for driver in DRIVERS:
        add(driver)
    return ordered


def _contents(module: Path) -> bytes:
    data = module.read_bytes()
    return lzma.decompress(data) if module.suffix == ".xz" else data


def _needs(module: bytes) -> list[str]:
    found = DEPENDS.search(module)
    return found[1].decode().replace("-", "_").split(",") if found and found[1] else []
