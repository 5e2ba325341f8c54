"""Who may book: names and salted scrypt digests (RFC 7914), never passwords."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading

from attrs import frozen

from meshkernel import rpc

COST, BLOCK_SIZE, PARALLELISM = 1 << 14, 8, 1  # 16 MiB for each digest
SALT_BYTES = 16
SHORTEST_PASSWORD = 8

_log = logging.getLogger("users")


@frozen
class _Credential:
    salt: bytes
    digest: bytes


_credentials: dict[str, _Credential] = {}
_nobody = _Credential(salt=bytes(SALT_BYTES), digest=b"")


# One at a time: there is one CPU, and only so much memory, however many ask.
_turn = threading.Lock()


def _digest(password: str, salt: bytes) -> bytes:
    with _turn:
        return hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK_SIZE, p=PARALLELISM)


# Plain functions: the runtime runs them in a thread, so that a digest holds up no other call.
@rpc
def register(name: str, password: str) -> None:
    """Add a user; refuses a name that is taken and a password that is too short."""
    if not name:
        raise ValueError("a user needs a name")
    if len(password) < SHORTEST_PASSWORD:
        raise ValueError(f"a password has at least {SHORTEST_PASSWORD} characters")
    salt = os.urandom(SALT_BYTES)
    credential = _Credential(salt, _digest(password, salt))
    if _credentials.setdefault(name, credential) is not credential:
        raise ValueError(f"the name {name!r} is taken")
    _log.info("registered %s", name)


@rpc
def check(name: str, password: str) -> bool:
    """Whether the password is the user's; takes as long for a name that is not there."""
    credential = _credentials.get(name, _nobody)
    return hmac.compare_digest(_digest(password, credential.salt), credential.digest)
