"""The pytest plugin in a project as a user has it, on real machines."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.machine

TESTS = """
async def test_right(mesh):
    assert await mesh.call("relay.relay", text="hello") == "hello"

async def test_wrong(mesh):
    assert await mesh.call("store.divide", value=1, by=1) == 2.0
"""


def test_a_failed_test_shows_what_the_machine_said(pytester, project):
    path = project / "test_echo_project.py"
    path.write_text(TESTS)
    try:
        result = pytester.runpytest_subprocess(
            "--rootdir", str(project), "-o", "asyncio_mode=auto", str(path), timeout=300
        )
    finally:
        path.unlink()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*log of store*", "INFO store: dividing by 1"])
    result.stdout.no_fnmatch_line("*log of relay*")
