"""Plan to files: each service's library-OS configuration, boot configuration, machine.

``render`` is pure; ``write_files`` writes only what differs.
"""

from meshkernel.config.files import File, write_files
from meshkernel.config.libos import Library, LibrarySources
from meshkernel.config.machine import MachineValues, VolumeValues
from meshkernel.config.rendering import (
    Headers,
    boot_configuration,
    headers,
    machine_arguments,
    profile_text,
    render,
    render_service,
    sealing_configuration,
)

__all__ = [
    "File",
    "Headers",
    "Library",
    "LibrarySources",
    "MachineValues",
    "VolumeValues",
    "boot_configuration",
    "headers",
    "machine_arguments",
    "profile_text",
    "render",
    "render_service",
    "sealing_configuration",
    "write_files",
]
