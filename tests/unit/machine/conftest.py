"""A fake QEMU for the tests of machines."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshkernel.toolchain import tools


@pytest.fixture
def fake_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    program = tmp_path / "qemu-system-x86_64"
    source = Path(__file__).with_name("fake_qemu.py").read_text()
    program.write_text(source.replace("/usr/bin/env python3", sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    tools._tool.cache_clear()
    yield
    tools._tool.cache_clear()
