"""Third-party C sources, fetched once from Debian's archive and pinned by their hash.

lwIP comes as the source package of the release that this machine runs, from the archive that its
apt is configured with. A private copy of apt's state makes that work for an ordinary user, and
leaves the machine's own untouched. The archive's signature is checked by apt, the tarball by us.
"""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from meshkernel.errors import BuildError, Fault, UserError
from meshkernel.toolchain import tools
from meshkernel.toolchain.cache import Cache, file_digest

COMPONENTS = ("main", "universe")
"""Parts of an archive that hold the sources: of Debian, and of its relatives."""


@frozen
class Pin:
    """A source that was tried: its name in the archive, its version, its tarball's SHA-256."""

    package: str
    version: str
    sha256: str


LWIP_PINS = (
    Pin(
        "lwip",
        "2.1.3+dfsg1",  # Debian 12
        "0a8276d09fc4e97bbba2f953d74af2388fc2195ea156be9d7589e297a68fde24",
    ),
    Pin(
        "lwip",
        "2.2.1+dfsg1",  # Debian 13
        "83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1",
    ),
)


def lwip(cache: Cache) -> Path:
    """The unpacked sources of lwIP: ``src/`` is in the folder that is returned."""
    given = os.environ.get("MESHKERNEL_LWIP")
    for pin in LWIP_PINS:
        unpacked = cache.path("source", pin.sha256)
        if unpacked.is_dir() and given is None:
            return unpacked
    if given is not None:
        return _unpack(_pinned(Path(given), LWIP_PINS), cache)
    with TemporaryDirectory() as folder:
        return _unpack(_pinned(_fetch("lwip", Path(folder)), LWIP_PINS), cache)


def _pinned(tarball: Path, pins: Iterable[Pin]) -> Path:
    try:
        found = file_digest(tarball)
    except OSError as error:
        raise UserError(
            Fault(f"{tarball} cannot be read ({error.strerror})", "correct MESHKERNEL_LWIP")
        ) from error
    known = {pin.sha256: pin for pin in pins}
    if found not in known:
        versions = " or ".join(sorted(pin.version for pin in known.values()))
        raise UserError(
            Fault(
                f"{tarball.name} has the SHA-256 {found}, which is no pinned version",
                f"set MESHKERNEL_LWIP to the original tarball of lwip {versions} in Debian",
            )
        )
    return tarball


def _unpack(tarball: Path, cache: Cache) -> Path:
    target = cache.path("source", file_digest(tarball))
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent) as folder:
        with tarfile.open(tarball) as archive:
            # Early releases of 3.11 lack the filter; the tarball's hash is known anyway.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(folder)  # noqa: S202
        (top,) = Path(folder).iterdir()
        try:
            top.rename(target)
        except OSError:  # another build was faster
            if not target.is_dir():
                raise
    return target


def _fetch(package: str, folder: Path) -> Path:
    """Downloads a source package; returns its original tarball."""
    sources = folder / "sources"
    sources.mkdir()
    for name, text in source_lists(_apt_files(), _codename()).items():
        (sources / name).write_text(text)
    if not any(sources.iterdir()):
        raise UserError(
            Fault(
                "apt knows no archive of this release that could have the source of lwIP",
                "add one to /etc/apt/sources.list.d, or set MESHKERNEL_LWIP to the tarball",
            )
        )
    options = _private_apt(folder, sources)
    get = [str(tools.find("apt-get")), "-q", *options]
    try:
        tools.run([*get, "update"], cwd=folder)
        tools.run([*get, "source", "--download-only", "--only-source", package], cwd=folder)
    except BuildError as error:
        raise BuildError(
            f"the source of lwIP could not be fetched; to build without a network, set "
            f"MESHKERNEL_LWIP to its original tarball. {error}",
            exitcode=error.exitcode,
            command=error.command,
            output=error.output,
        ) from error
    found = sorted(folder.glob(f"{package}_*.orig.tar.*[!c]"))
    return found[0]


def _private_apt(folder: Path, sources: Path) -> list[str]:
    state, cache = folder / "state", folder / "cache"
    (state / "lists" / "partial").mkdir(parents=True)
    (cache / "archives" / "partial").mkdir(parents=True)
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": sources,
        "Dir::State": state,
        "Dir::State::status": "/dev/null",
        "Dir::Cache": cache,
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    return [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]


def _codename() -> str:
    for line in Path("/etc/os-release").read_text().splitlines():
        key, _, value = line.partition("=")
        if key == "VERSION_CODENAME":
            return value.strip('"')
    raise UserError(
        Fault(
            "this system does not say which Debian release it is",
            "set MESHKERNEL_LWIP to the original tarball of lwip, or build on Debian 12 or later",
        )
    )


def _apt_files() -> dict[str, str]:
    top = Path("/etc/apt")
    parts = [top / "sources.list", *sorted((top / "sources.list.d").glob("*"))]
    return {
        path.name: path.read_text()
        for path in parts
        if path.suffix in (".list", ".sources") and path.is_file()
    }


def source_lists(files: Mapping[str, str], codename: str) -> dict[str, str]:
    """The lists of binary packages as lists of sources: those of the release itself, and no other.

    Takes and gives file names with contents, in both of apt's formats.
    """
    lists = {}
    for name, text in files.items():
        parse = _stanzas if name.endswith(".sources") else _lines
        wanted = list(parse(text, codename))
        if wanted:
            lists[name] = "\n".join(wanted) + "\n"
    return lists


def _stanzas(text: str, codename: str) -> Iterator[str]:
    """Entries of the form ``Types: deb`` and so on, parted by blank lines."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        lines = [line for line in stanza.splitlines() if line and not line.startswith("#")]
        fields: dict[str, str] = {}
        for line in lines:
            if line[0] in " \t":
                fields[next(reversed(fields))] += f"\n{line}"
                continue
            key, _, value = line.partition(":")
            fields[key.strip().title()] = value.strip()
        kinds, suites, components = (
            fields.get(key, "").split() for key in ("Types", "Suites", "Components")
        )
        wanted = [component for component in COMPONENTS if component in components]
        enabled = fields.get("Enabled", "yes").lower() not in ("no", "false")
        if enabled and "deb" in kinds and codename in suites and wanted:
            fields |= {"Types": "deb-src", "Suites": codename, "Components": " ".join(wanted)}
            fields.pop("Architectures", None)
            yield "".join(f"{key}: {value}\n" for key, value in fields.items())


def _lines(text: str, codename: str) -> Iterator[str]:
    """Entries of the form ``deb [options] URI suite components``."""
    for line in text.splitlines():
        found = re.fullmatch(r"deb\s+(\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)", line.partition("#")[0])
        if not found or found[3] != codename:
            continue
        wanted = [component for component in COMPONENTS if component in found[4].split()]
        if wanted:
            yield f"deb-src {found[1] or ''}{found[2]} {codename} {' '.join(wanted)}"
