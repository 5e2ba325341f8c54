"""Services that start processes are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.image import project


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("import os\nimport subprocess\n", 2),
        ("from subprocess import run\n", 1),
        ("def f():\n    import multiprocessing.pool\n", 2),
        ("from concurrent.futures import ProcessPoolExecutor as Pool\n", 1),
        ("import concurrent.futures\n\nx = concurrent.futures.ProcessPoolExecutor()\n", 3),
    ],
)
def test_processes_are_refused(tmp_path: Path, source: str, line: int) -> None:
    (tmp_path / "cart.py").write_text(source)
    (fault,) = project.faults([tmp_path / "cart.py"], tmp_path)
    assert (fault.file, fault.line) == ("cart.py", line)
    assert "a unikernel has one process" in str(fault)
    assert fault.remedy


def test_threads_and_namesakes_are_fine(tmp_path: Path) -> None:
    (tmp_path / "cart.py").write_text(
        "import asyncio, threading\nfrom . import subprocess\nfrom .multiprocessing import x\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
    )
    assert project.faults([tmp_path / "cart.py"], tmp_path) == []
