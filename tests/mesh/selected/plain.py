"""Computes; and, if told so at run time, makes calls of which its code does not say anything."""

from __future__ import annotations

import importlib
from typing import Any

from meshkernel import rpc


@rpc
async def double(value: int) -> int:
    return 2 * value


@rpc
async def do(module: str, name: str, arguments: list[Any]) -> str:
    function = getattr(importlib.import_module(module), name)
    return repr(function(*arguments))
