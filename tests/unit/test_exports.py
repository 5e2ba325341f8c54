"""The public names, each on purpose."""

from __future__ import annotations

import meshkernel


def test_the_public_names_are_these() -> None:
    assert meshkernel.__all__ == [
        "CallError",
        "DeadlineExceeded",
        "LinkError",
        "MayHaveRun",
        "MeshkernelError",
        "NotDelivered",
        "RemoteError",
        "after_seal",
        "before_seal",
        "bind_links",
        "every",
        "link",
        "on_start",
        "on_stop",
        "rpc",
        "shared_error",
    ]


def test_every_public_name_is_there_and_documented() -> None:
    for name in meshkernel.__all__:
        assert getattr(meshkernel, name).__doc__, name
