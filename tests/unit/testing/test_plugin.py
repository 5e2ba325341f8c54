"""The plugin in projects of their own, on machines that are in the tests' process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.testing import running

pytest_plugins = ["pytester"]

FAKES = Path(__file__).parents[1] / "supervisor"

TOPOLOGY = """
[mesh]
name = "shop"
[services.cart]
module = "cart"
expose = [{ host = 8080, port = 80 }]
[services.users]
module = "users"
[[links]]
from = "cart"
to = "users"
"""

CONFTEST = """
import sys
sys.path.insert(0, {fakes!r})
from fakes import FakeHost, fails, ready
from meshkernel.testing import running

async def add(user: str) -> str:
    return f"{{user}} has one"

async def fail() -> None:
    raise ValueError("no shelf")

def host():
    return FakeHost({scripts}, {{"cart": {{"add": add, "fail": fail}}}})

HOST = host()
running._real_host = lambda plan, volumes: HOST
"""


@pytest.fixture
def project(pytester, monkeypatch):
    """A project whose meshes run on fakes; call it with its tests."""
    # Its conftest replaces this, in this process: other tests get it back.
    monkeypatch.setattr(running, "_real_host", running._real_host)

    def make(tests, scripts="None"):
        pytester.makefile(".toml", topology=TOPOLOGY)
        pytester.makepyfile(cart="", users="")
        pytester.makeini(
            "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function"
        )
        pytester.makeconftest(CONFTEST.format(fakes=str(FAKES), scripts=scripts))
        pytester.mkdir("tests").joinpath("test_shop.py").write_text(tests)
        return pytester

    return make


def test_calls_reach_the_mesh_from_any_loop(project):
    pytester = project("""
import asyncio

async def test_one(mesh):
    assert await mesh.call("cart.add", user="ann") == "ann has one"

async def test_two_in_another_loop(mesh):
    both = await asyncio.gather(*(mesh.call("cart.add", user=u) for u in "ab"))
    assert both == ["a has one", "b has one"]

def test_without_a_loop(mesh):
    assert mesh.service("cart").state == "running"
    assert [row.state for row in mesh.ps()] == ["running", "running"]
    assert mesh.logs("users") == "users says hello"
    assert mesh.url("cart") == "http://127.0.0.1:49152"
    assert mesh.counters().flows == 0

def test_started_once(mesh):
    from conftest import HOST
    assert HOST.started == ["users", "cart"]
""")
    result = pytester.runpytest()
    result.assert_outcomes(passed=4)
    assert not any((pytester.path / "build" / "run").iterdir())


def test_remote_errors_and_unknown_services(project):
    pytester = project("""
import pytest
from meshkernel import LinkError, RemoteError

async def test_errors(mesh):
    with pytest.raises(RemoteError, match="no shelf") as caught:
        await mesh.call("cart.fail")
    assert "ValueError" in caught.value.stack
    with pytest.raises(LinkError, match="no service 'crat'"):
        await mesh.call("crat.add")
""")
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_killed_service_runs_again(project):
    pytester = project("""
async def test_kill(mesh):
    cart = mesh.service("cart")
    cart.kill()
    assert cart.state == "restarting"
    await cart.wait_running(5)
    assert cart.restarts == 1
    assert cart.reason == "cart was killed"
    assert await mesh.call("cart.add", user="ann") == "ann has one"
    assert "started again" in await cart.wait_log("was killed")
""")
    pytester.runpytest().assert_outcomes(passed=1)


def test_faults_of_the_network_end_with_their_block(project):
    pytester = project("""
def test_faults(mesh):
    with mesh.partition("cart", "users"):
        pass
    with mesh.delay("cart", "users", 0.5):
        pass
    assert mesh.server.network.commands == [
        ("partition", "cart", "users"), ("heal",), ("delay", "cart", "users", 0.5), ("heal",),
    ]
""")
    pytester.runpytest().assert_outcomes(passed=1)


def test_replicas_of_a_mesh(project):
    pytester = project("""
import time

async def test_replicas(mesh):
    assert [each.name for each in mesh.replicas("cart")] == ["cart"]
    await mesh.scale("cart", 3)
    assert [each.name for each in mesh.replicas("cart")] == ["cart", "cart-2", "cart-3"]
    assert [row.replica for row in mesh.ps() if row.service == "cart"] == [1, 2, 3]
    for _ in range(6):
        assert await mesh.call("cart.add", user="ann") == "ann has one"
    mesh.service("cart-2").kill()
    await mesh.service("cart-2").wait_running(5)
    assert [each.restarts for each in mesh.replicas("cart")] == [0, 1, 0]
    mesh.server.logs.add("cart-3", "said by the third", time.time())
    assert "said by the third" in mesh.logs("cart")
    assert "said by the third" not in mesh.logs("cart-2")
    with mesh.partition("users", "cart"):
        pass
    assert [each for each in mesh.server.network.commands if each[0] == "partition"] == [
        ("partition", "users", name) for name in ("cart", "cart-2", "cart-3")
    ]
""")
    pytester.runpytest().assert_outcomes(passed=1)


def test_a_failed_test_shows_the_logs_of_what_it_called(project):
    pytester = project("""
async def test_before(mesh):
    mesh.server.logs.add("users", "said long before", 1.0)
    await mesh.call("cart.add", user="ann")

async def test_wrong(mesh):
    import time
    mesh.server.logs.add("cart", "the shelf is empty", time.time())
    mesh.server.logs.add("users", "nobody " + "asked", time.time())
    assert await mesh.call("cart.add", user="ann") == "two"
""")
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*log of cart*", "*the shelf is empty*"])
    result.stdout.no_fnmatch_line("*log of users*")
    result.stdout.no_fnmatch_line("*nobody asked*")


def test_a_mesh_that_does_not_come_up_says_why(project):
    pytester = project(
        "def test_it(mesh): pass\n", scripts='{"cart": [fails("ImportError: no module shelf")]}'
    )
    result = pytester.runpytest()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*did not come up: cart failed to start: ImportError: no module shelf*", "*cart | *"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_topology_may_be_named(project):
    pytester = project("def test_it(mesh): assert mesh.plan.topology.name == 'other'\n")
    text = TOPOLOGY.replace('"shop"', '"other"')
    (pytester.path / "other.toml").write_text(text)
    pytester.runpytest("--mesh-topology", "other.toml").assert_outcomes(passed=1)
    pytester.runpytest().assert_outcomes(failed=1)
    pytester.runpytest("-o", "mesh_topology=other.toml").assert_outcomes(passed=1)


def test_no_topology_is_said_in_one_sentence(pytester):
    pytester.makeini("[pytest]\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile("def test_it(mesh): pass")
    result = pytester.runpytest("--rootdir", str(pytester.path))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the mesh fixture finds no topology.toml*--mesh-topology*"])


def test_a_project_that_uses_no_mesh_imports_nothing_of_it():
    program = (
        "import sys, meshkernel.testing.plugin;"
        "print([m for m in sys.modules if m.startswith(('meshkernel', 'networkx', 'asyncio'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert set(eval(done.stdout)) <= {
        "meshkernel", "meshkernel.errors", "meshkernel.service", "meshkernel.testing",
        "meshkernel.testing.plugin",
    }  # fmt: skip
