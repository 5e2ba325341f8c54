"""The language and the standard library's work on values."""

from __future__ import annotations

import datetime
import decimal
import hashlib
import hmac
import itertools
import json
import math
import os
import re
import secrets
import struct
import sys
import zlib

from attrs import frozen


@frozen
class Point:
    x: int
    y: float


print("hello", sys.version_info[:2], sys.byteorder, sys.platform, sys.argv)
print(json.dumps({"b": [1, 2.5, None, True, "\u00e9"], "a": {}}, sort_keys=True))
print(json.loads('{"deep": [[[["x"]]]], "big": 123456789012345678901234567890}'))
print(re.sub(r"(\w+)@(\w+)", r"\2 at \1", "user@host other@place"))
print(datetime.datetime(2024, 2, 29, 12, 30, tzinfo=datetime.UTC).isoformat())
print(datetime.date(2024, 3, 1) - datetime.timedelta(days=1))
print(struct.pack("<IhQ", 1, -2, 3).hex(), struct.unpack(">d", struct.pack(">d", math.pi)))
print(decimal.Decimal(1) / decimal.Decimal(7), 2**200, f"{math.e:.10f}", round(2.675, 2))
for name in ("md5", "sha1", "sha256", "sha512", "sha3_256", "blake2b"):
    print(name, hashlib.new(name, b"meshkernel").hexdigest())
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 100).hex())
print(hashlib.scrypt(b"password", salt=b"salt", n=16, r=8, p=1, dklen=16).hex())
print(hmac.new(b"key", b"message", "sha256").hexdigest())
print(zlib.crc32(b"meshkernel"), zlib.decompress(zlib.compress(b"x" * 1000)) == b"x" * 1000)
print(Point(1, 2.0), sorted(itertools.permutations("abc"))[-1])
print(len(secrets.token_bytes(32)), secrets.token_hex() != secrets.token_hex())
print(len(os.urandom(16)), os.urandom(16) != os.urandom(16), os.cpu_count() is not None)
print(os.environ["PYTHONUTF8"], os.getpid() > 0, os.sep, sys.stdout.encoding)
print("umlaut \u00fc, emoji \U0001f600", file=sys.stderr, flush=True)
print(sum(i * i for i in range(100_000)), "".join(chr(97 + i % 26) for i in range(60)))
