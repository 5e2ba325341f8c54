"""Services with the libraries that were selected for them, on real machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel import RemoteError
from meshkernel.config.selection.profile import read
from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine

MESHKERNEL = Path(sys.executable).with_name("meshkernel")


@pytest.fixture(scope="module")
def project(images):
    return copied("selected", "selected", images)


@pytest.fixture(scope="module")
def mesh(project):
    with running_mesh(project / "topology.toml") as mesh:
        yield mesh


def plan_of(project, service):
    """What `meshkernel plan SERVICE --json` says of the library OS."""
    command = [MESHKERNEL, "plan", service, "--json"]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["libos"]


def line_of(project, text):
    """The line of plain.py that has this text."""
    lines = (project / "plain.py").read_text().splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


async def test_each_does_its_work_with_what_it_was_given(mesh):
    assert await mesh.call("plain.double", value=4) == 8
    assert await mesh.call("asking.quadruple", value=4) == 16
    assert await mesh.call("asking.remember", text="x") == "x"


async def test_a_call_that_was_left_out_is_named_with_its_line_and_its_library(mesh, project):
    with pytest.raises(RemoteError, match=r"OSError.*\[Errno 38\]"):
        await mesh.call("plain.do", module="os", name="memfd_create", arguments=["x"])
    line = await mesh.service("plain").wait_log("memfd_create")
    asking, plain = plan_of(project, "asking"), plan_of(project, "plain")
    (library,) = (
        each["library"] for each in asking["libraries"] if "memfd_create" in str(each["reasons"])
    )
    assert library in plain["left_out"]
    assert library in line
    assert line.endswith(f"called from /app/plain.py:{line_of(project, 'function(*')}")
    with pytest.raises(RemoteError, match=r"\[Errno 38\]"):
        await mesh.call("plain.do", module="os", name="memfd_create", arguments=["x"])
    assert mesh.logs("plain").count("memfd_create") == 1
    assert await mesh.call("plain.double", value=5) == 10


def test_what_only_computes_has_fewer_libraries(project):
    plain, asking = plan_of(project, "plain"), plan_of(project, "asking")
    assert {each["library"] for each in plain["libraries"]} < {
        each["library"] for each in asking["libraries"]
    }
    assert sum(each["bytes"] for each in plain["libraries"]) < sum(
        each["bytes"] for each in asking["libraries"]
    )
    assert set(plain["syscalls"]) < set(asking["syscalls"])


def test_a_recorded_profile_has_what_was_used_and_brings_it_into_the_image(project):
    file = project / "profiles" / "asking.toml"
    command = [MESHKERNEL, "profile", "asking", "--tests", "test_drive.py"]
    environ = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    subprocess.run(command, cwd=project, check=True, env=environ, timeout=300)
    found = read(file)
    assert {"memfd_create", "connect", "listen", "openat", "exit_group"} <= {*found.syscalls}
    assert "AF_INET SOCK_STREAM" in found.sockets
    assert "/dev/control" in found.files
    assert {*found.syscalls} <= {*plan_of(project, "asking")["syscalls"]}
    text = (project / "topology.toml").read_text()
    wished = text.replace(
        'module = "asking"\n', 'module = "asking"\nlibos = { profile = "profiles/asking.toml" }\n'
    )
    (project / "profiled.toml").write_text(wished)
    with running_mesh(project / "profiled.toml") as mesh:
        called = mesh.call("asking.remember", text="y")
        assert mesh.background.run(_result(called)) == "y"


async def _result(coming):
    return await coming
