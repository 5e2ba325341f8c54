"""What a machine tells of its seal, read with suspicion."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from meshkernel.image import seal as seals
from meshkernel.image.seal import HEADER, PROCESSOR, RANGE, Range, Seal, SealError

HEADERS = Path(seals.__file__).parents[1] / "libos" / "abi" / "seal.h"
FEATURES = tuple(range(9))


def payload(
    *ranges: tuple[int, int], version: int = 1, count: int | None = None, entry: int = 0x100000
) -> bytes:
    processor = PROCESSOR.pack(b"AuthenticAMD", 832, 7, *FEATURES, 0)
    header = HEADER.pack(version, len(ranges) if count is None else count, entry)
    return header + processor + b"".join(RANGE.pack(*each) for each in ranges)


def test_a_seal() -> None:
    seal = Seal.decode(payload((0x100000, 0x300000), (0x300000, 0x301000)))
    assert seal.entry == 0x100000
    assert seal.ranges == (Range(0x100000, 0x300000), Range(0x300000, 0x301000))
    assert seal.processor.vendor == "AuthenticAMD"
    assert seal.processor.features == FEATURES
    assert (seal.processor.extended_features, seal.processor.extended_size) == (7, 832)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (payload((0x100000, 0x300000), version=2), "version 2"),
        (payload(), "0 ranges"),
        (payload((0x100000, 0x300000), count=37), "37 ranges"),
        (payload((0x100000, 0x300000), count=2), "2 ranges in 16 bytes"),
        (payload((0x100000, 0x300001)), "to 0x300001"),
        (payload((0x100010, 0x300000)), "from 0x100010"),
        (payload((0x300000, 0x300000)), "from 0x300000"),
        (payload((0x100000, 0x300000), (0x200000, 0x400000)), "from 0x200000"),
        (payload((0x200000, 0x300000)), "the entry 0x100000 is not in the memory"),
        (payload((0x100000, 0x300000))[:40], "a seal of 40 bytes"),
        (b"", "a seal of 0 bytes"),
    ],
)
def test_what_cannot_be_true(data: bytes, what: str) -> None:
    with pytest.raises(SealError, match=re.escape(what)):
        Seal.decode(data)


def test_the_format_is_that_of_the_library_os() -> None:
    text = HEADERS.read_text()
    values = dict(re.findall(r"#define SEAL_(\w+) (\d+)", text))
    assert int(values["VERSION"]) == seals.VERSION
    assert int(values["RANGES_MAX"]) == seals.RANGES_MAX
    assert int(values["FEATURES"]) == len(FEATURES)
    assert struct.calcsize(PROCESSOR.format) == 12 + 4 + 8 + 9 * 4 + 4
