"""Whole images: the same bytes for the same inputs, and nothing built twice."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from meshkernel.errors import UserError
from meshkernel.image import analysis
from meshkernel.image.builder import build_mesh, build_service
from meshkernel.image.filesystem import MAGIC, PAGE, Reader
from meshkernel.image.images import Image
from meshkernel.image.program import WEB, service_program
from meshkernel.plan import Plan, make_plan
from meshkernel.toolchain import tools
from meshkernel.topology.model import Link, Service, Topology


def project(folder: Path, **modules: str) -> Plan:
    """A mesh of one service for each of these modules."""
    folder.mkdir(parents=True)
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    services = {name: Service(name, line=1, module=name) for name in modules}
    first, *others = modules
    links = tuple(Link(first, other, line=1) for other in others)
    return make_plan(Topology(folder / "topology.toml", "test", services, links))


SOURCE = "from meshkernel import rpc\n\n\n@rpc\ndef add(a: int) -> int:\n    return a + 1\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Path, Image]:
    folder = tmp_path_factory.mktemp("first")
    plan = project(folder / "project", cart=SOURCE)
    return plan, folder / "build", build_mesh(plan, folder / "build")["cart"]


def test_same_bytes_from_another_folder_and_a_cold_cache(
    built: tuple[Plan, Path, Image], tmp_path: Path
) -> None:
    plan = project(tmp_path / "elsewhere" / "other", cart=SOURCE)
    out = tmp_path / "out"
    # The pinned sources are the same wherever they come from: spare the archive.
    shutil.copytree(built[1] / "cache/source", out / "cache/source")
    image = build_mesh(plan, out)["cart"]
    assert image.digest == built[2].digest
    assert image.path.read_bytes() == built[2].path.read_bytes()


def test_an_image_that_is_to_be_sealed_is_the_cold_one_and_has_what_seals(
    built: tuple[Plan, Path, Image],
) -> None:
    plan, out, usual = built
    assert usual.path.name == "image.elf"
    assert not [name for name in usual.modules if name == "meshkernel.guest.seal"]
    services = {
        name: evolve(each, service=evolve(each.service, warm=True))
        for name, each in plan.services.items()
    }
    image = build_mesh(evolve(plan, services=services), out.parent / "warm")["cart"]
    assert (image.path.name, image.warm) == ("cold.elf", None)
    assert {"meshkernel.guest.seal", "meshkernel.guest.renewal"} <= {*image.modules}
    assert "seal" in image.selection.names
    assert "seal" not in usual.selection.names


def test_second_build_runs_no_tool(
    built: tuple[Plan, Path, Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        pytest.fail(f"a tool ran: {arguments}")

    tools.cc(), tools.ld()
    monkeypatch.setattr(tools, "run", refuse)
    monkeypatch.setattr(analysis, "analyse", refuse)
    again = build_mesh(built[0], built[1])["cart"]
    assert again.cached
    assert again.digest == built[2].digest


def test_services_that_are_made_of_the_same_share_an_image(
    built: tuple[Plan, Path, Image], tmp_path: Path
) -> None:
    (tmp_path / "cart.py").write_text(SOURCE)
    (tmp_path / "other.py").write_text(SOURCE.replace("+ 1", "+ 2"))

    def plan(*modules: str) -> Plan:
        names = dict(zip(("one", "two", "three"), modules, strict=True))
        services = {name: Service(name, line=1, module=module) for name, module in names.items()}
        return make_plan(Topology(tmp_path / "topology.toml", "test", services, ()))

    out = tmp_path / "build"
    out.mkdir()
    (out / "cache").symlink_to(built[1] / "cache")
    images = build_mesh(plan("cart", "cart", "cart"), out)
    assert [name for name, image in images.items() if image.path.parent != out / name] == []
    one, two, three = images.values()
    for beside in ("image.elf", "libos.debug", "image.json"):
        assert one.path.with_name(beside).samefile(two.path.with_name(beside))
        assert one.path.with_name(beside).samefile(three.path.with_name(beside))
    again = build_mesh(plan("cart", "cart", "cart"), out)
    assert all(image.cached for image in again.values())
    changed = build_mesh(plan("cart", "other", "cart"), out)
    assert changed["one"].path.samefile(changed["three"].path)
    assert not changed["two"].path.samefile(changed["one"].path)
    assert changed["one"].digest == one.digest != changed["two"].digest


def test_change_of_the_service_changes_the_image(
    built: tuple[Plan, Path, Image], tmp_path: Path
) -> None:
    plan = project(tmp_path / "project", cart=SOURCE.replace("+ 1", "+ 2"))
    image = build_service(plan, plan.services["cart"], built[1])
    try:
        assert not image.cached
        assert image.digest != built[2].digest
    finally:
        build_mesh(built[0], built[1])


def test_bill_of_materials_says_what_is_in_the_image(built: tuple[Plan, Path, Image]) -> None:
    plan, out, image = built
    bill: dict[str, Any] = json.loads((out / "cart/image.json").read_text())
    data = image.path.read_bytes()
    assert bill["sha256"] == hashlib.sha256(data).hexdigest()
    # The library OS has the magic number among its instructions: the files start on a page.
    magic = MAGIC.to_bytes(8, "little")
    (start,) = (at for at in range(0, len(data), PAGE) if data[at : at + 8] == magic)
    size = int.from_bytes(data[start + 8 : start + 16], "little")
    reader = Reader.parse(data[start : start + size])
    inside = {
        path: hashlib.sha256(reader.contents(number)).hexdigest()
        for path, number in reader.walk()
        if reader.inode(number)[0] & 0o170000 == 0o100000
    }
    assert {file["path"]: file["sha256"] for file in bill["files"]} == inside
    assert {"project", "system"} < {file["origin"] for file in bill["files"]}
    assert str(plan.topology.root) not in json.dumps(bill)


def test_image_is_small_and_has_what_it_needs(built: tuple[Plan, Path, Image]) -> None:
    image = built[2]
    assert image.bytes < 18 << 20
    assert image.libos_bytes < 300 << 10
    assert {"meshkernel.guest.runtime", "msgpack", "cart"} <= set(image.modules)
    assert not {"uvicorn", "networkx", "jinja2", "meshkernel.cli"} & set(image.modules)
    assert image.warnings == ()


def test_processes_are_refused_for_all_services_at_once(tmp_path: Path) -> None:
    plan = project(tmp_path / "p", one="import subprocess\n", two="import multiprocessing as m\n")
    with pytest.raises(UserError) as caught:
        build_mesh(plan, tmp_path / "build")
    places = {(fault.file, fault.line) for fault in caught.value.faults}
    assert places == {("one.py", 1), ("two.py", 1)}


def test_web_server_is_only_in_services_that_serve_the_web(tmp_path: Path) -> None:
    plan = project(tmp_path / "p", cart=SOURCE)
    program = service_program(plan, plan.services["cart"])
    assert WEB in program.without
    topology = Topology(tmp_path / "t", "t", {"w": Service("w", 1, asgi="web:app")}, ())
    web = make_plan(topology)
    program = service_program(web, web.services["w"])
    assert WEB in program.modules
    assert "web" in program.modules
