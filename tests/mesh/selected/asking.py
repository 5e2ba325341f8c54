"""Makes links, which its code says, and calls another service, which its topology says."""

from __future__ import annotations

from pathlib import Path

from meshkernel import link, rpc

plain = link("plain")


@rpc
def make_link(target: str, path: str) -> str:
    Path(path).symlink_to(target)
    return str(Path(path).readlink())


@rpc
async def quadruple(value: int) -> int:
    return 2 * int(await plain.double(value=value))
