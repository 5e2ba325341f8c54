"""Validation and serialisation in Rust."""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import pathlib
import uuid
from typing import Annotated, Literal

import pydantic
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator
from pydantic_core import _pydantic_core


class Colour(enum.Enum):
    red = "red"
    blue = "blue"


class Item(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=10, pattern="^[a-z]+$")]
    price: decimal.Decimal = Field(gt=0, decimal_places=2)
    made: datetime.datetime
    id: uuid.UUID
    colour: Colour = Colour.red
    address: ipaddress.IPv4Address | None = None
    folder: pathlib.PurePosixPath = pathlib.PurePosixPath("/")
    lasts: datetime.timedelta = datetime.timedelta(0)

    @field_validator("name")
    @classmethod
    def not_rude(cls, value: str) -> str:
        if value == "rude":
            raise ValueError("not that")
        return value


class Order(BaseModel):
    kind: Literal["order"]
    items: list[Item] = Field(min_length=1)
    notes: dict[str, int | float | bool] = {}


GOOD = (
    '{"kind": "order", "notes": {"a": 1, "b": 2.5}, "items": [{"name": "apple", "price": "1.20",'
    ' "made": "2024-02-29T12:00:00+02:00", "id": "12345678123456781234567812345678",'
    ' "colour": "blue", "address": "10.0.0.1", "folder": "/a/b", "lasts": "P1DT2H"}]}'
)
BAD = (
    '{"kind": "other", "items": [{"name": "Rude!", "price": "-1.234", "made": "2023-02-29",'
    ' "id": "x", "colour": "green", "address": "10.0.0.256"}]}'
)

print(
    pathlib.PurePath(_pydantic_core.__file__).suffix, type(Order.__pydantic_validator__).__module__
)
order = Order.model_validate_json(GOOD)
print(order)
print(order.model_dump_json())
print(Order.model_validate(order.model_dump()) == order)
for text in (BAD, "{", '{"kind": "order", "items": []}'):
    try:
        Order.model_validate_json(text)
    except ValidationError as error:
        print(error.error_count())
        for each in error.errors(include_url=False):
            print(each["type"], each["loc"], each["msg"])
print(TypeAdapter(dict[str, list[pydantic.PositiveInt]]).validate_python({"a": ["1", 2]}))
print(sorted(Order.model_json_schema()["$defs"]))
print(TypeAdapter(pydantic.HttpUrl).validate_python("http://ex-ä.org/p?q=1"))
print(TypeAdapter(list[datetime.date]).validate_json('["2024-02-29", 0]'))
print(
    TypeAdapter(complex).validate_python("1+2j"),
    TypeAdapter(pydantic.SecretStr).validate_python("s"),
)
