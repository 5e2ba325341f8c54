"""Telling which libraries a library OS has, why, and what they take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from meshkernel.cli import show

if TYPE_CHECKING:
    from meshkernel.config.libos import OptionValue
    from meshkernel.config.selection import Chosen, Selection
    from meshkernel.image.images import Image


def values(image: Image) -> dict[str, Any]:
    """A library OS for scripts. Bytes are those of the image; what is zero at boot is apart."""
    chosen = image.selection
    return {
        "bytes": image.libos_bytes,
        "syscalls": list(chosen.syscalls),
        "options": dict(chosen.options),
        "libraries": [_library(image, each) for each in chosen.chosen],
        "left_out": [library.name for library in chosen.left_out],
    }


def _library(image: Image, each: Chosen) -> dict[str, Any]:
    size = image.libraries[each.name]
    return {
        "library": each.name,
        "purpose": each.library.purpose,
        "bytes": size.bytes,
        "zeroed": size.zeroed,
        "reasons": list(each.reasons),
        "required_by": list(each.required_by),
    }


def show_libraries(image: Image) -> None:
    """Each library with its bytes, and each of its reasons on a line."""
    chosen = image.selection
    click.echo(f"\nlibrary OS {show.size(image.libos_bytes)}: {_counts(chosen)}\n")
    rows: list[tuple[object, ...]] = []
    for each in chosen.chosen:
        first, *others = each.why
        rows.append((each.name, image.libraries[each.name].bytes, first))
        rows += [("", "", reason) for reason in others]
    show.table(("LIBRARY", "BYTES", "WHY"), rows)
    if chosen.left_out:
        click.echo("\nleft out")
        width = max(len(library.name) for library in chosen.left_out)
        for library in chosen.left_out:
            click.echo(f"  {library.name:<{width}}  {library.purpose}")


def _counts(chosen: Selection) -> str:
    total = len(chosen.chosen) + len(chosen.left_out)
    calls = len({call for library in chosen.left_out for call in library.syscalls})
    own = len(chosen.syscalls)
    return f"{len(chosen.chosen)} of {total} libraries, {own} of {own + calls} system calls"


def show_mesh(images: Mapping[str, Image]) -> None:
    """Each library with its bytes, who has it, and the reason of the first who does."""
    rows = []
    for name in sorted({each.name for image in images.values() for each in image.selection.chosen}):
        having = {
            service: each
            for service, image in images.items()
            for each in image.selection.chosen
            if each.name == name
        }
        first = next(iter(having))
        told = "all" if len(having) == len(images) else ", ".join(having)
        sizes = images[first].libraries[name].bytes
        rows.append((name, sizes, told, having[first].why[0]))
    show.table(("LIBRARY", "BYTES", "IN", "WHY"), rows)
    click.echo()
    show.table(
        ("SERVICE", "LIBRARY OS", "LIBRARIES", "SYSTEM CALLS"),
        [
            (
                service,
                show.size(image.libos_bytes),
                len(image.selection.chosen),
                len(image.selection.syscalls),
            )
            for service, image in images.items()
        ],
    )


def show_difference(first: str, a: Image, second: str, b: Image, *, as_json: bool) -> None:
    """What two library operating systems do not have in common."""
    if as_json:
        show.as_json({first: only_values(a, b), second: only_values(b, a)})
        return
    for name, image, other in ((first, a, b), (second, b, a)):
        own = only(image, other)
        click.echo(f"{name}: {show.size(image.libos_bytes)}, {_counts(image.selection)}")
        if own:
            rows = [(each.name, image.libraries[each.name].bytes, each.why[0]) for each in own]
            click.echo(f"\nonly {name} has")
            show.table(("LIBRARY", "BYTES", "WHY"), rows)
            calls = sorted(call for each in own for call in each.library.syscalls)
            click.echo(_wrapped("system calls", calls))
        for option, value in other_options(image, other).items():
            click.echo(f"option {option} = {value}")
        click.echo()
    if not (only(a, b) or only(b, a)):
        click.echo("they have the same libraries")


def only(image: Image, other: Image) -> list[Chosen]:
    """The libraries that one has and the other lacks."""
    lacking = other.selection.names
    return [each for each in image.selection.chosen if each.name not in lacking]


def other_options(image: Image, other: Image) -> dict[str, OptionValue]:
    """The options that have another value there, or none."""
    theirs = other.selection.options
    return {n: value for n, value in image.selection.options.items() if theirs.get(n) != value}


def only_values(image: Image, other: Image) -> dict[str, Any]:
    """What one has and the other lacks, for scripts."""
    own = only(image, other)
    return {
        "libraries": [_library(image, each) for each in own],
        "syscalls": sorted(call for each in own for call in each.library.syscalls),
        "options": other_options(image, other),
    }


def _wrapped(what: str, names: Iterable[str]) -> str:
    listed = ", ".join(names)
    return click.wrap_text(f"{what}: {listed or 'none'}", width=100, subsequent_indent="  ")
