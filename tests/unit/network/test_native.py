"""The flow table, the policy, the faults and what waits for sleeping machines as C, under ASan and
UBSan (tests/c/switch_test.c).
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from meshkernel.network import building

from .conftest import C_TESTS, SANITIZE_STRICT

PARTS = ["mesh", "frame", "flow", "policy", "fault", "summon", "answer"]


def test_native(tmp_path: Path) -> None:
    program = tmp_path / "switch_test"
    sources = [C_TESTS / "switch_test.c", *(building.NATIVE / f"{part}.c" for part in PARTS)]
    flags = [*building.Recipe.read().flags, *SANITIZE_STRICT]
    includes = ["-iquote", building.NATIVE, "-iquote", C_TESTS]
    subprocess.run(["gcc", *flags, *includes, "-o", program, *sources], check=True)
    done = subprocess.run([program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
