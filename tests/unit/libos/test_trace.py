"""The trace of system calls, on the host: reading arguments, batches, each thing once."""

from __future__ import annotations

from tests.unit.libos.conftest import CTest

SOURCES = [f"trace/{name}.c" for name in ("buffer", "capture", "once", "request")]


def test_trace(c_test: CTest) -> None:
    c_test("trace", SOURCES)
