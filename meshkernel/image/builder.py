"""Builds images: the files of a program, the library OS for it, and both as one bootable ELF.

``build_mesh`` does so for every service of a plan, ``build_service`` for one, ``build_program`` for
any program. What was built is kept by what went into it: the files of a program as long as no file
that was looked at has changed, the image as long as neither the files nor the library OS have.
What makes files is imported where they are made: a build of which nothing has changed needs none of
it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from attrs import define, evolve, field

from meshkernel import config
from meshkernel.config.selection import Selection, everything
from meshkernel.errors import Fault, UserError
from meshkernel.image import files, images, python_layout, warm
from meshkernel.image.files import Files
from meshkernel.image.filesystem import FIRST_INODE
from meshkernel.image.images import Image
from meshkernel.image.keys import common_key
from meshkernel.image.program import Program, service_program
from meshkernel.image.selecting import Selector
from meshkernel.plan.model import Plan, ServicePlan
from meshkernel.toolchain.cache import Cache
from meshkernel.toolchain.libos import Builder

if TYPE_CHECKING:
    from meshkernel.image.imports import Imports

WORKERS = 2

Result = TypeVar("Result")

OnProgress = Callable[[str, str], None]
"""Called with a service's name and what is being done for it, at last ``done``."""


def build_mesh(
    plan: Plan,
    out: Path,
    on_progress: OnProgress | None = None,
    whole: Collection[str] = (),
) -> dict[str, Image]:
    """Builds every service, two at a time; writes the generated configuration, too.

    Args:
        plan: of the mesh.
        out: the build folder.
        on_progress: is told what is done.
        whole: services that get every library, whatever they need.

    Raises:
        UserError: a service cannot be a unikernel; has every fault of every service.
        BuildError: a tool failed.
    """
    build = Build.of(out, on_progress)
    programs = {
        name: evolve(service_program(plan, each), everything=name in whole)
        for name, each in plan.services.items()
    }
    build.analyse(programs.values())
    with ThreadPoolExecutor(WORKERS) as pool:

        def of_each(job: Callable[[str], Result]) -> dict[str, Result]:
            return _all({name: pool.submit(job, name) for name in programs})

        found = of_each(lambda name: build.files(programs[name]))
        chosen = of_each(
            lambda name: build.select(plan, plan.services[name], programs[name], found[name])
        )
        config.write_files(config.render(plan, build.sources, chosen), out)
        return of_each(lambda name: build.image(programs[name], found[name], chosen[name]))


def _all(jobs: Mapping[str, Future[Result]]) -> dict[str, Result]:
    """The results of all jobs; UserError with the faults of all."""
    faults: list[Fault] = []
    results = {}
    for name, job in jobs.items():
        try:
            results[name] = job.result()
        except UserError as error:
            faults += [fault for fault in error.faults if fault not in faults]
    if faults:
        raise UserError(*faults)
    return results


def build_service(plan: Plan, service: ServicePlan, out: Path) -> Image:
    """Builds one service of a plan into ``out/<service>/``."""
    return Build.of(out, None).whole(plan, service, service_program(plan, service))


def build_program(plan: Plan, program: Program, out: Path) -> Image:
    """Builds a program as the only service of a plan into ``out/<service>/``."""
    (service,) = plan.services.values()
    return Build.of(out, None).whole(plan, service, program)


@define
class Build:
    """One run of the builder; what it learnt is shared by the services."""

    out: Path
    cache: Cache
    libos: Builder
    sources: config.LibrarySources
    headers: config.Headers
    selector: Selector
    on_progress: OnProgress | None
    imports: Imports | None = None
    _common: str = ""
    _analysed: set[str] = field(factory=set)  # keys of programs
    _keys: dict[str, str] = field(factory=dict)  # by the names of programs
    _found: dict[str, Files] = field(factory=dict)  # by their keys
    _images: dict[str, Image] = field(factory=dict)  # by what they are made of
    _layouts: dict[Path | None, str] = field(factory=dict)  # of the interpreter, by its object
    _turns: dict[str, Lock] = field(factory=dict)

    @classmethod
    def of(cls, out: Path, on_progress: OnProgress | None) -> Build:
        out = out.absolute()
        cache = Cache(out / "cache")
        cache.root.mkdir(parents=True, exist_ok=True)
        sources = config.LibrarySources.load()
        headers, selector = config.Headers(sources), Selector(sources)
        return cls(out, cache, Builder.of(cache), sources, headers, selector, on_progress)

    def key(self, program: Program) -> str:
        """What the files of a program are found by."""
        if program.name not in self._keys:
            self._common = self._common or common_key(self.sources)
            self._keys[program.name] = program.key(self._common)
        return self._keys[program.name]

    def tell(self, service: str, what: str) -> None:
        """Reports progress."""
        if self.on_progress is not None:
            self.on_progress(service, what)

    def analyse(self, programs: Iterable[Program]) -> None:
        """Looks at the imports of all programs whose files are not in the cache, at once."""
        different = {self.key(program): program for program in programs if program.is_python}
        stale = [program for program in different.values() if not self._load(program)]
        if not stale:
            return
        from meshkernel.image import analysis  # noqa: PLC0415

        modules = sorted({name for program in stale for name in program.modules})
        scripts = [program.script for program in stale if program.script]
        for program in stale:
            self.tell(program.name, "analysing imports")
        self.imports = analysis.analyse(modules, scripts, [str(stale[0].root)], self.cache)
        self._analysed = {self.key(program) for program in stale}

    def whole(self, plan: Plan, service: ServicePlan, program: Program) -> Image:
        """Builds one image from the beginning."""
        found = self.files(program)
        return self.image(program, found, self.select(plan, service, program, found))

    def files(self, program: Program) -> Files:
        """The files of a program, which others may share with it."""
        key = self.key(program)
        with self._turn(key):
            found = self._load(program)
            if found is None:
                if program.is_python and key not in self._analysed:
                    self.analyse([program])
                from meshkernel.image.collecting import collect  # noqa: PLC0415

                self.tell(program.name, "collecting files")
                found = self._found[key] = collect(
                    program, self.imports, key, self.sources, self.cache
                )
            return found

    def _python(self, runtime: Path | None) -> str:
        """The header about the interpreter whose state is in this object."""
        if runtime not in self._layouts:
            self._layouts[runtime] = python_layout.kept(runtime, FIRST_INODE, self.cache)
        return self._layouts[runtime]

    def _turn(self, key: str) -> Lock:
        """Held by the first of those that need the same thing, for which the others wait."""
        return self._turns.setdefault(key, Lock())

    def _load(self, program: Program) -> Files | None:
        """The files of a program if nothing has changed, which is looked at once."""
        key = self.key(program)
        if key not in self._found:
            found = files.load(self.cache, key)
            if found is None:
                return None
            self._found[key] = found
        return self._found[key]

    def select(self, plan: Plan, service: ServicePlan, program: Program, found: Files) -> Selection:
        """The libraries for a program."""
        if program.everything:
            return everything(self.sources)
        return self.selector.selection(plan, service, program.facts, found.code)

    def image(self, program: Program, found: Files, selection: Selection) -> Image:
        """Builds one image of a program's files and these libraries."""
        path = self.out / program.name / program.image
        self.tell(program.name, "compiling the library OS")
        headers = {**self.headers.of(selection), "python.h": self._python(found.runtime)}
        libos = self.libos.build(headers, selection.names)
        key = images.key(libos, found)
        with self._turn(key):
            if key in self._images:
                image = images.shared(self._images[key], path, selection)
            else:
                kept = images.kept(path, libos, found, selection, self.cache)
                image = self._images[key] = kept or images.written(
                    self.libos.link(libos, found.blob, path), libos, found, selection
                )
        if not program.warm:
            warm.drop(path.parent)
        self.tell(program.name, "done")
        return image
