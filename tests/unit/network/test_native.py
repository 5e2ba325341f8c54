"""Parts of the switch as C, under ASan and UBSan: tests/c/switch_test.c has the flow table, the
policy, the faults and what waits for sleeping machines, tests/c/approach_test.c a tunnel's way in.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from meshkernel.network import building
from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache

from .conftest import C_TESTS, SANITIZE_STRICT

PARTS = {
    "switch_test": ["mesh", "frame", "flow", "policy", "fault", "summon", "answer"],
    "approach_test": ["approach"],
}


@pytest.mark.parametrize("name", PARTS)
def test_native(name: str, cache: Cache, tmp_path: Path) -> None:
    program = tmp_path / name
    sources = [C_TESTS / f"{name}.c", *(building.NATIVE / f"{part}.c" for part in PARTS[name])]
    flags = [*building.Recipe.read().flags, *SANITIZE_STRICT]
    lwip = third_party.lwip(cache) / "src" / "include"
    includes = ["-iquote", building.NATIVE, "-iquote", C_TESTS, f"-I{building.NATIVE / 'lwip'}"]
    compiled = ["gcc", *flags, *includes, f"-isystem{lwip}", "-o", program, *sources]
    subprocess.run(compiled, check=True)
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
