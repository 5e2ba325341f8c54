"""Where the parts of the interpreter are on the host, and where they go in an image."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from attrs import frozen

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHON = "/usr/bin/python3"
LIBRARY = f"/usr/lib/python{VERSION}"
"""The standard library: the interpreter finds it by looking upwards from its own path."""
DYNLOAD = f"/usr/{sys.platlibdir}/python{VERSION}/lib-dynload"
SITE = f"{LIBRARY}/site-packages"
APP = "/app"
"""The project: the folder of the topology, or of the script."""

STANDARD = "python"
"""The origin of the interpreter and its standard library in a bill of materials."""
PROJECT = "project"


PACKAGE = Path(__file__).resolve().parents[1]
"""meshkernel itself."""

SITE_NAMES = ("site-packages", "dist-packages")
"""What folders of installed modules are called."""


def search_path() -> tuple[str, ...]:
    """Where the interpreter finds modules, whatever program it runs just now.

    That program's own folder comes before the standard library, and is not among them. Neither is
    a checkout of meshkernel that is installed as it stands (``pip install --editable``): nothing
    but meshkernel is in an image from there, so nothing else in it may be found.
    """
    standard = Path(sysconfig.get_path("stdlib")).resolve()
    found = [Path(entry).resolve() == standard for entry in sys.path]
    start = found.index(True) if True in found else 0
    wished = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    entries = dict.fromkeys([*map(os.path.abspath, wished), *filter(None, sys.path[start:])])
    return tuple(entry for entry in entries if not _is_checkout(Path(entry)))


def _is_checkout(folder: Path) -> bool:
    return folder.name not in SITE_NAMES and folder.resolve() == PACKAGE.parent


@frozen
class Place:
    """Where a file goes. ``project``: it is the user's own, so its source goes along."""

    path: str
    project: bool


@frozen
class Environment:
    """The folders of the interpreter that runs meshkernel, and of one project."""

    root: Path
    standard: tuple[Path, ...]
    site: tuple[Path, ...]
    other: tuple[Path, ...]

    @classmethod
    def of(cls, root: Path) -> Environment:
        """For a project in this folder."""
        stdlib = Path(sysconfig.get_path("stdlib")).resolve()
        entries = [Path(entry).resolve() for entry in search_path() if Path(entry).is_dir()]
        site = [entry for entry in entries if entry.name in SITE_NAMES]
        known = {stdlib, stdlib / "lib-dynload", *site}
        other = [entry for entry in entries if entry not in known]
        return cls(root.resolve(), (stdlib / "lib-dynload", stdlib), tuple(site), tuple(other))

    @property
    def installed(self) -> tuple[Path, ...]:
        """Where the standard library and distributions are."""
        return (*self.standard, *self.site)

    @property
    def watched(self) -> tuple[Path, ...]:
        """Folders that change when a module is installed, or added to the project."""
        return (*self.site, *self.other, self.root)

    def place(self, file: Path) -> Place:
        """The path in the image of a module or a file beside one.

        Raises:
            ValueError: the file is nowhere that modules are found.
        """
        if file.is_relative_to(PACKAGE):
            return Place(f"{SITE}/{file.relative_to(PACKAGE.parent)}", project=False)
        for folder in self.site:
            if file.is_relative_to(folder):
                return Place(f"{SITE}/{file.relative_to(folder)}", project=False)
        for folder, target in zip(self.standard, (DYNLOAD, LIBRARY), strict=True):
            if file.is_relative_to(folder):
                return Place(f"{target}/{file.relative_to(folder)}", project=False)
        for folder, target in ((self.root, APP), *((entry, SITE) for entry in self.other)):
            if file.is_relative_to(folder):
                return Place(f"{target}/{file.relative_to(folder)}", project=True)
        raise ValueError(f"{file} is in no folder that modules are imported from")
