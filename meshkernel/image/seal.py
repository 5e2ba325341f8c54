"""What a sealed machine tells of its memory: ``struct seal`` of ``libos/abi/seal.h``."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from attrs import frozen

VERSION = 1
PAGE = 4096
RANGES_MAX = 36

HEADER = struct.Struct("<IIQ")
PROCESSOR = struct.Struct("<12sIQ9II")
RANGE = struct.Struct("<QQ")


class SealError(ValueError):
    """The library OS told of its memory what cannot be true."""


@frozen
class Processor:
    """What a processor must have to go on with the memory.

    Attributes:
        vendor: as CPUID says it.
        features: words of CPUID, in the order of ``libos/seal/processor.c``.
        extended_features: XCR0.
        extended_size: bytes of the extended state of a thread.
    """

    vendor: str
    features: tuple[int, ...]
    extended_features: int
    extended_size: int


@frozen
class Range:
    """Physical memory from ``start`` up to ``end``, in whole pages."""

    start: int
    end: int


@frozen
class Seal:
    """The seal of a machine.

    Attributes:
        entry: the physical address where PVH enters it.
        ranges: the memory that is in use, ascending; all else reads as zeros.
        processor: of the machine.
    """

    entry: int
    ranges: tuple[Range, ...]
    processor: Processor

    @classmethod
    def decode(cls, payload: bytes) -> Seal:
        """Reads the payload of ``CONTROL_SEALED``.

        Raises:
            SealError: it is of another version, or its ranges make no sense.
        """
        try:
            version, count, entry = HEADER.unpack_from(payload)
            if version != VERSION or not 0 < count <= RANGES_MAX:
                raise SealError(f"a seal of version {version} with {count} ranges")
            vendor, size, extended, *features, _ = PROCESSOR.unpack_from(payload, HEADER.size)
            ranges = tuple(_ranges(payload[HEADER.size + PROCESSOR.size :], count))
        except struct.error as error:
            raise SealError(f"a seal of {len(payload)} bytes") from error
        if not any(each.start <= entry < each.end for each in ranges):
            raise SealError(f"the entry {entry:#x} is not in the memory")
        processor = Processor(vendor.decode("latin-1"), tuple(features), extended, size)
        return cls(entry, ranges, processor)


def _ranges(data: bytes, count: int) -> Iterator[Range]:
    if len(data) != count * RANGE.size:
        raise SealError(f"{count} ranges in {len(data)} bytes")
    behind = 0
    for start, end in RANGE.iter_unpack(data):
        if start % PAGE or end % PAGE or not behind <= start < end:
            raise SealError(f"the range from {start:#x} to {end:#x}")
        behind = end
        yield Range(start, end)
