"""``[services.NAME.libos]``: what a user wants otherwise in the library OS of a service.

Only the form is looked at here. Which libraries and options there are, and what a service cannot do
without, is known to `config/`, which tells its faults with the lines that are kept in ``lines``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from meshkernel.topology.faults import Faults, told
from meshkernel.topology.positions import KeyPath

KEYS = {"include", "exclude", "options", "profile"}

_LISTS = {"include": 'a list such as ["net/udp"]', "exclude": 'a list such as ["vdso"]'}
_OPTIONS = "a table such as { DEBUG = 1 }"


@frozen
class LibosWishes:
    """What is wished for one service's library OS.

    Attributes:
        include: libraries to have although nothing seems to need them.
        exclude: libraries to leave out although something seems to need them.
        options: values for options of libraries.
        profile: the file of a recorded profile, relative to the topology's folder.
        lines: of each key, such as ``exclude[0]`` or ``options.DEBUG``, in the topology.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    options: Mapping[str, int | str] = field(factory=dict)
    profile: str | None = None
    lines: Mapping[str, int] = field(factory=dict)


def read_libos(table: Mapping[str, Any], path: KeyPath, faults: Faults) -> LibosWishes:
    """The wishes in a service's table, without those that have faults."""
    wishes = faults.typed(table, path, "libos", dict, 'a table such as { include = ["net/udp"] }')
    if wishes is None:
        return LibosWishes()
    here = (*path, "libos")
    faults.unknown(wishes, here, KEYS)
    lines: dict[str, int] = {}
    include, exclude = (_read_names(wishes, here, key, faults, lines) for key in _LISTS)
    for name in sorted({*include} & {*exclude}):
        place = (*here, "exclude", exclude.index(name))
        faults.add(place, f"{name} is in include too", "keep it in one of them")
    lines["profile"] = faults.line((*here, "profile"))
    return LibosWishes(
        include=include,
        exclude=exclude,
        options=_read_options(wishes, here, faults, lines),
        profile=faults.typed(wishes, here, "profile", str, '"profiles/cart.toml"'),
        lines=lines,
    )


def _read_names(
    table: Mapping[str, Any], path: KeyPath, key: str, faults: Faults, lines: dict[str, int]
) -> tuple[str, ...]:
    names = faults.typed(table, path, key, list, _LISTS[key]) or []
    found: list[str] = []
    for index, name in enumerate(names):
        here = (*path, key, index)
        if not isinstance(name, str):
            faults.add(here, f"{told(name)} is no library", f"write {_LISTS[key]}")
        elif name.strip("/") in found:
            faults.add(here, f"{name} is named twice", "leave one out")
        else:
            lines[f"{key}[{len(found)}]"] = faults.line(here)
            found.append(name.strip("/"))
    return tuple(found)


def _read_options(
    table: Mapping[str, Any], path: KeyPath, faults: Faults, lines: dict[str, int]
) -> dict[str, int | str]:
    options = faults.typed(table, path, "options", dict, _OPTIONS) or {}
    found: dict[str, int | str] = {}
    for name, value in options.items():
        here = (*path, "options", name)
        lines[f"options.{name}"] = faults.line(here)
        if isinstance(value, (bool, int, str)):
            found[name] = int(value) if isinstance(value, bool) else value
        else:
            what = f"{told(value)} where a whole number or text belongs"
            faults.add(here, what, f"write {_OPTIONS}")
    return found
