"""What ``up --timings`` tells of real machines, which boot cold and warm."""

from __future__ import annotations

import re
import subprocess

import pytest

from .commands import MESHKERNEL
from .conftest import copied

pytestmark = pytest.mark.machine

PARTS = ["QEMU", "firmware", "library OS", "devices", "Python"]


def test_parts_of_a_start_and_its_first_byte(images):
    project = copied("timings", "timings", images)

    def command(*words):
        return subprocess.run(
            [*MESHKERNEL, *words],
            cwd=project, capture_output=True, text=True, timeout=300, check=True,
        ).stdout  # fmt: skip

    lines = command("up", "-d", "--timings").splitlines()
    command("down")
    (told,) = [line for line in lines if "QEMU" in line]
    parts, whole, first = re.fullmatch(
        r"one: (.+): ready after ([\d.]+) ms; first byte ([\d.]+) ms later", told
    ).groups()
    found = {name: float(took) for name, took in re.findall(r"(\w[\w ]*?) ([\d.]+) ms", parts)}
    assert list(found) == PARTS, told
    assert all(took > 0 for took in found.values()), told
    assert sum(found.values()) == pytest.approx(float(whole), abs=0.3)
    assert float(first) > 0
    # Behind a seal there is no Python to start.
    assert (found["Python"] > found["QEMU"] + found["library OS"]) or images == "warm", told
