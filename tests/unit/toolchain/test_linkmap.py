"""Sizes of libraries from the linker's map."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from meshkernel.toolchain.linkmap import LibrarySize, inputs, sizes

MAP = """
Discarded input sections

 .text.dead     0x0000000000000000       0x99 /o/a.o

Memory Configuration

Name             Origin             Length             Attributes
*default*        0x0000000000000000 0xffffffffffffffff

Linker script and memory map

                0xffffffff80100000                kernel_start = .

.text           0xffffffff80100000       0x30
 *(.text.boot)
 .text.boot     0xffffffff80100000       0x10 /o/a.o
                0xffffffff80100000                pvh_entry
 *fill*         0xffffffff80100010        0x4
 .text.a_function_with_a_long_name
                0xffffffff80100014       0x1c /o/b.o

.rodata         0xffffffff80101000        0x8
 .rodata.str1.1
                0xffffffff80101000        0x8 /o/a.o
                                          0xc (size before relaxing)

.bss            0xffffffff80102000       0x40
 .bss.page_aligned
                0xffffffff80102000       0x40 /o/b.o

.debug_info     0x0000000000000000     0x1000
 .debug_info    0x0000000000000000     0x1000 /o/b.o
"""


def test_a_map_is_read() -> None:
    assert list(inputs(MAP))[:3] == [
        (".text", 0x10, "/o/a.o"),
        (".text", 0x1C, "/o/b.o"),
        (".rodata", 8, "/o/a.o"),
    ]
    owners = {"/o/a.o": "core", "/o/b.o": "net", "/o/c.o": "fs"}
    assert sizes(MAP, owners) == {
        "core": LibrarySize(0x18, 0),
        "fs": LibrarySize(0, 0),
        "net": LibrarySize(0x1C, 0x40),
    }


@pytest.mark.skipif(shutil.which("ld") is None, reason="no linker")
def test_a_map_that_this_linker_writes(tmp_path: Path) -> None:
    source = """
char kept[1000] = {1}; char zeroed[500]; char dropped[2000] = {1};
const volatile char constant[300] = {2};
int _start(void) { return kept[0] + zeroed[0] + constant[1]; }
"""
    (tmp_path / "a.c").write_text(source)
    flags = ["-O0", "-ffreestanding", "-fdata-sections", "-ffunction-sections", "-fno-pic"]
    subprocess.run(["cc", *flags, "-c", "a.c"], cwd=tmp_path, check=True)
    command = ["ld", "--gc-sections", "-static", tmp_path / "a.o", "-Map=map", "-o", "out"]
    subprocess.run(command, cwd=tmp_path, check=True)
    found = sizes((tmp_path / "map").read_text(), {str(tmp_path / "a.o"): "it"})["it"]
    assert 1300 < found.bytes < 1500
    assert 500 <= found.zeroed < 520
