"""JSON in Rust."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import uuid
import zoneinfo

import numpy as np
import orjson


@dataclasses.dataclass
class Point:
    x: int
    y: float


class Colour(enum.Enum):
    red = "r"


print(orjson.dumps.__module__, type(orjson.dumps).__name__, orjson.orjson.__file__.endswith(".so"))
value = {
    "text": 'grüße \u20ac \U0001f600 \n"',
    "numbers": [0, -1, 2**63 - 1, 1.5, 1e300, 0.1],
    "deep": {"list": [[], {}, None, True, False]},
    "long": ["word " * 50] * 100,
}
print(orjson.loads(orjson.dumps(value)) == value, json.loads(orjson.dumps(value)) == value)
print(orjson.dumps([Point(1, 2.5), Colour.red, uuid.UUID(int=7)]))
when = datetime.datetime(2024, 2, 29, 12, 0, 1, 5, zoneinfo.ZoneInfo("Europe/Berlin"))
print(orjson.dumps([when, when.date(), when.time().replace(tzinfo=None)]))
print(orjson.dumps({"b": 1, "a": 2}, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2).decode())
array = np.arange(6, dtype=np.float64).reshape(2, 3)
print(orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY))
for text in (b"[1,", b'{"a": tru}', b'"\xff"'):
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        print(error)
try:
    orjson.dumps(object())
except orjson.JSONEncodeError as error:
    print(error)
