"""The ``[services.NAME]`` tables of a topology."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from attrs import define, field

from meshkernel.topology.egress import read_egress
from meshkernel.topology.faults import Faults, told
from meshkernel.topology.libos import read_libos
from meshkernel.topology.model import Expose, Service
from meshkernel.topology.positions import KeyPath
from meshkernel.topology.replicas import (
    check_names,
    check_sleep,
    check_volumes,
    read_replicas,
)
from meshkernel.topology.values import (
    LEAST_MEMORY,
    NAME,
    VARIABLE,
    memory,
    memory_text,
)
from meshkernel.topology.volumes import Writers, read_volumes
from meshkernel.topology.warmth import read_warmth

KEYS = {
    *("module", "asgi", "memory", "env", "secrets", "expose", "egress", "volumes", "libos"),
    *("warm", "reseal", "sleep", "replicas"),
}
LATER = {"net", "disk"}
RESERVED = {"localhost"}
LAST_PORT = 65535
EVERYWHERE = "0.0.0.0"  # noqa: S104 - an address that users may write

_NAME_REMEDY = "use up to 63 lower-case letters, digits and hyphens, beginning with a letter"

Ports = dict[tuple[str, int], str]


@define
class Taken:
    """What only one service can have, and which has it.

    Attributes:
        names: of all services.
        ports: of the host, with their addresses.
        volumes: for writing.
    """

    names: Collection[str]
    ports: Ports = field(factory=dict)
    volumes: Writers = field(factory=dict)


def read_services(document: Mapping[str, Any], faults: Faults, root: Path) -> dict[str, Service]:
    """Every service that is declared; those with faults as far as they can be read."""
    tables = faults.typed(document, (), "services", dict, "tables such as [services.cart]")
    if not tables:
        if not document.get("services"):
            faults.add(("services",), "there is no service", "add a table such as [services.cart]")
        return {}
    taken = Taken(tables)
    services = {}
    for name, table in tables.items():
        path: KeyPath = ("services", name)
        if not NAME.fullmatch(name) or name in RESERVED:
            faults.add(path, f"{name!r} is not a name for a service", _NAME_REMEDY)
        if not isinstance(table, dict):
            faults.add(path, f"{told(table)} where a table belongs", f"write [services.{name}]")
            continue
        services[name] = _read_service(name, table, faults, root, taken)
    check_names(services, faults)
    return services


def _read_service(
    name: str,
    table: Mapping[str, Any],
    faults: Faults,
    root: Path,
    taken: Taken,
) -> Service:
    path: KeyPath = ("services", name)
    faults.unknown(table, path, KEYS, LATER)
    module = faults.typed(table, path, "module", str, f'"services.{name}"')
    asgi = faults.typed(table, path, "asgi", str, f'"services.{name}:app"')
    _check_code(table, path, faults, root)
    env = _read_env(table, path, faults)
    replicas = read_replicas(table, path, faults)
    volumes = read_volumes(table, path, faults, taken.volumes)
    check_volumes(replicas, volumes, path, faults)
    warm, reseal = read_warmth(table, path, faults)
    sleep = faults.duration(table, path, "sleep", "30s", "5m", "1h")
    check_sleep(replicas, sleep, path, faults)
    return Service(
        name=name,
        line=faults.line(path),
        module=module,
        asgi=asgi,
        memory=_read_memory(table, path, faults) or 64 << 20,
        env=env,
        secrets=_read_secrets(table, path, faults, env),
        expose=_read_expose(table, path, faults, taken.ports, asgi=asgi is not None),
        egress=read_egress(table, path, faults, taken.names),
        volumes=volumes,
        warm=warm,
        reseal=reseal,
        replicas=replicas,
        sleep=sleep,
        libos=read_libos(table, path, faults),
    )


def _check_code(table: Mapping[str, Any], path: KeyPath, faults: Faults, root: Path) -> None:
    """Exactly one of ``module`` and ``asgi``, and a file behind it."""
    if "module" in table and "asgi" in table:
        faults.add(
            (*path, "asgi"),
            "a service is either a module or an ASGI application",
            "keep one; an ASGI application's module may have @rpc functions too",
        )
        return
    if "module" not in table and "asgi" not in table:
        faults.add(path, "nothing says what the service runs", 'add module = "..." or asgi = "..."')
        return
    key = "module" if "module" in table else "asgi"
    if isinstance(table[key], str):
        _check_module(table[key], key, path, faults, root)


def _check_module(value: str, key: str, path: KeyPath, faults: Faults, root: Path) -> None:
    module, colon, attribute = value.partition(":")
    parts = module.split(".")
    names = [*parts, *attribute.split(".")] if key == "asgi" else parts
    if not all(name.isidentifier() for name in names) or (key == "asgi") != bool(colon):
        kind, example = (
            ("an application", '"services.web:app"')
            if key == "asgi"
            else ("a module", '"services.web"')
        )
        faults.add((*path, key), f"{value!r} does not name {kind}", f"write it like {example}")
        return
    file = root.joinpath(*parts)
    if not file.with_suffix(".py").is_file() and not (file / "__init__.py").is_file():
        shown = file.with_suffix(".py").relative_to(root)
        remedy = "modules are found from the topology's folder"
        faults.add((*path, key), f"there is no {shown} for {module!r}", remedy)


def _read_memory(table: Mapping[str, Any], path: KeyPath, faults: Faults) -> int | None:
    text = faults.typed(table, path, "memory", str, '"64M"')
    if text is None:
        return None
    size = memory(text)
    if size is None:
        faults.add((*path, "memory"), f"{text!r} is not a size", 'write one such as "64M" or "1G"')
    elif size < LEAST_MEMORY:
        what = f"{text} is too little for the interpreter"
        faults.add((*path, "memory"), what, f'give it at least "{memory_text(LEAST_MEMORY)}"')
    elif size % (1 << 20):
        faults.add((*path, "memory"), f"{text} is not a whole number of MiB", 'write it in "M"')
    return size


def _read_env(table: Mapping[str, Any], path: KeyPath, faults: Faults) -> dict[str, str]:
    env = faults.typed(table, path, "env", dict, '{ NAME = "value" }') or {}
    here = (*path, "env")
    for name, value in env.items():
        if not VARIABLE.fullmatch(name):
            remedy = "use letters, digits and underscores, beginning with no digit"
            faults.add((*here, name), f"{name!r} is not a name for a variable", remedy)
        if not isinstance(value, str):
            remedy = f'a variable is text: write {name} = "{value}"'
            faults.add((*here, name), f"{told(value)} where text belongs", remedy)
        elif "\0" in value:
            faults.add((*here, name), "a variable cannot hold a NUL", "leave it out")
    return dict(env)


def _read_secrets(
    table: Mapping[str, Any], path: KeyPath, faults: Faults, env: Mapping[str, str]
) -> tuple[str, ...]:
    names = faults.typed(table, path, "secrets", list, 'a list such as ["PAYMENT_KEY"]') or []
    for index, name in enumerate(names):
        here = (*path, "secrets", index)
        if not isinstance(name, str) or not VARIABLE.fullmatch(name):
            remedy = "name a variable of the host's environment"
            faults.add(here, f"{told(name)} is no name of a variable", remedy)
        elif name in names[:index]:
            faults.add(here, f"{name} is named twice", "leave one out")
        elif name in env:
            faults.add(
                here, f"{name} is in env too", "a secret's value belongs in no file: drop it"
            )
    return tuple(name for name in names if isinstance(name, str))


def _read_expose(
    table: Mapping[str, Any], path: KeyPath, faults: Faults, taken: Ports, *, asgi: bool
) -> tuple[Expose, ...]:
    example = "a list such as [{ host = 8080, port = 80 }]"
    entries = faults.typed(table, path, "expose", list, example) or []
    exposed = []
    for index, entry in enumerate(entries):
        here = (*path, "expose", index)
        if not isinstance(entry, dict):
            faults.add(here, f"{told(entry)} where a table belongs", f"write {example}")
            continue
        faults.unknown(entry, here, {"host", "port", "address"})
        address = faults.typed(entry, here, "address", str, '"127.0.0.1"') or "127.0.0.1"
        host = _read_port(entry, here, "host", faults)
        port = _read_port(entry, here, "port", faults, default=80 if asgi else None)
        if host is None or port is None:
            continue
        if owner := _owner(taken, address, host):
            what = f"port {host} of the host is given to {owner} already"
            faults.add((*here, "host"), what, "choose another")
        taken.setdefault((address, host), str(path[1]))
        exposed.append(Expose(host=host, port=port, address=address))
    return tuple(exposed)


def _owner(taken: Ports, address: str, host: int) -> str | None:
    """The service that has this port of the host: on the same address, or one of the two on every
    address.
    """
    for (other, port), owner in taken.items():
        if port == host and (other == address or EVERYWHERE in (other, address)):
            return owner
    return None


def _read_port(
    entry: Mapping[str, Any], path: KeyPath, key: str, faults: Faults, default: int | None = None
) -> int | None:
    if key not in entry:
        if default is None:
            faults.add(path, f"{key!r} is missing", f"add {key} = 8080")
        return default
    port = faults.typed(entry, path, key, int, f"{key} = 8080")
    if port is not None and not 1 <= port <= LAST_PORT:
        faults.add((*path, key), f"{port} is not a port", f"use one from 1 to {LAST_PORT}")
        return None
    return int(port) if port is not None else None
