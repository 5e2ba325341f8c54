"""Projects of meshes, each in a folder of its own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.folders import BUILD, share_cache

HERE = Path(__file__).parent

collect_ignore = ["selected"]  # its tests are run by others


def copied(name, source="echo", images=None):
    """A project in a folder of its own, which keeps what is compiled where all keep it. Its
    services boot images of this kind (``warm`` or ``cold``); where none is said it is for programs
    that are no services.
    """
    project = BUILD / "tests" / (name if images is None else f"{name}-{images}")
    project.mkdir(parents=True, exist_ok=True)
    for file in (HERE / source).glob("*.*"):
        target = project / file.name
        if file.suffix == ".toml":
            text = of_kind(file.read_text(), images)
            if not target.exists() or target.read_text() != text:
                target.write_text(text)
        elif not target.exists() or target.read_bytes() != file.read_bytes():
            shutil.copyfile(file, target)
    (project / "build").mkdir(exist_ok=True)
    share_cache(project / "build")
    return project


def of_kind(topology, images):
    """A topology that says of each service how it boots, where it does not say so itself."""
    if images is None or "warm =" in topology:
        return topology
    warm = f"warm = {'true' if images == 'warm' else 'false'}"
    return re.sub(r"(?m)^(\[services\.[^.\]]+\])$", rf"\1\n{warm}", topology)
