from __future__ import annotations

from meshkernel.config.selection import Selection
from meshkernel.image.images import Image
from meshkernel.supervisor.host import RealHost, boot_configurations

from .fakes import CHAIN, chain


def image(path):
    return Image(path, 3, 3, (), (), "", Selection((), (), {}))


def test_a_later_build_does_not_change_what_a_running_mesh_restarts_with(tmp_path):
    plan = chain(tmp_path)
    built = tmp_path / "image.elf"
    built.write_bytes(b"old")
    for beside in ("libos.debug", "image.json"):
        (tmp_path / beside).write_text("old")
    host = RealHost(tmp_path / "build")
    host._launcher = tmp_path / "launch"
    host._images = {name: image(built) for name in plan.services}
    host._boot = dict.fromkeys(plan.services, "abi 1\n")
    host._keep_images(tmp_path / "images")
    fresh = tmp_path / "fresh"
    fresh.write_bytes(b"new")
    fresh.replace(built)  # as builds do
    spec = host.spec(plan, "front")
    assert spec.image.read_bytes() == b"old"
    assert spec.image.with_suffix(".debug").read_text() == "old"
    assert spec.boot == "abi 1\n"


def test_the_boot_configuration_is_that_of_the_plan(tmp_path):
    plan = chain(tmp_path)
    other = chain(tmp_path, CHAIN.replace('"chain"', '"other"'))
    mine, others = boot_configurations(plan), boot_configurations(other)
    assert list(mine) == list(plan.services)
    assert str(plan.services["front"].address) in mine["front"]
    assert mine["front"] != others["front"]
