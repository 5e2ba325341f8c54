"""The files of a program: the modules that it reaches, and all that those need."""

from __future__ import annotations

from meshkernel import config
from meshkernel.errors import UserError
from meshkernel.image import closure, contents, files, project, standard, uses
from meshkernel.image.files import Files
from meshkernel.image.imports import Imports
from meshkernel.image.keys import words
from meshkernel.image.paths import Environment
from meshkernel.image.program import Program
from meshkernel.toolchain.cache import Cache


def collect(
    program: Program,
    imports: Imports | None,
    key: str,
    sources: config.LibrarySources,
    cache: Cache,
) -> Files:
    """Makes the files of a program.

    Args:
        program: what they are for.
        imports: of its modules and more; None: it is not Python.
        key: what they will be found by.
        sources: of all libraries.
        cache: where they are kept.

    Raises:
        UserError: it cannot be a unikernel.
    """
    environment = Environment.of(program.root)
    items = contents.skeleton() | contents.chosen(program.data)
    if not program.is_python:
        assert program.script is not None  # noqa: S101 - else it were Python
        return files.make(cache, key, items | contents.program(program.script)[1], environment)
    assert imports is not None  # noqa: S101 - analysed just before
    found = closure.closure(imports, program.starts, program.without)
    _refuse_processes(program, found, environment)
    if program.standard:
        items = standard.standard_library(environment, cache) | items
    items |= contents.python(found.modules, environment, cache)
    return files.make(
        cache,
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
        code=uses.uses(found.modules, environment, words(sources), cache, program.modules),
    )


def _refuse_processes(program: Program, found: closure.Closure, environment: Environment) -> None:
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
