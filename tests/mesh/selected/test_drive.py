"""Drives the mesh, for a profile: `meshkernel profile asking --tests test_drive.py`."""

from __future__ import annotations


async def test_both_functions(mesh):
    assert await mesh.call("asking.remember", text="a") == "a"
    assert await mesh.call("asking.quadruple", value=3) == 12
