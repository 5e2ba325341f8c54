"""The command lines of benchmarks, where what they draw and compare with is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks import boot, needs, whole
from benchmarks.plans import DEMONSTRATION, SUBJECTS, plan_of
from benchmarks.replicas import plan_of_replicas
from benchmarks.ways.machine import replica_spec
from meshkernel.topology import parse

FOLDER = Path(boot.__file__).parent
COMMANDS = sorted(
    path.stem for path in FOLDER.glob("*.py") if 'if __name__ == "__main__"' in path.read_text()
)

WITHOUT = """
import sys
for name in ("matplotlib", "grpc"):
    sys.modules[name] = None
import importlib
from click.testing import CliRunner
for name in sys.argv[1:]:
    done = CliRunner().invoke(importlib.import_module(f"benchmarks.{name}").main, ["--help"])
    assert done.exit_code == 0 and "--runs" in done.output + "--runs" * (name == "scale"), name
    print(name)
"""


def test_help_of_each_needs_nothing_more():
    assert {"boot", "echo", "egress", "mesh", "scale", "summon", "volumes"} <= set(COMMANDS)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *COMMANDS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == COMMANDS


@pytest.mark.parametrize(
    ("libraries", "said"),
    [
        (("grpc", "json"), "this benchmark needs grpc, which is not there: "),
        (("matplotlib", "grpc"), "this benchmark needs matplotlib and grpc, which are not there: "),
    ],
)
def test_what_is_missing_is_told(monkeypatch, capsys, libraries, said):
    there = needs.find_spec
    monkeypatch.setattr(
        needs, "find_spec", lambda name: None if name in ("grpc", "matplotlib") else there(name)
    )
    with pytest.raises(SystemExit) as ended:
        needs.require(*libraries)
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"{said}pip install -e '.[benchmark]'\n"


def test_it_is_told_before_anything_is_measured(monkeypatch):
    monkeypatch.setattr(needs, "find_spec", lambda _: None)
    monkeypatch.setattr(boot, "measure_starts", lambda *_: pytest.fail("it has begun"))
    done = CliRunner().invoke(boot.main, [])
    assert done.exit_code == 2
    assert done.output.count("\n") == 1


def test_parts_are_chosen(monkeypatch):
    begun = []
    monkeypatch.setattr(boot, "require", lambda *_: None)
    monkeypatch.setattr(boot.output, "save", lambda *_: None)
    monkeypatch.setattr(boot, "measure_starts", lambda *words: begun.append(words) or {})
    done = CliRunner().invoke(boot.main, ["--part", "starts", "--subject", "web", "--runs", "4"])
    assert done.exit_code == 0, done.output
    assert begun == [(("web",), 4, 3)]


def test_the_demonstration_in_a_folder_of_its_own(tmp_path):
    found = parse(whole.project(tmp_path) / "topology.toml")
    original = parse(DEMONSTRATION)
    assert found.name == f"{original.name}-benchmark"
    assert set(found.services) == set(original.services)
    (port,) = found.services["frontend"].expose
    (usual,) = original.services["frontend"].expose
    assert (port.port, port.host != usual.host) == (usual.port, True)
    assert (tmp_path / "services/frontend.py").read_bytes() == (
        DEMONSTRATION.parent / "services/frontend.py"
    ).read_bytes()


async def test_a_command_that_fails_says_why(tmp_path):
    with pytest.raises(RuntimeError, match=r"meshkernel build: .*topology\.toml"):
        await whole.command(tmp_path, "build")


def test_replicas_of_the_echo_service():
    plan = plan_of_replicas(20)
    found = plan.services["echo"].replicas
    assert len({each.address for each in found}) == len({each.mac for each in found}) == 20


def test_a_replica_needs_a_warm_image(tmp_path):
    plan = plan_of(SUBJECTS / "echo/topology.toml")
    with pytest.raises(LookupError, match="echo has no warm image"):
        replica_spec(plan, plan.services["echo"].replicas[0], tmp_path)
