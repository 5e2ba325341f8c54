"""A service that draws numbers at its import and later."""

import os
import random
import secrets
import sqlite3
import ssl
import tempfile
import uuid

from meshkernel import after_seal, before_seal, on_start, rpc

own = random.Random()
chosen = random.Random(5)
database = sqlite3.connect(":memory:")
told = {"import": "this", "environment": os.environ["COLOUR"]}


def drawn() -> list[str]:
    in_sql = database.execute("select random()").fetchone()[0]
    numbers = [random.random(), random.gauss(0, 1), own.random(), own.gauss(0, 1), in_sql]
    name = next(tempfile._get_candidate_names())
    ids = [uuid.uuid1().node, uuid.uuid4(), secrets.token_hex(), ssl.RAND_bytes(8).hex(), name]
    return [str(each) for each in numbers + ids]


at_import = drawn()  # so that every generator has a state


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
    return drawn()


@rpc
async def given() -> float:
    return chosen.random()


@rpc
async def known() -> dict[str, str]:
    return told
