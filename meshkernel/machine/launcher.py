"""Builds what starts QEMU, so that it dies with us: one C file, ``native/launch.c``."""

from __future__ import annotations

from pathlib import Path

from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import Cache, digest, replacing
from meshkernel.toolchain.compiled import stamp_of

SOURCE = Path(__file__).parent / "native" / "launch.c"

FLAGS = ("-std=gnu17", "-Os", "-Wall", "-Wextra", "-Werror", "-static", "-s")
"""Static: it is there only to become another program, and has no time for a dynamic linker."""


def build_launcher(cache: Cache) -> Path:
    """The launcher as a program, from the cache where nothing has changed.

    Raises:
        BuildError: the compiler failed.
        UserError: there is none.
    """
    key = digest(tools.cc().banner, stamp_of([SOURCE.parent]), *FLAGS)
    target = cache.path("launcher", key)
    if not target.exists():
        with replacing(target, mode=0o755) as fresh:
            tools.run([tools.cc().path, *FLAGS, "-o", fresh, SOURCE])
    return target
