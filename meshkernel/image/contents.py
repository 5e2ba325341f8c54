"""What is in an image: interpreter, modules, shared objects, data, and where each comes from."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meshkernel.errors import Fault, UserError
from meshkernel.image import objects
from meshkernel.image.bytecode import UNCHECKED_HASH, beside, bytecode
from meshkernel.image.filesystem import Directory, Entry, File
from meshkernel.image.paths import APP, PROJECT, PYTHON, SITE, STANDARD, Environment
from meshkernel.toolchain.cache import Cache

if TYPE_CHECKING:
    from importlib import metadata

    from meshkernel.image.imports import Module

SYSTEM = "system"

CODE = frozenset(
    (
        *(".a", ".c", ".cc", ".cpp", ".h", ".hpp", ".md", ".o", ".pxd", ".pxi", ".py", ".pyc"),
        *(".pyi", ".pyo", ".pyx", ".rs", ".rst", ".so", ".typed"),
    )
)
"""Suffixes of files beside modules that no program reads as data."""

SKELETON: dict[str, Entry] = {
    "/dev": Directory(),
    "/proc": Directory(),
    "/root": Directory(0o700),
    "/tmp": Directory(0o1777),  # noqa: S108 - of the image, not of this machine
    APP: Directory(),
    "/etc/passwd": File(b"root:x:0:0:root:/root:/\nnobody:x:65534:65534:nobody:/:/\n"),
    "/etc/group": File(b"root:x:0:\nnogroup:x:65534:\n"),
    "/etc/nsswitch.conf": File(b"passwd: files\ngroup: files\nhosts: files\n"),
}
"""What a C library expects of any system."""


@frozen
class Item:
    """One path of an image. ``origin``: the distribution and version, or what it is part of."""

    entry: Entry
    origin: str


Items = dict[str, Item]


def python(modules: Iterable[Module], environment: Environment, cache: Cache) -> Items:
    """The interpreter with these modules, their data and the shared objects that all need."""
    modules = list(modules)
    interpreter = Path(sys.executable).resolve()
    items: Items = {PYTHON: Item(File(interpreter, 0o755), python_origin())}
    binaries = [interpreter]
    for module in modules:
        if module.kind == "extension" and module.file is not None:
            binaries.append(module.file)
        items |= _module(module, environment, cache)
    items |= _data(modules, environment)
    items |= libraries(binaries, environment)
    return items


def runtime_object() -> tuple[str, Path]:
    """Path in the image, and file, of the object that holds the interpreter's state."""
    interpreter = Path(sys.executable).resolve()
    for name, library in objects.closure([interpreter]).items():
        if name.startswith("libpython"):
            return _library_path(library, None), library.file
    return PYTHON, interpreter


def program(file: Path) -> tuple[str, Items]:
    """An ELF object that is run, with what it needs; first its path in the image."""
    path = f"{APP}/{file.name}"
    return path, {path: Item(File(file, 0o755), PROJECT), **libraries([file], None)}


def skeleton() -> Items:
    """The parts that do not depend on the program."""
    return {path: Item(entry, SYSTEM) for path, entry in SKELETON.items()}


def chosen(files: Iterable[tuple[str, Path]]) -> Items:
    """Files that the user asked for, by their paths in the image."""
    return {path: Item(File(file), PROJECT) for path, file in files}


def python_origin() -> str:
    """What the interpreter and its standard library are called in a bill of materials."""
    return f"{STANDARD} {'.'.join(map(str, sys.version_info[:3]))}"


def _module(module: Module, environment: Environment, cache: Cache) -> Items:
    file = module.file
    if file is None or _is_frozen(module.name):
        return {}
    place = environment.place(file)
    origin = _origin(module, project=place.project)
    if module.kind == "extension":
        return {place.path: Item(File(file, 0o755), origin)}
    if module.kind == "bytecode":
        return {place.path: Item(File(_unchecked(file.read_bytes())), origin)}
    source = file.read_bytes()
    if module.name == str(file):  # a script is run, not imported
        return {place.path: Item(File(source), origin)}
    compiled = Item(File(bytecode(source, place.path, cache)), origin)
    if place.project:
        return {place.path: Item(File(source), origin), beside(place.path): compiled}
    return {f"{place.path}c": compiled}


def _is_frozen(name: str) -> bool:
    """Whether the interpreter has the module in itself. (It looks for a file of ``os`` anyway.)"""
    return name != "os" and importlib.machinery.FrozenImporter.find_spec(name) is not None


def _unchecked(data: bytes) -> bytes:
    return importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + bytes(8) + data[16:]


def _origin(module: Module, *, project: bool) -> str:
    if project:
        return PROJECT
    if module.distribution is None:
        return python_origin()
    from importlib import metadata  # noqa: PLC0415 - as below: most builds know what is in an image

    return f"{module.distribution} {metadata.version(module.distribution)}"


def _data(modules: list[Module], environment: Environment) -> Items:
    """The files beside the modules that are not code, and what distributions say of themselves."""
    from importlib import metadata  # noqa: PLC0415

    items: Items = {}
    folders = {module.file.parent for module in modules if module.file and module.package}
    for name in sorted({module.distribution for module in modules if module.distribution}):
        distribution = metadata.distribution(name)
        origin = f"{name} {distribution.version}"
        for path in _files(distribution):
            if any(_is_data(path, folder) for folder in folders if path.is_relative_to(folder)):
                items[environment.place(path).path] = Item(File(path), origin)
        if any(module.name == "importlib.metadata" for module in modules):
            items |= _description(distribution, origin)
    for folder in sorted(folders):
        if environment.place(folder).project:
            for path in data_below(folder):
                items[environment.place(path).path] = Item(File(path), PROJECT)
    return items


def data_below(folder: Path) -> list[Path]:
    """The files in a package of the project that are not code."""
    found = folder.rglob("*")
    return sorted(p for p in found if _is_data(p, folder) and not _hidden(p.relative_to(folder)))


def _files(distribution: metadata.Distribution) -> Iterator[Path]:
    for file in distribution.files or ():
        yield Path(str(distribution.locate_file(file))).resolve()


def _is_data(path: Path, package: Path) -> bool:
    """Whether a file in a package's folder is neither code nor of its tests; what the folders above
    the package are called says nothing.
    """
    parts = path.relative_to(package).parts
    return (
        path.suffix not in CODE
        and not {"tests", "test", "__pycache__"} & {*parts}
        and path.is_file()
    )


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _description(distribution: metadata.Distribution, origin: str) -> Items:
    """What importlib.metadata reads, without the long text behind the headers."""
    folder = f"{SITE}/{distribution.name.replace('-', '_')}-{distribution.version}.dist-info"
    items: Items = {}
    text = distribution.read_text("METADATA")
    if text:
        head = text.partition("\n\n")[0] + "\n"
        items[f"{folder}/METADATA"] = Item(File(head.encode()), origin)
    points = distribution.read_text("entry_points.txt")
    if points:
        items[f"{folder}/entry_points.txt"] = Item(File(points.encode()), origin)
    return items


def libraries(binaries: Iterable[Path], environment: Environment | None) -> Items:
    """The shared objects that these need, and the dynamic linker."""
    binaries = list(binaries)
    if not any(objects.header(binary).dynamic for binary in binaries):
        return {}
    items: Items = {}
    try:
        found = objects.closure(binaries)
        for name in objects.LOADED_LATE:
            found.setdefault(name, objects.find(name, binaries[0]))
    except objects.LibraryNotFoundError as error:
        raise UserError(Fault(str(error), "install the package that has it")) from error
    linkers = {objects.header(binary).interpreter for binary in binaries} - {None}
    for linker in sorted(str(linker) for linker in linkers):
        items[linker] = Item(File(Path(linker).resolve(), 0o755), SYSTEM)
        found.pop(Path(linker).name, None)
    for library in sorted(found.values(), key=lambda library: library.name):
        items[_library_path(library, environment)] = Item(File(library.file, 0o755), SYSTEM)
    return items


def _library_path(library: objects.Object, environment: Environment | None) -> str:
    """A wheel brings libraries of its own, in a folder that its modules find beside them."""
    if library.private and environment is not None:
        for folder in environment.site:
            if library.file.is_relative_to(folder):
                return environment.place(library.file).path
    return str(objects.system_folder() / library.name)
