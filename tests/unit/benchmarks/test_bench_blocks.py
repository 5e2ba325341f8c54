"""Which block was translated for whom: QEMU's log, the sealed memory, and code objects in it."""

from __future__ import annotations

import ctypes
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.blocks.__main__ import by_phase, most, report
from benchmarks.blocks.code import OBJECT_TYPE, Codes
from benchmarks.blocks.log import Executed, Translated, entries
from benchmarks.blocks.memory import PAGE, Memory
from benchmarks.blocks.origins import KERNEL, Origins
from benchmarks.blocks.telling import PHASES, Block, Phases, blocks, register_of

REGISTERS = """\
RAX={0:016x} RBX={1:016x} RCX=0000000000000003 RDX=0000000000000004
RSI=0000000000000005 RDI=0000000000000006 RBP=0000000000000007 RSP=0000000000000008
R8 =0000000000000009 R9 =000000000000000a R10=000000000000000b R11=000000000000000c
R12=000000000000000d R13=000000000000000e R14={14:016x} R15=0000000000000010
RIP={rip:016x} RFL=00000086 [--S--P-] CPL=0 II=0 A20=1 SMM=0 HLT=0
ES =0010 0000000000000000 ffffffff 00cf9300 DPL=0 DS   [-WA]
"""


def executed(address: int, **registers: int) -> str:
    values = [registers.get(f"r{number}", number + 1) for number in range(16)]
    return REGISTERS.format(*values, rip=address)


def translated(address: int, symbol: str = "") -> str:
    return f"----------------\nIN: {symbol}\n0x{address:08x}:  e9 8d ff   jmp 0xff80\n\n"


def test_the_log_tells_new_blocks_and_the_registers_before_each(tmp_path: Path) -> None:
    log = tmp_path / "log"
    sixteen_bits = "EAX=00000000 EBX=00000000\nEIP=0000fff0 EFL=00000002\n"
    log.write_text(
        translated(0xFFFFFFF0)
        + sixteen_bits
        + translated(KERNEL + 0x10, "entry")
        + executed(KERNEL + 0x10, r14=0x1234)
    )
    first, second, third = entries(log)
    assert first == Translated(0xFFFFFFF0, log.read_text().index("IN:"))
    assert isinstance(second, Translated)
    assert second.address == KERNEL + 0x10
    assert isinstance(third, Executed)
    assert (third.address, third.registers[14], third.registers[3]) == (KERNEL + 16, 0x1234, 4)


def test_phases_follow_the_addresses_and_then_the_size_of_the_log() -> None:
    phases = Phases((100, 200, 300, 400))
    steps = [(0xFFF0, 1), (0x100000, 2), (KERNEL, 3), (KERNEL + 9, 4), (0x7F0000000000, 5)]
    steps += [(KERNEL, 99), (KERNEL, 101), (5, 250), (5, 301), (5, 999)]
    found = [phases.at(Translated(address, offset)) for address, offset in steps]
    assert found == [PHASES[n] for n in (0, 0, 1, 1, 2, 2, 3, 4, 5, 5)]


def test_a_block_belongs_to_the_line_that_the_interpreter_was_at() -> None:
    def at(address: int, code: int) -> Executed:
        return Executed(address, executed(address, r14=code).encode())

    log = [
        Translated(KERNEL, 1),
        Translated(0x5000, 2),
        at(0x5000, 0),
        at(0x9000, 77),  # not in the evaluation
        at(0x5008, 40),
        Translated(0x6000, 3),
        at(0x5010, 41),
        Translated(0x7000, 4),
    ]
    places = {40: ("a.py:f", 1), 41: ("a.py:g", 2)}

    def evaluates(address: int) -> bool:
        return 0x5000 <= address < 0x6000

    assert register_of(log, evaluates, places.__contains__) == 14
    found = list(blocks(log, (9, 9, 9, 9), evaluates, 14, places.get))
    assert [(each.python, each.line) for each in found] == [
        ("", 0),
        ("", 0),
        ("a.py:f", 1),
        ("a.py:g", 2),
    ]


def test_memory_is_read_through_its_page_tables(tmp_path: Path) -> None:
    ram = tmp_path / "image.ram"
    address = 0x7F12_3456_7000
    pages = [bytearray(PAGE) for _ in range(7)]
    for level, table in zip((3, 2, 1, 0), (1, 2, 3, 4), strict=True):
        entry = 8 * (address >> (12 + 9 * level) & 511)
        struct.pack_into("<Q", pages[table], entry, (table + 1) * PAGE | 1)
    struct.pack_into("<Q", pages[4], 8 * ((address >> 12 & 511) + 1), 6 * PAGE | 1 | 1 << 63)
    struct.pack_into("<Q", pages[1], 8 * 511, 2 * PAGE | 1)  # the library OS's half
    pages[5][-4:], pages[6][:4] = b"\x01\x02\x03\x04", b"\x05\x06\x07\x08"
    pages[6][16:24] = (0x1122334455667788).to_bytes(8, "little")
    ram.write_bytes(b"".join(pages))
    memory = Memory.of(ram, PAGE | 0x18)
    assert sorted(memory.pages) == [address, address + PAGE]
    assert memory.word(address + PAGE - 4) == 0x0807060504030201
    assert list(memory.find(0x1122334455667788)) == [address + PAGE + 16]


def sample(value: int) -> int:
    doubled = value * 2
    return doubled + 1


class Own:
    """The memory of this process, in which two places look like code objects."""

    def __init__(self) -> None:
        self._false = ctypes.create_string_buffer(b"\xff" * 512)

    def read(self, address: int, size: int) -> bytes:
        return ctypes.string_at(address, size)

    def word(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def find(self, word: int) -> Iterator[int]:
        yield id(sample.__code__) + OBJECT_TYPE
        yield ctypes.addressof(self._false)


def test_code_objects_are_found_with_their_lines() -> None:
    codes = Codes.of(Own(), 0)  # type: ignore[arg-type]
    code = sample.__code__
    start = id(code) + ctypes.string_at(id(code), 512).index(code._co_code_adaptive)  # type: ignore[attr-defined]
    first = code.co_firstlineno
    lines = [codes.place(start + at) for at in range(0, len(code.co_code), 2)]
    assert {line for _, line in filter(None, lines)} == {first, first + 1, first + 2}
    assert lines[-1] == (f"{code.co_filename}:sample", first + 2)
    assert codes.place(start - 1) is None
    assert codes.place(start + len(code.co_code)) is None


def test_reports_add_up() -> None:
    origins = Origins()
    found = [
        Block(PHASES[0], 0xFFF0, "", 0),
        Block(PHASES[1], KERNEL, "", 0),
        Block(PHASES[2], KERNEL + 1, "a.py:f", 3),
    ]
    counts = by_phase(found, origins)
    assert counts["to ready"] == Counter({"library OS": 1})
    cells = [list(column.cells) for column in report("echo", counts).columns]
    assert [column[-1] for column in cells] == ["in all", "1", "1", "1", "0", "0", "0", "3"]
    assert dict(zip(cells[0], cells[-1], strict=True)) == {
        "library OS": "2",
        "firmware": "1",
        "in all": "3",
    }
    shown = most("function", Counter({"f": 3, "g": 1}), 1)
    assert [list(column.cells) for column in shown.columns] == [["3"], ["f"]]
