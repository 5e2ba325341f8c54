"""Sealing the images of a mesh, on a machine of a test's own."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve

from meshkernel.config.selection import Selection
from meshkernel.errors import MachineError, UserError
from meshkernel.image import warm
from meshkernel.image.images import Image
from meshkernel.machine.outcome import MachineExit, Reason
from meshkernel.machine.sealing import NotSealed
from meshkernel.plan import make_plan
from meshkernel.supervisor import sealing
from meshkernel.supervisor.sealing import Sealer
from meshkernel.topology.model import Accel, Service, Topology


class Machines:
    """Stands for `meshkernel.machine.sealing`: what comes of each service's boot."""

    def __init__(self):
        self.booted = []
        self.at_once = self.most = 0
        self.fails = {}

    @asynccontextmanager
    async def seal(self, spec):
        self.booted.append(spec)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if spec.name in self.fails:
            messages = [{"type": "unsealable", "faults": self.fails[spec.name]}]
            end = MachineExit(Reason.STATUS, 3)
            raise NotSealed(spec.name, end, messages, b"Traceback ...\n")
        processor = SimpleNamespace(vendor="GenuineTest")
        yield SimpleNamespace(
            seal=SimpleNamespace(processor=processor), memory=None, console=b"", messages=()
        )


@pytest.fixture
def machines(monkeypatch):
    found = Machines()
    monkeypatch.setattr(sealing.sealing, "seal", found.seal)

    def write_all(seal, memory, size, folder):
        for name in (warm.RAM, warm.START, warm.ELF):
            (folder / name).write_bytes(b"x")

    monkeypatch.setattr(sealing.seal_files, "write_all", write_all)
    monkeypatch.setattr(sealing, "processor", lambda accel: ["one"])
    return found


@pytest.fixture
def mesh(tmp_path):
    """Makes a mesh of warm services and its images."""

    def make(*names, alike=False, **values):
        services = {
            name: Service(
                name, 10 + i, module="one" if alike else name, **({"warm": True} | values)
            )
            for i, name in enumerate(names)
        }
        plan = make_plan(Topology(tmp_path / "topology.toml", "m", services, ()))
        images = {}
        for name in names:
            (tmp_path / name).mkdir(exist_ok=True)
            path = tmp_path / name / "cold.elf"
            images[name] = Image(
                path,
                1,
                1,
                (),
                (),
                "digest" if alike else f"digest of {name}",
                Selection({}, {}, {}),
            )
        return plan, images

    return make


async def sealed(mesh, *, anew=False):
    plan, images = mesh
    events = []
    found = await Sealer(plan, Accel.TCG, Path("launch"), events.append, anew=anew).seal(images)
    return found, [(event.service, event.detail) for event in events]


async def test_services_are_sealed_two_at_a_time_and_told(mesh, machines):
    found, told = await sealed(mesh("a", "b", "c"))
    assert machines.most == 2
    assert told == [("a", "sealing"), ("b", "sealing"), ("c", "sealing")]
    assert all(image.warm is not None and not image.is_cached for image in found.values())
    assert [spec.image.name for spec in machines.booted] == ["cold.elf"] * 3
    seeds = {image.warm.hash_seed for image in found.values()}
    assert len(seeds) == 3
    for spec in machines.booted:
        bill = json.loads((spec.image.parent / warm.BILL).read_text())
        assert (len(spec.seed), bill["seed"]) == (64, spec.seed)
        assert f"PYTHONHASHSEED={found[spec.name].warm.hash_seed}" in spec.boot
        assert "address" not in spec.boot


async def test_services_of_the_same_code_share_one_image(mesh, machines, tmp_path):
    found, told = await sealed(mesh("a", "b", "c", alike=True))
    assert told == [("a", "sealing, for 3 services")]
    assert not any(image.is_cached for image in found.values())
    names = (warm.RAM, warm.START, warm.ELF, warm.BILL, warm.LOG)
    for name in names:
        assert len({(tmp_path / each / name).stat().st_ino for each in "abc"}) == 1
    assert [found[each].warm.ram for each in "abc"] == [
        tmp_path / each / warm.RAM for each in "abc"
    ]
    found, told = await sealed(mesh("a", "b", "c", alike=True))
    assert told == []
    assert all(image.warm.cached for image in found.values())


async def test_a_service_that_is_new_takes_what_is_sealed_already(mesh, machines, tmp_path):
    await sealed(mesh("a", "b", alike=True))
    seal = (tmp_path / "b" / warm.BILL).stat().st_ino
    found, told = await sealed(mesh("b", "c", alike=True))  # the first of them is gone
    assert told == []
    assert (found["b"].warm.cached, found["c"].warm.cached) == (True, False)
    assert (tmp_path / "c" / warm.BILL).stat().st_ino == seal


async def test_of_several_seals_the_newest_is_everybodys(mesh, machines, tmp_path):
    await sealed(mesh("a", alike=True))
    await sealed(mesh("b", alike=True))
    await sealed(mesh("b", alike=True), anew=True)
    newest = json.loads((tmp_path / "b" / warm.BILL).read_text())
    found, told = await sealed(mesh("a", "b", alike=True))
    assert (told, len(machines.booted)) == ([], 3)
    assert found["a"].warm.hash_seed == newest["hash_seed"]


async def test_seals_that_are_good_for_other_times_are_not_shared(mesh, machines):
    plan, images = mesh("a", "b", alike=True)
    daily = evolve(plan.services["a"].service, reseal=60.0)
    plan = make_plan(evolve(plan.topology, services=plan.topology.services | {"a": daily}))
    found, told = await sealed((plan, images))
    assert told == [("a", "sealing"), ("b", "sealing")]
    assert found["a"].warm.hash_seed != found["b"].warm.hash_seed


async def test_what_cannot_be_sealed_is_told_once_for_all_that_share_it(mesh, machines):
    machines.fails = {
        "a": [{"what": "a socket is open", "where": "services/db.py:12", "remedy": "move it"}]
    }
    with pytest.raises(UserError) as caught:
        await sealed(mesh("a", "b", alike=True))
    (fault,) = caught.value.faults
    assert str(fault).startswith("services/db.py:12: services.a: a socket is open, move it")


async def test_a_service_that_boots_cold_is_left_alone(mesh, machines):
    found, told = await sealed(mesh("a", warm=False))
    assert (found["a"].warm, told, machines.booted) == (None, [], [])


async def test_what_was_sealed_is_kept_until_something_changes(mesh, machines, monkeypatch):
    await sealed(mesh("a"))
    found, told = await sealed(mesh("a"))
    assert (told, found["a"].warm.cached) == ([], True)
    for changed in ({"memory": 1 << 27}, {"env": {"A": "b"}}, {"secrets": ("KEY",)}):
        assert len((await sealed(mesh("a", **changed)))[1]) == 1, changed
    await sealed(mesh("a"))
    monkeypatch.setattr(sealing, "processor", lambda accel: ["another"])
    assert len((await sealed(mesh("a")))[1]) == 1


async def test_anew_means_anew(mesh, machines):
    first, _ = await sealed(mesh("a"))
    second, told = await sealed(mesh("a"), anew=True)
    assert told == [("a", "sealing")]
    assert first["a"].warm.hash_seed != second["a"].warm.hash_seed


async def test_a_seal_that_is_too_old_is_made_anew(mesh, machines, monkeypatch):
    await sealed(mesh("a", reseal=60.0))
    assert (await sealed(mesh("a", reseal=60.0)))[1] == []
    now = warm.time.time()
    monkeypatch.setattr(warm.time, "time", lambda: now + 61)
    assert len((await sealed(mesh("a", reseal=60.0)))[1]) == 1


async def test_the_faults_of_all_services_are_told_with_their_places(mesh, machines):
    machines.fails = {
        "a": [{"what": "a socket is open", "where": "services/db.py:12", "remedy": "move it"}],
        "b": [{"what": "a thread runs", "where": "", "remedy": "start it later"}],
    }
    with pytest.raises(UserError) as caught:
        await sealed(mesh("a", "b", "c"))
    first, second = caught.value.faults
    assert str(first).startswith(
        "services/db.py:12: services.a: a socket is open, move it (its console: "
    )
    assert first.remedy.endswith("/a/seal.log)")
    assert str(second).partition(": ")[0].endswith("topology.toml:11")


async def test_where_things_are_made_is_found_by_another_machine(mesh, machines):
    machines.fails = {"a": [{"what": "a thread runs", "where": "", "remedy": "start it later"}]}
    known = [{"what": "a thread runs", "where": "db.py:3", "remedy": "start it later"}]
    usual = machines.seal

    def seal(spec):
        if "%22explain%22: true" in spec.boot or '"explain": true' in spec.boot:
            machines.fails = {"a": known}
        return usual(spec)

    sealing.sealing.seal = seal
    with pytest.raises(UserError) as caught:
        await sealed(mesh("a"))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == ("db.py", 3)
    assert [spec.memory >> 20 for spec in machines.booted] == [64, 64 + 256]


async def test_a_machine_that_ends_without_a_word_of_its_runtime(mesh, machines):
    machines.fails = {"a": []}
    with pytest.raises(MachineError, match="a was not sealed: it ended with status 3") as caught:
        await sealed(mesh("a"))
    assert "seal.log" in caught.value.__notes__[0]


async def test_an_import_that_does_not_end(mesh, machines, monkeypatch):
    @asynccontextmanager
    async def seal(spec):
        await asyncio.Event().wait()
        yield

    monkeypatch.setattr(sealing.sealing, "seal", seal)
    monkeypatch.setattr(sealing, "PATIENCE", 0.01)
    with pytest.raises(MachineError, match="a did not come to its seal"):
        await sealed(mesh("a"))
