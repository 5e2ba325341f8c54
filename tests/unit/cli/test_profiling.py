"""profile: what it refuses, and how it runs tests. Real machines: tests/mesh/test_selected.py."""

from __future__ import annotations

import subprocess
import sys

import pytest

from meshkernel.cli import profiling


def test_tests_and_script_are_two_profiles(meshkernel, project):
    status, _, err = meshkernel("profile", "back", "--tests", "t", "--script", "s.py")
    assert (status, "--add brings both together" in err) == (2, True)


def test_a_service_or_script_that_is_not_there(meshkernel, project):
    status, _, err = meshkernel("profile", "bakc")
    assert (status, "did you mean 'back'?" in err) == (2, True)
    status, _, err = meshkernel("profile", "back", "--script", "drive.py")
    assert (status, err) == (2, "--script: drive.py is not there, name a file that is\n")


@pytest.mark.parametrize(("result", "status"), [(0, 0), (1, 1)])
def test_tests_are_run_with_the_plugin_that_records(
    meshkernel, project, monkeypatch, result, status
):
    commands = []

    def run(command, *, check):
        commands.append(command)
        if result == 0:
            (project / "profiles").mkdir()
            (project / "profiles" / "back.toml").write_text('syscalls = ["read", "write"]')
        return subprocess.CompletedProcess(command, result)

    monkeypatch.setattr(profiling.subprocess, "run", run)
    done, out, err = meshkernel("profile", "back", "--tests", "tests/test_back.py")
    assert done == status
    ((*start, tests), options) = (commands[0][:4], commands[0][4:])
    assert (start, tests) == ([sys.executable, "-m", "pytest"], "tests/test_back.py")
    assert options[options.index("--mesh-profile") + 1] == "back"
    if result:
        assert "the tests failed, so no profile is kept" in err
    else:
        assert "profiles/back.toml: 2 system calls, 0 files, 0 kinds of sockets" in out
        assert 'libos = { profile = "profiles/back.toml" } in [services.back]' in out


def test_nothing_is_said_of_a_profile_that_is_in_force(meshkernel, project, monkeypatch):
    (project / "profiles").mkdir()
    (project / "profiles" / "back.toml").write_text("")
    path = project / "topology.toml"
    path.write_text(path.read_text() + '[services.back.libos]\nprofile = "profiles/back.toml"\n')
    monkeypatch.setattr(profiling, "_run_tests", lambda *arguments, **options: 0)
    status, out, _ = meshkernel("profile", "back", "--tests", "t")
    assert (status, "to use it" in out) == (0, False)
