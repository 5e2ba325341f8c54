"""What extension modules import when they are loaded: seen by loading them.

The imports of a module in C, Cython or Rust can be read nowhere. So each one of an installed
distribution is imported once, in a process of its own, and what its initialisation asks for is
noted and kept. Extension modules of the project are not loaded: nothing of the user's runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from meshkernel.image.rules import UNUSED
from meshkernel.toolchain.cache import Cache, digest, file_digest

PROGRAM = Path(__file__).with_name("watched_import.py")
QUIET = ("-S", "-E", "-s", "-W", "ignore")
SECONDS = 60
"""A module that needs longer to be loaded is ended, and counts as one that imports nothing."""


def imports(name: str, file: Path, release: str, path: Sequence[str], cache: Cache) -> set[str]:
    """The modules that an installed extension module imports while it is loaded.

    Those that its packages import before it are not among them.

    Args:
        name: of the module.
        file: where it is.
        release: of its distribution, with what its packages depend on.
        path: where to look for modules.
        cache: where the answer is kept.
    """
    key = digest(sys.version, file_digest(PROGRAM), name, release, file_digest(file))
    kept = cache.path("loaded", key, ".json")
    if not kept.is_file():
        found = _watched(name, path, UNUSED) or _watched(name, path, ())
        cache.write(kept, json.dumps(sorted(found)).encode())
    return set(json.loads(kept.read_bytes()))


def _watched(name: str, path: Sequence[str], refused: Iterable[tuple[str, str]]) -> set[str]:
    """Loads a module in a process; what that prints, and how it ends, is of no interest."""
    pairs = [word for pair in refused for word in pair]
    reading, writing = os.pipe()
    with os.fdopen(reading, encoding="utf-8") as answer:
        command = [sys.executable, *QUIET, str(PROGRAM), name, str(writing)]
        try:
            subprocess.run(
                [*command, str(len(pairs) // 2), *pairs, *path],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
                cwd="/",
                env={"PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"},
                pass_fds=(writing,),
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return set()
        finally:
            os.close(writing)
        return set(answer.read().split())
