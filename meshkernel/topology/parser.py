"""Reading a ``topology.toml``: all of its faults, or a ``Topology`` that inner code can trust."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from meshkernel.errors import Fault, UserError
from meshkernel.topology import positions
from meshkernel.topology.faults import Faults
from meshkernel.topology.links import read_links
from meshkernel.topology.mesh import read_mesh
from meshkernel.topology.model import Topology
from meshkernel.topology.services import read_services


def parse(path: Path | str) -> Topology:
    """The topology in this file; UserError with everything that is wrong with it."""
    path = Path(path)
    text = _text(path)
    document = _document(path, text)
    faults = Faults(str(path), positions.lines(text))
    faults.unknown(document, (), {"mesh", "services", "links"})
    mesh = faults.typed(document, (), "mesh", dict, "a [mesh] table") or {}
    common = read_mesh(mesh, faults, path)
    services = read_services(document, faults, path.parent)
    links = read_links(document, faults, set(document.get("services") or ()))
    if found := faults.in_order():
        raise UserError(*found)
    return Topology(
        path=path,
        name=common.name,
        services=services,
        links=links,
        accel=common.accel,
        standby=common.standby,
    )


def missing_secrets(topology: Topology, environ: Mapping[str, str]) -> list[Fault]:
    """The secrets that the host's environment lacks: looked at when a mesh starts, not before."""
    return [
        Fault(
            f"the secret {secret} is not in the environment",
            f"set it: export {secret}=...",
            str(topology.path),
            service.line,
            f"services.{service.name}.secrets",
        )
        for service in topology.services.values()
        for secret in service.secrets
        if secret not in environ
    ]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        remedy = "run the command where it is, or name its path"
        raise UserError(Fault("there is no such file", remedy, str(path))) from None
    except (OSError, UnicodeDecodeError) as error:
        remedy = "it has to be a readable text file in UTF-8"
        raise UserError(Fault(f"the file cannot be read ({error})", remedy, str(path))) from error


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", message)
        line = text.count("\n") + 1
        if place:
            line = int(place[1]) if place[1] else line
            message = message[: place.start()]
        what = f"this is not TOML: {message[:1].lower()}{message[1:]}"
        raise UserError(Fault(what, "see https://toml.io", str(path), line)) from None
