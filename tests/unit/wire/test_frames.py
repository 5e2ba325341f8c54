"""Streams of bytes cut into frames, however they arrive."""

from __future__ import annotations

import pytest

from meshkernel.wire.frames import CALL, RESULT, FrameParser, encode

STREAM = encode(7, CALL, b"first") + encode(8, RESULT, b"") + encode(2**32 - 1, CALL, b"x" * 300)
FRAMES = [(7, CALL, b"first"), (8, RESULT, b""), (2**32 - 1, CALL, b"x" * 300)]


@pytest.mark.parametrize("step", [1, 2, 8, 9, 10, 14, 23, 100, 1000])
def test_frames_do_not_depend_on_how_they_arrive(step: int) -> None:
    parser = FrameParser()
    found = []
    for start in range(0, len(STREAM), step):
        found += parser.feed(STREAM[start : start + step])
    assert found == FRAMES


@pytest.mark.parametrize("step", [1, 7, 50, 10_000])
def test_a_payload_that_is_too_large_is_told_at_once_and_passed_over(step: int) -> None:
    stream = encode(1, CALL, b"a" * 101) + encode(2, CALL, b"b" * 100)
    parser = FrameParser(limit=100)
    found = []
    for start in range(0, len(stream), step):
        found += parser.feed(stream[start : start + step])
        assert len(parser._buffer) <= 100 + 9
    assert found == [(1, CALL, None), (2, CALL, b"b" * 100)]


def test_the_header_is_big_endian_length_identifier_kind() -> None:
    assert encode(0x01020304, 5, b"ab") == b"\0\0\0\2\1\2\3\4\5ab"
