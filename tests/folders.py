"""Where tests build, and what: workers have folders of their own, and one cache together."""

from __future__ import annotations

import os
from pathlib import Path

BUILD = Path(__file__).resolve().parents[1] / "build"

KINDS = ("warm", "cold")
"""Of images: one goes on from its seal, the other begins at the beginning."""


def out_folder(name: str) -> Path:
    """A build folder for tests. An image in it is that of the last program of its name; the cache
    is named after contents, so what is compiled is compiled once for all.
    """
    folder = BUILD / "tests" / (name + os.environ.get("PYTEST_XDIST_WORKER", ""))
    folder.mkdir(parents=True, exist_ok=True)
    share_cache(folder)
    return folder


def share_cache(folder: Path) -> None:
    """Have a build folder keep what is compiled where all keep it."""
    (BUILD / "cache").mkdir(parents=True, exist_ok=True)
    cache = folder / "cache"
    if not cache.is_symlink():
        cache.symlink_to(BUILD / "cache")
