"""What the files of a program are found by, beside what is its own.

Apart from what makes the files: where nothing has changed, that is not even imported.
"""

from __future__ import annotations

import sys
from pathlib import Path

from meshkernel.config import LibrarySources
from meshkernel.config.selection import load_needs, noted
from meshkernel.image import files, images
from meshkernel.image.paths import search_path


def words(sources: LibrarySources) -> frozenset[str]:
    """The names in code that say something about what it needs."""
    return noted(load_needs(), sources.libraries)


def common_key(sources: LibrarySources) -> str:
    """What the files of every program depend on."""
    return files.key_of(
        images.FORMAT,
        sys.version,
        str(Path(sys.executable).resolve()),
        *search_path(),
        *sorted(words(sources)),
    )
