"""Extension modules and foreign functions."""

from __future__ import annotations

import ctypes
import ctypes.util
import faulthandler
import io
import lzma
import ssl
import sys
import time
import zoneinfo

import msgpack

library = ctypes.CDLL(None)
library.strlen.argtypes = [ctypes.c_char_p]
print(library.strlen(b"twelve chars"), library.abs(-5), library.toupper(97))
values = (ctypes.c_int * 5)(5, 3, 1, 4, 2)
CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int)
)
library.qsort(values, 5, 4, CALLBACK(lambda a, b: a[0] - b[0]))
print(list(values))
print(msgpack.unpackb(msgpack.packb({"a": [1, b"x", None]})), msgpack.version > (1, 0))
print(ssl.OPENSSL_VERSION.split()[0], ssl.create_default_context().verify_mode)
print(lzma.decompress(lzma.compress(b"z" * 5000)) == b"z" * 5000)
print(faulthandler.is_enabled(), sys.getrefcount(object()))
print(type(zoneinfo.ZoneInfo).__name__, time.strftime("%Y", time.gmtime(0)))
print(io.TextIOWrapper(io.BytesIO(b"\xc3\xbc"), "utf-8").read())
