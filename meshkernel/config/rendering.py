"""Rendering the templates: a plan goes in, files come out, nothing is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from attrs import define, field
from jinja2 import Environment, PackageLoader, StrictUndefined

from meshkernel.config import boot
from meshkernel.config.files import MARK, File
from meshkernel.config.libos import LibrarySources, OptionValue
from meshkernel.config.machine import MachineValues, planned_machine, words
from meshkernel.config.selection import Profile, Selection
from meshkernel.config.selection.profile import KEYS
from meshkernel.plan.model import Plan, Replica, ServicePlan

HEADERS = ("config.h", "left_out.h", "libraries.h", "syscalls.h")
"""What the library OS of a service is compiled with."""

LINK = "link.txt"


def render(plan: Plan, sources: LibrarySources, selections: Mapping[str, Selection]) -> list[File]:
    """Every generated file of a mesh, sorted by path.

    Args:
        plan: of the mesh.
        sources: all libraries that there are.
        selections: those of each service.
    """
    texts = Headers(sources)
    files = [
        file
        for name, service in plan.services.items()
        for file in render_service(plan, service, selections[name], texts)
    ]
    return sorted(files, key=lambda file: file.path)


@define
class Headers:
    """The generated headers of library operating systems: rendered once for all that are alike."""

    sources: LibrarySources
    _made: dict[tuple[object, ...], dict[str, str]] = field(factory=dict)

    def of(self, selection: Selection) -> Mapping[str, str]:
        """The headers for these libraries, by name."""
        alike = (*selection.names, *selection.options.items())
        if alike not in self._made:
            self._made[alike] = headers(self.sources, selection)
        return self._made[alike]


def render_service(
    plan: Plan, service: ServicePlan, selection: Selection, texts: Headers
) -> list[File]:
    """The generated files of one service."""
    folder = PurePosixPath(service.name)
    made = texts.of(selection)
    link = {"mark": MARK, "service": service, "chosen": selection.chosen}
    machine = {"mark": MARK, "machine": planned_machine(plan, service)}
    return [
        *(File(folder / "libos" / name, made[name]) for name in HEADERS),
        File(folder / "libos" / LINK, _rendered(LINK, link)),
        File(folder / "boot.conf", boot_configuration(plan, service)),
        File(folder / "machine.args", _rendered("machine.args", machine)),
    ]


def headers(sources: LibrarySources, selection: Selection) -> dict[str, str]:
    """The generated headers of a library OS by name, for the compiler."""
    values = _libos_values(sources, selection)
    return {name: _rendered(name, values) for name in HEADERS}


def boot_configuration(plan: Plan, service: ServicePlan, replica: Replica | None = None) -> str:
    """What the machine of a service's replica is told at boot; of the first, if none is named."""
    replica = replica or service.replicas[0]
    values = {
        "mark": MARK,
        "plan": plan,
        "service": service,
        "replica": replica,
        "arguments": boot.ARGUMENTS,
        "environment": boot.environment(service),
        "directory": boot.DIRECTORY,
        "configuration": boot.CONFIGURATION,
        "service_json": boot.service_json(plan, service, replica),
    }
    return _rendered("boot.conf", values)


def sealing_configuration(
    plan: Plan, service: ServicePlan, hash_seed: int, *, explain: bool = False
) -> str:
    """What the machine is told whose memory becomes a service's image: the same for services of
    the same code; ``explain``: what stands in the way of that is to be found.
    """
    values = {
        "mark": MARK,
        "arguments": boot.ARGUMENTS,
        "environment": boot.sealing_environment(plan, service, hash_seed, explain=explain),
        "directory": boot.DIRECTORY,
        "hostname": boot.NOBODY,
    }
    return _rendered("seal.conf", values)


def _libos_values(sources: LibrarySources, selection: Selection) -> dict[str, Any]:
    return {
        "mark": MARK,
        "chosen": selection.chosen,
        "options": selection.options,
        "libraries": {macro(name): name for name in selection.names},
        "syscalls": sources.syscalls(selection.libraries),
        "left_out": sources.syscalls(selection.left_out),
    }


def macro(library: str) -> str:
    """What C asks for a library by, as in ``MK_HAVE_NET_UDP``."""
    return "MK_HAVE_" + library.replace("/", "_").upper()


def _rendered(name: str, values: Mapping[str, Any]) -> str:
    return _templates().get_template(f"{name}.j2").render(values)


def profile_text(service: str, profile: Profile) -> str:
    """A recorded profile as a file (docs/formats.md)."""
    used = {key: getattr(profile, key) for key in KEYS}
    return _rendered("profile.toml", {"service": service, "used": used})


def machine_arguments(machine: MachineValues) -> list[str]:
    """The command line of a machine, without the program."""
    template = _templates().get_template("machine.args.j2")
    return words(template.render(mark=MARK, machine=machine))


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("meshkernel.config"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - C, boot configurations and lists; each has a filter of its own
    )
    templates.filters["boot"] = boot.escape
    templates.filters["c"] = c_literal
    templates.filters["toml"] = json.dumps  # of text: the same in both
    return templates


def c_literal(value: OptionValue) -> str:
    """A value as C writes it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
