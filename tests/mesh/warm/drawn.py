"""A service that draws numbers at its import and later."""

import os
import random
import secrets

from meshkernel import after_seal, before_seal, on_start, rpc

own = random.Random()
told = {"import": "this", "environment": os.environ["COLOUR"]}


@before_seal
async def before() -> None:
    told["before"] = "seal"


@after_seal
def after() -> None:
    told["after"] = os.environ["KEY"]


@on_start
async def start() -> None:
    told["start"] = "last"


@rpc
async def draw() -> list[str]:
    return [secrets.token_hex(), str(random.random()), str(own.random())]


@rpc
async def known() -> dict[str, str]:
    return told
