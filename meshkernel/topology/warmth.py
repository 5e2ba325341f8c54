"""``warm`` and ``reseal``: whether a service's image is sealed, and how long a seal is good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshkernel.topology.faults import Faults, nearest
from meshkernel.topology.positions import KeyPath

WARM = True
"""Where nothing is said."""

PERIODS = {"hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0}
"""Seconds for which a seal is good."""


def read_warmth(
    table: Mapping[str, Any], path: KeyPath, faults: Faults
) -> tuple[bool, float | None]:
    """Whether the image is sealed, and the seconds after which it is sealed anew, if ever."""
    warm = faults.typed(table, path, "warm", bool, "warm = false")
    warm = WARM if warm is None else warm
    period = faults.typed(table, path, "reseal", str, '"daily"')
    if period is None:
        return warm, None
    if period not in PERIODS:
        faults.add((*path, "reseal"), f"{period!r} is no period", nearest(period, PERIODS))
    elif table.get("warm") is False:
        what = "an image that boots cold has no seal"
        faults.add((*path, "reseal"), what, "leave out one of the two")
    return warm, PERIODS.get(period)
