"""Which libraries the library OS of a service is made of, and why."""

from meshkernel.config.selection.code import OPAQUE, Code
from meshkernel.config.selection.needs import Needs
from meshkernel.config.selection.needs import load as load_needs
from meshkernel.config.selection.profile import Profile
from meshkernel.config.selection.resolver import Chosen, Want, chain, resolve
from meshkernel.config.selection.selection import (
    Selection,
    check_wishes,
    everything,
    select,
    wanted,
    wanted_by,
)
from meshkernel.config.selection.wants import exposed, mounted, noted, service_facts

__all__ = [
    "OPAQUE",
    "Chosen",
    "Code",
    "Needs",
    "Profile",
    "Selection",
    "Want",
    "chain",
    "check_wishes",
    "everything",
    "exposed",
    "load_needs",
    "mounted",
    "noted",
    "resolve",
    "select",
    "service_facts",
    "wanted",
    "wanted_by",
]
