"""The other kind of interpreter: one that is linked to a fixed address, without libpython."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from .running import HERE, REPOSITORY, SECONDS

DEBIAN = Path("/usr/bin/python3.11")
MAIN = "import sys; from meshkernel.cli import main; sys.exit(main())"
SCRIPT = HERE / "python" / "native.py"

pytestmark = pytest.mark.machine


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs Debian's interpreter with the modules of our environment."""
    path = f"{REPOSITORY}:{sysconfig.get_path('platlib')}"
    return subprocess.run(
        [DEBIAN, *words],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path, "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.mark.skipif(not DEBIAN.is_file(), reason=f"{DEBIAN} is missing")
@pytest.mark.skipif(
    sys.version_info[:2] != (3, 11), reason="modules in C of this environment are not for 3.11"
)
def test_debians_interpreter() -> None:
    done = run("-c", MAIN, "run", "--accel", "tcg", SCRIPT)
    expected = run(SCRIPT)
    assert expected.returncode == 0, expected.stderr
    assert (done.stdout, done.returncode) == (expected.stdout, 0), done.stderr
