"""Modules of the user's are looked at, never run.

To find ``shop.cart`` the analyser imports the package ``shop``. With the finder of this module that
gives an empty package that knows its folder, unless the package is part of the standard library or
was installed: some of those lay out their modules only when they run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader
from importlib.machinery import (
    ExtensionFileLoader,
    ModuleSpec,
    SourceFileLoader,
    SourcelessFileLoader,
)
from pathlib import Path
from types import ModuleType


class _Source(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


class _Bytecode(SourcelessFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


class _Extension(ExtensionFileLoader):
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An ordinary module."""
        return ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Does nothing."""


QUIET: dict[type[object], Callable[[str, str], Loader]] = {
    SourceFileLoader: _Source,
    SourcelessFileLoader: _Bytecode,
    ExtensionFileLoader: _Extension,
}


class Finder:
    """Goes before all others in `sys.meta_path`.

    Args:
        trusted: folders of installed modules, and of the standard library.
    """

    def __init__(self, trusted: Sequence[Path]) -> None:
        self.trusted = tuple(f"{folder.resolve()}/" for folder in trusted)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find."""
        for finder in sys.meta_path:
            found = finder.find_spec(name, path, target) if finder is not self else None
            if found is not None:
                self._silence(found)
                return found
        return None

    def _silence(self, spec: ModuleSpec) -> None:
        quiet = QUIET.get(type(spec.loader))
        if quiet is None or spec.origin is None:
            return
        if not str(Path(spec.origin).resolve()).startswith(self.trusted):
            spec.loader = quiet(spec.name, spec.origin)
