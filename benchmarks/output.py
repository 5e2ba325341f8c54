"""What a benchmark leaves in build/benchmarks/: samples as JSON, and a picture of the medians."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from meshkernel.toolchain import tools

OUT = Path("build/benchmarks")
MIB = 1 << 20


def surroundings() -> dict[str, Any]:
    """What figures depend on, to be kept beside them."""
    load, *_ = os.getloadavg()
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "python": platform.python_version(),
        "qemu": tools.qemu().banner,
        "processors": len(os.sched_getaffinity(0)),
        "load": load,
    }


def save(name: str, figures: Mapping[str, Any]) -> Path:
    """Writes ``build/benchmarks/NAME.json``."""
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.json"
    path.write_text(json.dumps({"surroundings": surroundings(), **figures}, indent=1) + "\n")
    return path


def bars(
    name: str,
    title: str,
    unit: str,
    groups: Mapping[str, Mapping[str, float | None]],
    *,
    logarithmic: bool = False,
) -> Path:
    """Draws ``build/benchmarks/NAME.svg``: a group of bars for each subject, a bar for each way.

    Args:
        groups: the value of each way, by the name of the group; None where there is none.
        logarithmic: where values differ by more than a few times.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - only who draws has it

    ways = list(dict.fromkeys(way for values in groups.values() for way in values))
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / len(ways)
    for number, way in enumerate(ways):
        heights = [values.get(way) or 0 for values in groups.values()]
        places = [group + (number - (len(ways) - 1) / 2) * width for group in range(len(groups))]
        drawn = axes.bar(places, heights, width, label=way)
        axes.bar_label(drawn, labels=[f"{height:,.0f}" if height else "" for height in heights])
    axes.set_xticks(range(len(groups)), list(groups))
    axes.set(title=title, ylabel=unit, yscale="log" if logarithmic else "linear")
    axes.legend()
    return _saved(figure, name)


def lines(
    name: str,
    title: str,
    labels: tuple[str, str],
    curves: Mapping[str, Sequence[tuple[float, float]]],
) -> Path:
    """Draws ``build/benchmarks/NAME.svg``: a curve of (x, y) for each name, both axes logarithmic.

    Args:
        labels: of the two axes.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for curve, points in curves.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=curve)
    axes.set(title=title, xlabel=labels[0], ylabel=labels[1], xscale="log", yscale="log")
    axes.legend()
    return _saved(figure, name)


def _saved(figure: Any, name: str) -> Path:
    OUT.mkdir(parents=True, exist_ok=True)
    path = OUT / f"{name}.svg"
    figure.savefig(path)
    return path
