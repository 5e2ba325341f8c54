"""Frames of the control channel."""

from __future__ import annotations

import pytest

from meshkernel.machine.control import PAYLOAD_MAX, ControlError, Decoder, Frame


@pytest.mark.parametrize("step", [1, 3, 7, 100])
def test_frames_survive_any_cut(step: int) -> None:
    frames = [Frame(1, b"hello"), Frame(4, b""), Frame(2, b"x" * 20)]
    stream = b"".join(frame.encode() for frame in frames)
    decoder = Decoder()
    parts = [stream[start : start + step] for start in range(0, len(stream), step)]
    assert [frame for part in parts for frame in decoder.feed(part)] == frames


def test_large_frames_are_refused() -> None:
    with pytest.raises(ControlError):
        list(Decoder().feed((PAYLOAD_MAX + 1).to_bytes(4, "little") + bytes(4)))
    with pytest.raises(ControlError):
        Frame(1, bytes(PAYLOAD_MAX + 1)).encode()
