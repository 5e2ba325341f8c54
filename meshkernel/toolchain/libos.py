"""Builds the library OS for one generated configuration, and links it with an image's files.

The sources are those that the libraries' manifests (``lib.toml``) name:

    sources = ["a.c", "b.S"]                relative to the library's folder
    third_party = "lwip"                    a source tree that `third_party` fetches
    third_party_sources = ["core/tcp.c"]    in its ``src`` folder
    third_party_includes = ["lwip"]         folders of ours with its configuration
    [shared]                                a shared object that a source includes as bytes
    name, soname, script, sources
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import define, field, frozen

from meshkernel.toolchain import compiled, linkmap, third_party, tools
from meshkernel.toolchain.cache import Cache, digest, file_digest, replacing
from meshkernel.toolchain.compile import Compiler, Unit
from meshkernel.toolchain.compiled import LibraryOS
from meshkernel.toolchain.linkmap import LibrarySize

ROOT = Path(__file__).resolve().parents[1] / "libos"

COMMON = (
    *("-std=gnu17", "-ffreestanding", "-O2", "-g", "-mgeneral-regs-only", "-fcf-protection=none"),
    *("-fno-asynchronous-unwind-tables", "-fno-tree-loop-distribute-patterns"),
    *("-fno-strict-aliasing", "-fno-align-functions", "-fno-align-jumps", "-fno-align-loops"),
)
KERNEL = (
    *COMMON,
    *("-fno-pic", "-mcmodel=kernel", "-mno-red-zone", "-ffunction-sections", "-fdata-sections"),
    *("-fstack-protector-strong", "-mstack-protector-guard=global"),
)
SHARED = (*COMMON, "-fPIC", "-fno-stack-protector", "-fvisibility=hidden")
ASSEMBLY = ("-g", "-D__ASSEMBLER__")
WARNINGS = ("-Wall", "-Wextra", "-Werror")
LINK = (
    *("-m", "elf_x86_64", "-static", "-nostdlib", "--gc-sections", "--build-id=none"),
    *("-z", "noexecstack", "-z", "max-page-size=4096", "--no-warn-rwx-segments"),
)
SHARED_LINK = (
    *("-shared", "-nostdlib", "-Wl,--hash-style=both", "-Wl,-Bsymbolic", "-Wl,--build-id=none"),
    *("-Wl,-z,noexecstack", "-Wl,-z,max-page-size=4096", "-s"),
)

EMBED = """\
.section .image, "a"
.balign 4096
.globl image_start, image_end
image_start:
.incbin "files"
.balign 4096
image_end:
.section .note.GNU-stack, "", @progbits
"""


@frozen
class Library:
    """One folder of the library OS with what its manifest says."""

    name: str
    folder: Path
    manifest: dict[str, Any]


@frozen
class Linked:
    """A bootable image: ``size`` bytes, of which ``libos_bytes`` are not files."""

    image: Path
    debug: Path
    size: int
    libos_bytes: int
    libraries: Mapping[str, LibrarySize]


def libraries() -> list[Library]:
    """All libraries; their names are as ``drivers/virtio``."""
    return [
        Library(
            str(manifest.parent.relative_to(ROOT)),
            manifest.parent,
            tomllib.loads(manifest.read_text()),
        )
        for manifest in sorted(ROOT.rglob("lib.toml"))
    ]


def _include(generated: Path) -> tuple[str, ...]:
    """C includes ``generated/config.h``; assembly takes its bytes from a name alone."""
    return (f"-I{ROOT}", f"-I{generated}", f"-I{generated}/generated")


@define
class Builder:
    """Builds library operating systems; one for all services of a build."""

    cache: Cache
    compiler: Compiler
    _built: dict[str, LibraryOS] = field(factory=dict)
    _all: tuple[Library, ...] = field(factory=lambda: tuple(libraries()))
    _sources: str = ""

    @classmethod
    def of(cls, cache: Cache) -> Builder:
        return cls(cache, Compiler(cache))

    def build(self, headers: dict[str, str], names: Iterable[str] | None = None) -> LibraryOS:
        """Compiles the libraries of these names.

        Args:
            headers: generated headers by name: ``config.h``, ``syscalls.h``, ``python.h``.
            names: of the libraries; all by default.
        """
        chosen = self._chosen(names)
        key = digest(*(library.name for library in chosen), *sorted(headers), *headers.values())
        if key not in self._built:
            parts = (key, self._stamp(chosen), tools.cc().banner, tools.ld().banner)
            known = compiled.recall(self.cache, parts)
            if known is None:
                known = self._build(headers, chosen)
                compiled.remember(self.cache, parts, known)
            self._built[key] = known
        return self._built[key]

    def units(self, headers: dict[str, str], names: Iterable[str] | None = None) -> list[Unit]:
        """Every file that these headers and libraries compile, and how."""
        return [unit for _, unit in self._compiled_from(headers, self._chosen(names))]

    def _chosen(self, names: Iterable[str] | None) -> list[Library]:
        wanted = None if names is None else set(names)
        return [library for library in self._all if wanted is None or library.name in wanted]

    def _stamp(self, chosen: list[Library]) -> str:
        """Of all sources and of how they are compiled: ours are looked at once for all services,
        lwIP's are in a folder that is named after what is in it.
        """
        self._sources = self._sources or compiled.stamp_of([ROOT, Path(__file__).parent])
        has_lwip = any(library.manifest.get("third_party") == "lwip" for library in chosen)
        return f"{self._sources} {third_party.lwip(self.cache) if has_lwip else ''}"

    def _build(self, headers: dict[str, str], chosen: list[Library]) -> LibraryOS:
        units = self._compiled_from(headers, chosen)
        objects = tuple(self.compiler.compile([unit for _, unit in units]))
        owners = {str(path): library for path, (library, _) in zip(objects, units, strict=True)}
        script = (ROOT / "kernel.ld").read_bytes()
        key = digest(tools.ld().banner, *LINK, script, *(path.name for path in objects))
        return LibraryOS(objects, key, owners)

    def _compiled_from(
        self, headers: dict[str, str], chosen: list[Library]
    ) -> list[tuple[str, Unit]]:
        """Every unit with the name of its library."""
        generated = self._generated({name: text.encode() for name, text in headers.items()})
        made = {}
        for library in chosen:
            if shared := library.manifest.get("shared"):
                made[shared["name"]] = self._shared(library, shared, generated)
        if made:
            texts = {name: text.encode() for name, text in headers.items()}
            generated = self._generated(texts | made)
        # What assembly includes as bytes, the compiler does not report.
        included = digest(*made.values())
        return [
            (library.name, unit)
            for library in chosen
            for unit in self._units(
                library, generated, included if "shared" in library.manifest else ""
            )
        ]

    def _generated(self, files: dict[str, bytes]) -> Path:
        """A folder with these files, named after what is in them: equal ones share objects."""
        parts = [part for name in sorted(files) for part in (name.encode(), files[name])]
        folder = self.cache.path("generated", digest(*parts))
        for name, data in files.items():
            if not (folder / "generated" / name).exists():
                self.cache.write(folder / "generated" / name, data)
        return folder

    def _units(self, library: Library, generated: Path, extra: str) -> list[Unit]:
        sources = [library.folder / name for name in library.manifest.get("sources", ())]
        include: tuple[str, ...] = _include(generated)
        origins: tuple[Path, ...] = (ROOT, generated)
        units: list[Unit] = []
        if library.manifest.get("third_party") == "lwip":
            tree = third_party.lwip(self.cache) / "src"
            origins = (*origins, tree)
            own = (library.folder / name for name in library.manifest["third_party_includes"])
            include = (*include, f"-I{tree}/include", *(f"-I{path.resolve()}" for path in own))
            units += (
                # Not our code: its warnings are for others to mend.
                Unit(tree / name, (*KERNEL, "-w", *include), origins)
                for name in library.manifest.get("third_party_sources", ())
            )
        for source in sources:
            flags = (*KERNEL, *WARNINGS) if source.suffix == ".c" else ASSEMBLY
            units.append(Unit(source, (*flags, *include), origins, extra))
        return units

    def _shared(self, library: Library, shared: dict[str, Any], generated: Path) -> bytes:
        flags = (*SHARED, *WARNINGS, *_include(generated))
        sources = [library.folder / name for name in shared["sources"]]
        units = [Unit(source, flags, (ROOT, generated)) for source in sources]
        objects = self.compiler.compile(units)
        script = library.folder / shared["script"]
        link = (*SHARED_LINK, f"-Wl,-T,{script}", f"-Wl,-soname,{shared['soname']}")
        key = digest(tools.ld().banner, *link, file_digest(script), *(o.name for o in objects))
        kept = self.cache.path("shared", key, ".so")
        if not kept.exists():
            with replacing(kept) as fresh:
                tools.run([tools.cc().path, *link, *objects, "-o", fresh])
        return kept.read_bytes()

    def link(self, libos: LibraryOS, files: Path, image: Path) -> Linked:
        """Links an image and, with all symbols and lines, ``libos.debug`` beside it.

        Args:
            libos: the compiled library OS.
            files: the image's file system.
            image: where it goes.
        """
        debug = image.with_name("libos.debug")
        with TemporaryDirectory(dir=self.cache.root) as name:
            work = Path(name)
            (work / "files").symlink_to(files.resolve())
            (work / "embed.S").write_text(EMBED)
            tools.run([tools.cc().path, "-c", "embed.S", "-o", "embed.o"], cwd=work)
            script = ROOT / "kernel.ld"
            objects = [*libos.objects, work / "embed.o"]
            link = [*LINK, f"-Map={work / 'map'}", "-T"]
            tools.run([tools.ld().path, *link, script, *objects, "-o", work / "all"])
            sizes = linkmap.sizes((work / "map").read_text(), libos.owners)
            strip = [tools.objcopy().path]
            with replacing(debug) as fresh:
                tools.run([*strip, "--only-keep-debug", work / "all", fresh])
            with replacing(image) as fresh:
                tools.run([*strip, "--strip-all", work / "all", fresh])
        size = image.stat().st_size
        return Linked(image, debug, size, size - files.stat().st_size, sizes)
