"""Rendering the templates: a plan goes in, files come out, nothing is touched."""

from __future__ import annotations

from functools import cache
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from meshkernel.config import boot
from meshkernel.config.files import MARK, File
from meshkernel.config.libos import LibrarySources, OptionValue, options_of, select_libraries
from meshkernel.config.machine import MachineValues, planned_machine, words
from meshkernel.plan.model import Plan, ServicePlan

HEADERS = ("config.h", "syscalls.h")
"""What the library OS of a service is compiled with."""


def render(plan: Plan, sources: LibrarySources) -> list[File]:
    """Every generated file of a mesh, sorted by path."""
    files = [
        file
        for service in plan.services.values()
        for file in render_service(plan, service, sources)
    ]
    return sorted(files, key=lambda file: file.path)


def render_service(plan: Plan, service: ServicePlan, sources: LibrarySources) -> list[File]:
    """The generated files of one service."""
    values = _values(plan, service, sources)
    folder = PurePosixPath(service.name)
    names = [*(f"libos/{name}" for name in HEADERS), "libos/link.txt", "boot.conf", "machine.args"]
    templates = _templates()
    return [
        File(folder / name, templates.get_template(f"{PurePosixPath(name).name}.j2").render(values))
        for name in names
    ]


def headers(plan: Plan, service: ServicePlan, sources: LibrarySources) -> dict[str, str]:
    """The generated headers of one service by name, for the compiler."""
    files = render_service(plan, service, sources)
    return {file.path.name: file.contents for file in files if file.path.name in HEADERS}


def _values(plan: Plan, service: ServicePlan, sources: LibrarySources) -> dict[str, Any]:
    libraries = select_libraries(sources, service)
    return {
        "mark": MARK,
        "plan": plan,
        "service": service,
        "libraries": libraries,
        "options": options_of(libraries),
        "syscalls": sources.syscalls,
        "arguments": boot.ARGUMENTS,
        "environment": boot.environment(service),
        "directory": boot.DIRECTORY,
        "configuration": boot.CONFIGURATION,
        "service_json": boot.service_json(plan, service),
        "machine": planned_machine(plan, service),
    }


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
    return templates


def c_literal(value: OptionValue) -> str:
    """A value as C writes it."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
