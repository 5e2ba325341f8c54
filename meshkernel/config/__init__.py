"""Plan to files: each service's library-OS configuration and boot configuration.

``render`` is pure; ``write_files`` writes only what differs.
"""

from meshkernel.config.files import File, write_files
from meshkernel.config.libos import Library, LibrarySources, select_libraries
from meshkernel.config.rendering import headers, render, render_service

__all__ = [
    "File",
    "Library",
    "LibrarySources",
    "headers",
    "render",
    "render_service",
    "select_libraries",
    "write_files",
]
