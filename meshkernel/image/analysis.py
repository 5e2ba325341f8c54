"""Which modules import which: modulegraph2 run in a process of its own.

The analyser imports installed packages that it looks into, and needs a second or more; so it runs
in a child, with the interpreter and the paths of this process, for all services of a build at once.
What it finds comes back as plain `Imports`, from which `closure` picks what one service needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from meshkernel.errors import BuildError
from meshkernel.image import closure, distributions, loading, rules, scans, strings, unexecuted
from meshkernel.image.imports import Import, Imports, Module
from meshkernel.image.paths import Environment, search_path
from meshkernel.toolchain.cache import Cache


def analyse(
    modules: Sequence[str], scripts: Sequence[Path], path: Sequence[str], cache: Cache
) -> Imports:
    """Runs the analyser over all that can be reached from these roots.

    Args:
        modules: names of modules of the program.
        scripts: files that are run as programs; each appears under its path.
        path: where to look for modules before the paths of this interpreter.
        cache: where it keeps what it reads in sources.
    """
    question = {
        "program": list(modules),
        "modules": closure.roots(modules),
        "scripts": [str(script) for script in scripts],
        "path": [*path, *search_path()],
        "cache": str(cache.root),
    }
    # What is frozen into the interpreter has imports too: look at its source.
    command = [
        *(sys.executable, "-W", "ignore", "-X", "frozen_modules=off"),
        *("-m", "meshkernel.image.analysis"),
    ]
    done = subprocess.run(
        command,
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    if done.returncode:
        tail = done.stderr.strip().splitlines()[-1:]
        raise BuildError(
            f"the imports could not be analysed: {' '.join(tail)}",
            exitcode=done.returncode,
            command=command,
            output=done.stderr,
        )
    return _decode(json.loads(done.stdout.rpartition("\n")[2]))


def _decode(answer: dict[str, Any]) -> Imports:
    modules = {
        name: Module(name, kind, Path(file) if file else None, package, distribution)
        for name, kind, file, package, distribution in answer["modules"]
    }
    imports = {
        name: tuple(Import(*found) for found in targets)
        for name, targets in answer["imports"].items()
    }
    return Imports(modules, imports, distributions.installed())


class _Analysis:
    """The child's side."""

    def __init__(self, out: Iterable[str], cache: Cache) -> None:
        # Only the child pays for this import.
        import modulegraph2  # noqa: PLC0415

        from meshkernel.image.graph import Graph  # noqa: PLC0415

        self.library = modulegraph2
        self.graph = Graph()
        self.graph.add_excludes(list(out))
        self.cache = cache
        self.named: dict[str, set[str]] = {}

    def add(self, modules: Iterable[str], scripts: Iterable[str]) -> None:
        for name in modules:
            self.graph.add_module(name)
        for script in scripts:
            self.graph.add_script(Path(script))
        seen: set[str] = set()
        while self._follow(seen):
            pass

    def _follow(self, seen: set[str]) -> bool:
        """Adds what modules import without a statement that says so; true if any."""
        found = False
        absent = (self.library.MissingModule, self.library.ExcludedModule)
        for node in list(self.graph.nodes()):
            if node.name in seen or isinstance(node, absent):
                continue
            seen.add(node.name)
            for name in sorted(self._unsaid(getattr(node, "init_module", node), node)):
                self.graph.add_module(name)
                self.named.setdefault(node.name, set()).add(name)
                found = True
        return found

    def _unsaid(self, inner: Any, node: Any) -> set[str]:
        if self._is_standard(node) or node.name in closure.IMPLIED:
            return set(closure.IMPLIED.get(node.name, ()))
        if isinstance(inner, self.library.ExtensionModule):
            return self._of_extension(node.name, inner.filename, node.distribution)
        code = getattr(inner, "code", None)
        if code is None:
            return set()
        package = node.name if inner is not node else node.name.rpartition(".")[0]
        return strings.named(code, package or node.name, self._exists)

    def _of_extension(self, name: str, file: Path | None, distribution: Any) -> set[str]:
        if file is None or distribution is None:  # of the project: it is not to be run
            return set()
        release = f"{distribution.name} {distribution.version}"
        found = loading.imports(name, file, release, sys.path, self.cache)
        top = name.partition(".")[0]
        package = self.graph.find_node(top)
        for folder in _folders(package) if name != top else ():
            found |= strings.in_extension(file, Path(folder), top)
        return found - {name}

    def _exists(self, name: str) -> bool:
        return _exists(self.graph, self.library, name)

    def _is_standard(self, node: Any) -> bool:
        return node.name.partition(".")[0] in sys.stdlib_module_names

    def answer(self) -> dict[str, Any]:
        modules, imports = [], {}
        for node in self.graph.nodes():
            if not isinstance(node, self.library.PyPIDistribution):
                modules.append(self._describe(node))
                imports[_name(node)] = self._imports(node)
        return {"modules": sorted(modules), "imports": imports}

    def _describe(self, node: Any) -> list[Any]:
        inner = getattr(node, "init_module", node)
        kind = type(inner).__name__.removesuffix("Module").removesuffix("Package").lower()
        kinds = {
            "script": "source", "invalid": "missing",
            "aliasnode": "alias", "virtualnode": "alias", "invalidrelativeimport": "missing",
        }  # fmt: skip
        kind = kinds.get(kind, kind)
        file = getattr(inner, "filename", None)
        if kind == "alias":
            # Whether there is a file as well depends on the release: os.path, collections.abc.
            place = Path(os.__file__).parent / f"{node.name.replace('.', '/')}.py"
            kind, file = ("source", place) if place.is_file() else (kind, file)
        package = isinstance(node, self.library.Package | self.library.NamespacePackage)
        distribution = getattr(node.distribution, "name", None) if node.distribution else None
        return [_name(node), kind, str(file or ""), package, distribution]

    def _imports(self, node: Any) -> list[list[Any]]:
        found = {}
        for edges, target in self.graph.outgoing(node):
            infos = [edge for edge in edges if edge is not None]
            deferred = bool(infos) and all(not info.is_global for info in infos)
            optional = bool(infos) and all(info.is_optional for info in infos)
            if not isinstance(target, self.library.PyPIDistribution):
                name = bool(infos) and all(info.in_fromlist for info in infos)
                found[_name(target)] = [_name(target), deferred, optional, name]
        for named in self.named.get(node.name, ()):
            found.setdefault(named, [named, False, True, False])
        return [found[name] for name in sorted(found)]


def _name(node: Any) -> str:
    """A script goes by its path, all others by their names."""
    return str(node.identifier)


def _exists(graph: Any, library: Any, name: str) -> bool:
    """Whether there is such a module that the graph lacks, without importing anything."""
    known = graph.find_node(name)
    if known is not None:
        return not isinstance(known, library.MissingModule)
    parent = name
    while parent := parent.rpartition(".")[0]:
        rest = Path(name.removeprefix(f"{parent}.").replace(".", "/"))
        package = graph.find_node(parent)
        if package is not None:
            return any(_is_module(Path(folder) / rest) for folder in _folders(package))
    return False


def _folders(package: Any) -> Iterable[str]:
    return getattr(package, "search_path", ())


def _is_module(place: Path) -> bool:
    try:
        return place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
    except OSError:  # any text may be a name: this one is too long for a file's
        return False


def main() -> None:
    """Answers the question on standard input, both as JSON."""
    question = json.load(sys.stdin)
    scans.Scans(Cache(Path(question["cache"]))).install()
    sys.path[:] = question["path"]
    trusted = (Path(__file__).parents[1], *Environment.of(Path("/")).installed)
    sys.meta_path.insert(0, unexecuted.Finder(trusted))
    answer = _answer(question)
    # Imported packages may have printed: the answer is the last line.
    sys.stdout.write("\n" + json.dumps(answer))


def _answer(question: dict[str, Any]) -> dict[str, Any]:
    out = rules.out_at_first(question["program"], distributions.installed())
    while True:
        analysis = _Analysis(out, Cache(Path(question["cache"])))
        analysis.add(question["modules"], question["scripts"])
        answer = analysis.answer()
        wanted = rules.asked_for(_decode(answer), out, question["program"])
        if not wanted:
            return answer
        out -= wanted


if __name__ == "__main__":
    main()
