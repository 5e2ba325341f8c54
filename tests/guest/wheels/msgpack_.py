"""msgpack's part in C."""

from __future__ import annotations

import datetime

import msgpack
from msgpack import _cmsgpack

print(msgpack.Packer is _cmsgpack.Packer, msgpack.Unpacker is _cmsgpack.Unpacker)
print(_cmsgpack.__file__.endswith(".so"))
value = {"a": [1, -(2**63), 2**64 - 1, 1.5, None, True], "b": b"\x00" * 70_000, "c": "ü" * 300}
print(msgpack.unpackb(msgpack.packb(value)) == value)
when = datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)
print(msgpack.unpackb(msgpack.packb(when, datetime=True), timestamp=3))
print(
    msgpack.packb(msgpack.ExtType(5, b"xy")),
    msgpack.unpackb(msgpack.packb(msgpack.Timestamp(1, 2))),
)
unpacker = msgpack.Unpacker()
stream = b"".join(msgpack.packb(number * 1000) for number in range(100))
got = []
for at in range(0, len(stream), 7):
    unpacker.feed(stream[at : at + 7])
    got += list(unpacker)
print(got == [number * 1000 for number in range(100)])
for wrong in (b"\xc1", b"\x93\x01", b"\xdd\xff\xff\xff\xff"):
    try:
        msgpack.unpackb(wrong)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        print(type(error).__name__, error)
try:
    msgpack.packb(object())
except TypeError as error:
    print(str(error).split("object at")[0])
