"""Programs: what an image is made for, and by what its files are found again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from meshkernel.config.selection import service_facts
from meshkernel.image.filesystem import is_elf
from meshkernel.plan.model import Plan, ServicePlan
from meshkernel.toolchain.cache import digest

GUEST = ("meshkernel.guest", "meshkernel.guest.__main__")
SHELL = ("meshkernel.guest.shell", "rlcompleter")
"""A Python prompt inside the service: not in a release."""

WEB = "meshkernel.guest.web"
"""Serves ASGI applications: only a service that is one has it."""

SEAL = ("meshkernel.guest.seal",)
"""Seals the service: only one whose image is sealed has it."""


@frozen
class Program:
    """What an image is made for.

    Attributes:
        name: of the service.
        root: the project: modules are found from there.
        modules: names of the modules that start it, and of others to include.
        script: a Python file that is run, or an ELF object.
        data: paths in the image, and the files that are there.
        without: modules that are not needed although something imports them.
        one_process: whether the project's own code is refused if it starts processes.
        facts: what the topology says about it, by the words of the table of needs.
        everything: have every library, whatever it seems to need.
        standard: have the whole standard library, with its sources and its tests.
        warm: it will be sealed; the image that is built here is the one that boots cold.
    """

    name: str
    root: Path
    modules: tuple[str, ...] = ()
    script: Path | None = None
    data: tuple[tuple[str, Path], ...] = ()
    without: tuple[str, ...] = ()
    one_process: bool = True
    facts: Mapping[str, str] = field(factory=dict)
    everything: bool = False
    standard: bool = False
    warm: bool = False

    @property
    def image(self) -> str:
        """The name of the file that is built."""
        return "cold.elf" if self.warm else "image.elf"

    @property
    def starts(self) -> tuple[str, ...]:
        """Where the analysis starts."""
        return (*self.modules, *([str(self.script)] if self.script else []))

    @property
    def is_python(self) -> bool:
        if self.script is None:
            return True
        with self.script.open("rb") as file:
            return not is_elf(file.read(64))

    def key(self, common: str) -> str:
        """What its files, and what its code says, are found by.

        Args:
            common: what those of every program depend on (`keys.common_key`).
        """
        return digest(
            common,
            str(self.root),
            *self.modules,
            str(self.script),
            *(f"{path} {file}" for path, file in self.data),
            *self.without,
            str(self.one_process),
            str(self.standard),
        )


def service_program(plan: Plan, service: ServicePlan) -> Program:
    """The program that is a service."""
    asgi, sealed = service.service.asgi, service.service.warm
    module = asgi.partition(":")[0] if asgi else service.service.module or ""
    return Program(
        name=service.name,
        root=plan.topology.root.resolve(),
        modules=(
            *GUEST,
            *((WEB,) if asgi else ()),
            *(() if plan.release else SHELL),
            *(SEAL if sealed else ()),
            module,
        ),
        without=(
            *(() if asgi else (WEB,)),
            *(SHELL[:1] if plan.release else ()),
            *(() if sealed else SEAL),
        ),
        facts=service_facts(service),
        warm=sealed,
    )
