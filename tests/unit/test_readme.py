"""The examples of the README work as they stand there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from meshkernel import bind_links
from meshkernel.cli import commands, entry

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
MOST_WORDS = 600


def block(language: str, start: str) -> str:
    """The block of a language that starts with a line."""
    (found,) = [text for kind, text in BLOCKS if kind == language and text.startswith(start)]
    return found


class Names:
    """Stands in for the service that the example calls."""

    async def get(self, user: int) -> str:
        return {1: "Ada"}[user]


async def test_the_service_is_a_module_of_plain_functions() -> None:
    module: dict[str, object] = {"__name__": "readme_greeter"}
    exec(block("python", "# services/greeter.py"), module)
    greet = module["greet"]
    assert callable(greet)
    with bind_links(names=Names()):
        assert await greet(user=1) == "Hi Ada"
        assert await greet(user=1, politely=True) == "Good day, Ada"


def test_the_topology_has_no_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "services").mkdir()
    (tmp_path / "services" / "greeter.py").write_text(block("python", "# services/greeter.py"))
    (tmp_path / "services" / "names.py").write_text("")
    topology = tmp_path / "topology.toml"
    topology.write_text(block("toml", "# topology.toml"))
    assert entry.run(["check", str(topology)]) == 0
    assert "mesh hello, 2 services, 1 link, no faults" in capsys.readouterr().out


def test_its_commands_are_there() -> None:
    verbs = {command.name for command in commands.VERBS}
    named = set(re.findall(r"^\| `(.+)` \|", README, re.MULTILINE))
    words = {word for cell in named for word in re.findall(r"(?:^|`)([a-z]+)", cell)}
    assert words == verbs
    used = set(re.findall(r"^\$ meshkernel ([a-z]+)", README, re.MULTILINE))
    assert used <= verbs
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"[`$] ?make ([a-z]+)", README)) <= targets


def test_the_test_of_a_mesh_names_what_the_demonstration_has() -> None:
    services = tomllib.loads((ROOT / "topology.toml").read_text())["services"]
    example = block("python", "async def test_booking")
    named = re.findall(r'(?:call|service)\("(\w+)(?:\.(\w+))?"', example)
    assert named
    for service, function in named:
        assert service in services
        source = (ROOT / "services" / f"{service}.py").read_text()
        assert not function or f"def {function}(" in source


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", README)
    missing = [path for path in targets if "://" not in path and not (ROOT / path).exists()]
    assert missing == []


def test_it_is_short() -> None:
    assert len(README.split()) < MOST_WORDS
