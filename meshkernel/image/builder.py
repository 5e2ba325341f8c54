"""Builds images: the files of a program, the library OS for it, and both as one bootable ELF.

``build_mesh`` does so for every service of a plan, ``build_service`` for one, ``build_program`` for
any program. What was built is kept by what went into it: the files of a program as long as no file
that was looked at has changed, the image as long as neither the files nor the library OS have.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TypeVar

from attrs import asdict, define, evolve, field, frozen

from meshkernel import config
from meshkernel.config.selection import Selection, everything, load_needs, noted, service_facts
from meshkernel.errors import Fault, UserError
from meshkernel.image import (
    analysis,
    closure,
    contents,
    files,
    project,
    python_layout,
    standard,
    uses,
    warm,
)
from meshkernel.image.files import Files
from meshkernel.image.filesystem import FIRST_INODE, is_elf
from meshkernel.image.imports import Imports
from meshkernel.image.paths import Environment, search_path
from meshkernel.image.selecting import Selector
from meshkernel.image.warm import Warm
from meshkernel.plan.model import Plan, ServicePlan
from meshkernel.toolchain.cache import Cache, digest, file_digest, replacing
from meshkernel.toolchain.compiled import LibraryOS
from meshkernel.toolchain.libos import Builder
from meshkernel.toolchain.linkmap import LibrarySize

WORKERS = 2
GUEST = ("meshkernel.guest", "meshkernel.guest.__main__")
SHELL = ("meshkernel.guest.shell", "rlcompleter")
"""A Python prompt inside the service: not in a release."""

WEB = "meshkernel.guest.web"
"""Serves ASGI applications: only a service that is one has it."""

SEAL = ("meshkernel.guest.seal",)
"""Seals the service: only one whose image is sealed has it."""

BILL = "bill 2"
"""Changes with what a bill of materials says: older ones are made again."""

BESIDE = ("libos.debug", "image.json")
"""What is written beside an image. Services that are made of the same share the files."""

Result = TypeVar("Result")

OnProgress = Callable[[str, str], None]
"""Called with a service's name and what is being done for it, at last ``done``."""


@frozen
class Image:
    """A bootable image.

    Attributes:
        path: of the ELF.
        bytes: its size.
        libos_bytes: what of it is not the program's files.
        modules: Python modules in it, by name.
        objects: ELF objects in it, by path.
        digest: SHA-256 of the whole.
        selection: the libraries of its library OS, and why.
        libraries: what each of them takes, by name.
        warnings: what may be missing in it.
        cached: it was there already.
        warm: what it was sealed into, if it was.
    """

    path: Path
    bytes: int
    libos_bytes: int
    modules: tuple[str, ...]
    objects: tuple[str, ...]
    digest: str
    selection: Selection
    libraries: Mapping[str, LibrarySize] = field(factory=dict)
    warnings: tuple[str, ...] = ()
    cached: bool = False
    warm: Warm | None = None

    @property
    def is_cached(self) -> bool:
        """Whether all of it was there already."""
        return self.cached and (self.warm is None or self.warm.cached)


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
    build = _Build.of(out, on_progress)
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
    return _Build.of(out, None).whole(plan, service, service_program(plan, service))


def build_program(plan: Plan, program: Program, out: Path) -> Image:
    """Builds a program as the only service of a plan into ``out/<service>/``."""
    (service,) = plan.services.values()
    return _Build.of(out, None).whole(plan, service, program)


@define
class _Build:
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
    def of(cls, out: Path, on_progress: OnProgress | None) -> _Build:
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
            self._keys[program.name] = program_key(program, self._common)
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
                self.tell(program.name, "collecting files")
                found = self._found[key] = self._collect(program)
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
        key = image_key(libos, found)
        with self._turn(key):
            if key in self._images:
                image = _shared(self._images[key], path, selection)
            else:
                kept = self._kept(path, libos, found, selection)
                image = kept or self._link(path, libos, found, selection)
                self._images[key] = image
        if not program.warm:
            warm.drop(path.parent)
        self.tell(program.name, "done")
        return image

    def _collect(self, program: Program) -> Files:
        environment = Environment.of(program.root)
        key = self.key(program)
        items = contents.skeleton() | contents.chosen(program.data)
        if not program.is_python:
            assert program.script is not None  # noqa: S101 - else it were Python
            return files.make(
                self.cache, key, items | contents.program(program.script)[1], environment
            )
        assert self.imports is not None  # noqa: S101 - analysed just before
        found = closure.closure(self.imports, program.starts, program.without)
        refuse_processes(program, found, environment)
        if program.standard:
            items = standard.standard_library(environment, self.cache) | items
        items |= contents.python(found.modules, environment, self.cache)
        return files.make(
            self.cache,
            key,
            items,
            environment,
            modules=[module.name for module in found.modules],
            warnings=[str(missing) for missing in found.missing],
            looked_at=[module.file for module in found.modules if module.file],
            packages={
                module.file.parent
                for module in found.modules
                if module.package and module.file and environment.place(module.file).project
            },
            runtime=contents.runtime_object(),
            code=uses.uses(
                found.modules, environment, _noted(self.sources), self.cache, program.modules
            ),
        )

    def _kept(
        self, path: Path, libos: LibraryOS, found: Files, selection: Selection
    ) -> Image | None:
        """The image that is there, if it is the one to be."""
        try:
            bill = json.loads(path.with_name("image.json").read_text())
            known = bill["key"] == image_key(libos, found)
            if not known or self.cache.digest_of(path) != bill["sha256"]:
                return None
        except (FileNotFoundError, json.JSONDecodeError, KeyError):
            return None
        return Image(
            path,
            bill["bytes"],
            bill["libos_bytes"],
            found.modules,
            found.objects,
            bill["sha256"],
            selection,
            {name: LibrarySize(*sizes) for name, sizes in bill["libraries"].items()},
            found.warnings,
            cached=True,
        )

    def _link(self, path: Path, libos: LibraryOS, found: Files, selection: Selection) -> Image:
        linked = self.libos.link(libos, found.blob, path)
        image = Image(
            linked.image,
            linked.size,
            linked.libos_bytes,
            found.modules,
            found.objects,
            file_digest(linked.image),
            selection,
            linked.libraries,
            found.warnings,
        )
        sizes = image.libraries
        bill = {
            "key": image_key(libos, found),
            "sha256": image.digest,
            "bytes": image.bytes,
            "libos_bytes": image.libos_bytes,
            "libraries": {name: [size.bytes, size.zeroed] for name, size in sizes.items()},
            "modules": image.modules,
            "objects": image.objects,
            "files": [asdict(listed) for listed in found.bill],
        }
        with replacing(path.with_name("image.json")) as fresh:
            fresh.write_text(json.dumps(bill, indent=1) + "\n")
        return image


def _shared(image: Image, path: Path, selection: Selection) -> Image:
    """The image of another service, made of the same: another name for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    there = [_name(image.path, path)]
    there += [_name(image.path.with_name(name), path.with_name(name)) for name in BESIDE]
    return evolve(image, path=path, selection=selection, cached=image.cached or all(there))


def _name(file: Path, name: Path) -> bool:
    """Give a file another name; returns whether it had it already."""
    try:
        if name.samefile(file):
            return True
    except FileNotFoundError:
        pass
    with TemporaryDirectory(dir=name.parent) as folder:
        fresh = Path(folder, name.name)
        fresh.hardlink_to(file)
        fresh.replace(name)
    return False


def refuse_processes(program: Program, found: closure.Closure, environment: Environment) -> None:
    """Refuses a service whose own code starts processes.

    Raises:
        UserError: with each place.
    """
    if not program.one_process:
        return
    own = [
        module.file
        for module in found.modules
        if module.kind == "source" and module.file and environment.place(module.file).project
    ]
    if faults := project.faults(own, program.root):
        raise UserError(*faults)


def _noted(sources: config.LibrarySources) -> frozenset[str]:
    """The names in code that say something about what it needs."""
    return noted(load_needs(), sources.libraries)


def common_key(sources: config.LibrarySources) -> str:
    """What the files of every program depend on."""
    return files.key_of(
        BILL,
        sys.version,
        str(Path(sys.executable).resolve()),
        *search_path(),
        *sorted(_noted(sources)),
    )


def program_key(program: Program, common: str) -> str:
    """What the files of a program, and what its code says, are found by."""
    return digest(
        common,
        str(program.root),
        *program.modules,
        str(program.script),
        *(f"{path} {file}" for path, file in program.data),
        *program.without,
        str(program.one_process),
        str(program.standard),
    )


def image_key(libos: LibraryOS, found: Files) -> str:
    """What an image is made of."""
    return digest(BILL, libos.digest, found.digest)
