"""What a user wants otherwise: ``[services.NAME.libos]``, and why some of it cannot be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from attrs import define, field

from meshkernel.config.libos import Library, Option
from meshkernel.config.selection.resolver import Want, chain
from meshkernel.errors import Fault
from meshkernel.topology.faults import nearest, told
from meshkernel.topology.libos import LibosWishes


@define
class Wishes:
    """The wishes for one service, and the faults that were found in them.

    Attributes:
        wishes: as the topology has them.
        file: the topology's path.
        service: whose they are.
        faults: what cannot be, with its line.
    """

    wishes: LibosWishes
    file: str
    service: str
    faults: list[Fault] = field(factory=list)

    def line(self, key: str) -> int | None:
        """The line of a key in the topology."""
        return self.wishes.lines.get(key)

    def fault(self, key: str, what: str, remedy: str) -> None:
        """Note a fault at a key."""
        place = f"services.{self.service}.libos.{key}"
        self.faults.append(Fault(what, remedy, self.file, self.line(key), place))

    def check_names(self, libraries: Mapping[str, Library]) -> None:
        """Notes the libraries and options that do not exist, and values that cannot be."""
        for key, names in (("include", self.wishes.include), ("exclude", self.wishes.exclude)):
            for index, name in enumerate(names):
                if name not in libraries:
                    what = f"there is no library {name!r}"
                    self.fault(f"{key}[{index}]", what, nearest(name, libraries))
        known = {
            name: option for each in libraries.values() for name, option in each.options.items()
        }
        for name, value in self.wishes.options.items():
            if name not in known:
                what = f"there is no option {name!r}"
                self.fault(f"options.{name}", what, nearest(name, known))
            elif (wrong := wrong_value(known[name], value)) is not None:
                self.fault(f"options.{name}", *wrong)

    def included(self, libraries: Mapping[str, Library]) -> Iterator[Want]:
        """The libraries that the user asks for."""
        for index, name in enumerate(self.wishes.include):
            if name in libraries:
                yield Want(name, f"{self.file}:{self.line(f'include[{index}]')} includes it")

    def without(self, libraries: Iterable[Library], wants: Iterable[Want]) -> list[Want]:
        """The wants but for those that are only likely and that the user excludes.

        Notes each library that cannot be left out, with the chain of reasons.
        """
        libraries = tuple(libraries)
        out = set(self.wishes.exclude)
        left = [want for want in wants if want.certain or want.library not in out]
        for index, name in enumerate(self.wishes.exclude):
            why = chain(libraries, left, name)
            if why is not None:
                what = f"{name} cannot be left out: {why}"
                self.fault(f"exclude[{index}]", what, _remedy(name, libraries, left))
        return left

    def options(
        self, chosen: Iterable[Library], left_out: Iterable[Library]
    ) -> dict[str, int | str]:
        """The values for options of the libraries that were chosen; notes those of others."""
        for library in left_out:
            for name in sorted(self.wishes.options.keys() & library.options.keys()):
                what = f"{name} is an option of {library.name}, which {self.service} does not have"
                remedy = f"include {library.name}, or leave the option out"
                self.fault(f"options.{name}", what, remedy)
        known = {name for library in chosen for name in library.options}
        return {name: value for name, value in self.wishes.options.items() if name in known}


def _remedy(name: str, libraries: Iterable[Library], left: Iterable[Want]) -> str:
    """What to do about a library that cannot be left out."""
    certain = [want for want in left if want.certain]
    if chain(libraries, certain, name) is not None:
        return "take it out of exclude"
    asking = sorted({want.library for want in left if chain(libraries, [want], name) is not None})
    return f"exclude {' and '.join(asking)} too, or take it out of exclude"


def wrong_value(option: Option, value: int | str) -> tuple[str, str] | None:
    """What is wrong with the value of an option, and the remedy; None if nothing is."""
    if option.choices:
        if value in option.choices:
            return None
        allowed = ", ".join(repr(choice) for choice in option.choices)
        return f"{value!r} is none of its values", f"use one of: {allowed}"
    if type(value) is not type(option.default):
        return f"{told(value)} where {told(option.default)} is the default", "use its type"
    if option.range and isinstance(value, int):
        low, high = option.range
        if not low <= value <= high:
            return f"{value} is out of range", f"use {low} to {high}"
    return None
