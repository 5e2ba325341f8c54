"""Builds the switch: our C sources and the parts of lwIP that ``native/sources.toml`` lists."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from meshkernel.toolchain import third_party, tools
from meshkernel.toolchain.cache import Cache, digest, file_digest, replacing
from meshkernel.toolchain.compile import Compiler, Unit
from meshkernel.toolchain.compiled import stamp_of

NATIVE = Path(__file__).parent / "native"


@frozen
class Recipe:
    """What ``sources.toml`` says: sources relative to ``native/`` and to lwIP's ``src/``."""

    sources: tuple[str, ...]
    lwip: tuple[str, ...]
    flags: tuple[str, ...]
    link_flags: tuple[str, ...]

    @classmethod
    def read(cls) -> Recipe:
        """The recipe of this package."""
        found = tomllib.loads((NATIVE / "sources.toml").read_text())
        return cls(
            sources=tuple(found["sources"]),
            lwip=tuple(found["lwip"]),
            flags=tuple(found["flags"]),
            link_flags=tuple(found["link_flags"]),
        )


def units(recipe: Recipe, lwip: Path, flags: Sequence[str] = ()) -> list[Unit]:
    """Every file to compile. ``lwip``: the unpacked sources; ``flags`` go behind the recipe's."""
    source = lwip / "src"
    include = f"-isystem{source / 'include'}"
    common = (*recipe.flags, *flags, f"-I{NATIVE / 'lwip'}", include)
    paths = [*(NATIVE / name for name in recipe.sources), *(source / name for name in recipe.lwip)]
    return [Unit(path, common, origins=(NATIVE, lwip)) for path in paths]


def build_switch(cache: Cache, *, flags: Sequence[str] = ()) -> Path:
    """The switch as a program, from the cache where nothing has changed.

    Raises:
        BuildError: a tool failed.
        UserError: a tool or the source of lwIP is missing.
    """
    lwip = third_party.lwip(cache)  # its folder is named after what is in it
    sources = stamp_of([NATIVE, Path(tools.__file__).parent])
    key = digest(sources, str(lwip), tools.cc().banner, *flags)

    def built() -> str:
        return str(_build(cache, lwip, flags).relative_to(cache.root))

    target = cache.root / cache.text("switches", key, built)
    return target if target.exists() else _build(cache, lwip, flags)


def _build(cache: Cache, lwip: Path, flags: Sequence[str]) -> Path:
    recipe = Recipe.read()
    objects = Compiler(cache).compile(units(recipe, lwip, flags))
    link_flags = [*recipe.link_flags, *flags]
    key = digest(tools.cc().banner, *link_flags, *(file_digest(path) for path in objects))
    target = cache.path("switch", key)
    if not target.exists():
        with replacing(target) as fresh:
            tools.run([tools.cc().path, *link_flags, "-o", fresh, *objects])
    target.chmod(0o755)
    return target
