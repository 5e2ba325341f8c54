"""Tests against a whole mesh: the pytest plugin and what its ``mesh`` fixture offers.

``running_mesh`` is for fixtures of one's own, as for a second topology.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from meshkernel.testing.mesh import MeshUnderTest
    from meshkernel.testing.running import running_mesh
    from meshkernel.testing.service import ServiceUnderTest

__all__ = ["MeshUnderTest", "ServiceUnderTest", "running_mesh"]

_MODULES = {"MeshUnderTest": "mesh", "ServiceUnderTest": "service", "running_mesh": "running"}


def __getattr__(name: str) -> Any:
    """Import what is asked for: pytest loads the plugin for every project, used or not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
