"""The pytest plugin: the session-wide ``mesh`` fixture, and logs in the reports of failed tests.

It is loaded by every pytest of an environment that has meshkernel, so it imports nothing else
before a test asks for the fixture.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from meshkernel.testing.mesh import MeshUnderTest

TOPOLOGY = "topology.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--mesh-topology``, and ``mesh_topology`` in the configuration."""
    help_text = "the topology that the mesh fixture boots (default: the nearest topology.toml)"
    parser.getgroup("meshkernel").addoption("--mesh-topology", metavar="PATH", help=help_text)
    parser.addini("mesh_topology", help_text)
    group = parser.getgroup("meshkernel")
    # What `meshkernel profile --tests` runs pytest with.
    group.addoption("--mesh-profile", metavar="SERVICE", help="record what this service uses")
    group.addoption("--mesh-profile-file", metavar="PATH", help="where the record goes")
    group.addoption("--mesh-profile-add", action="store_true", help="keep what is in it, too")


@pytest.fixture(scope="session")
def mesh(request: pytest.FixtureRequest) -> Iterator[MeshUnderTest]:
    """The mesh of the project under test: it boots at its first use, and stops with the session.

    It has a folder of its own, and other ports of the host than ``expose`` says, so a mesh of
    the same project that is up is not disturbed.
    """
    from meshkernel.errors import MeshkernelError  # noqa: PLC0415

    topology = find_topology(request.config, request.session)
    try:
        running = _running(request, topology)
        found = running.__enter__()
    except MeshkernelError as error:
        notes = "\n".join(getattr(error, "__notes__", ()))
        pytest.fail(f"the mesh of {topology} did not come up: {error}\n{notes}", pytrace=False)
    try:
        yield found
    finally:
        running.__exit__(None, None, None)


@contextmanager
def _running(request: pytest.FixtureRequest, topology: Path) -> Iterator[MeshUnderTest]:
    """The mesh; what one of its services uses is recorded if the options ask for it."""
    from meshkernel.testing.running import running_mesh  # noqa: PLC0415

    service = request.config.getoption("--mesh-profile")
    if service is None:
        with running_mesh(topology) as found:
            yield found
        return
    from meshkernel.testing.recording import keep, recorded_mesh  # noqa: PLC0415

    with recorded_mesh(topology, service) as (found, host):
        yield found
    if not request.session.testsfailed:
        file = Path(request.config.getoption("--mesh-profile-file"))
        keep(host, file, add=request.config.getoption("--mesh-profile-add"))


def find_topology(config: pytest.Config, session: pytest.Session) -> Path:
    """What the option or the configuration names, else the nearest upwards of the tests."""
    option, ini = config.getoption("--mesh-topology"), config.getini("mesh_topology")
    if option:
        return config.invocation_params.dir / str(option)
    if ini:
        return config.rootpath / str(ini)
    users = (item.path for item in session.items if "mesh" in getattr(item, "fixturenames", ()))
    start = next(users, config.rootpath / TOPOLOGY)
    for folder in (*start.parents, config.rootpath):
        if (folder / TOPOLOGY).is_file():
            return folder / TOPOLOGY
    raise pytest.UsageError(
        f"the mesh fixture finds no {TOPOLOGY} in {start.parent} or above: name one with"
        " --mesh-topology, or with mesh_topology in the configuration"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let each mesh note anew which services are called: by the next test, and by its fixtures."""
    meshes = _meshes(item)
    try:
        return (yield)
    finally:
        for each in meshes:
            each.begin_test()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the logs of the services that a failed test called."""
    report = yield
    if report.when == "call" and report.failed:
        for each in _meshes(item):
            report.sections += each.report()
    return report


def _meshes(item: pytest.Item) -> list[MeshUnderTest]:
    """The meshes among a test's fixtures, whatever their names."""
    module = sys.modules.get("meshkernel.testing.mesh")
    if module is None:  # nobody has started one
        return []
    values = getattr(item, "funcargs", {}).values()
    return [value for value in values if isinstance(value, module.MeshUnderTest)]
