"""Which tests one worker of pytest-xdist runs, one after the other: those that share something."""

from __future__ import annotations

import re
from pathlib import PurePath

from xdist.scheduler import LoadScopeScheduling

from tests.folders import KINDS


class Together(LoadScopeScheduling):
    """Gives the workers groups of tests, in their order."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def together(nodeid: str) -> str:
    """What is the same for all tests of a group: their file, as its fixtures are made once, and
    the kind of images, as those of the other kind have a mesh of their own. The files of a folder
    below ``tests/mesh`` share a mesh.
    """
    file, _, name = nodeid.partition("::")
    path = PurePath(file)
    if path.parts[:2] == ("tests", "mesh") and len(path.parts) > 3:
        path = path.parent
    found = re.search(rf"[\[-]({'|'.join(KINDS)})[\]-]", name)
    return f"{path} {found[1]}" if found else str(path)
