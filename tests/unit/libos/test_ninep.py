"""The client of volumes, against an honest server and against one that lies."""

from __future__ import annotations

import pytest

from .conftest import LIBOS, CTest

SOURCES = [
    "fs/file.c",
    "fs/inode.c",
    *(
        f"fs/ninep/{path.name}"
        for path in sorted((LIBOS / "fs" / "ninep").glob("*.c"))
        if path.name != "virtio.c"
    ),
]


def test_volumes(c_test: CTest) -> None:
    c_test("ninep", SOURCES)


def test_a_server_that_makes_no_sense_is_a_panic(c_test: CTest) -> None:
    sentence = "panic: the volume at /data cannot be mounted"
    with pytest.raises(pytest.fail.Exception, match=sentence):
        c_test("ninep", SOURCES, "liar")
