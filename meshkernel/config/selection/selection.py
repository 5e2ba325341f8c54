"""Selecting: everything that asks for libraries, resolved into what one service gets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import frozen

from meshkernel.config.libos import Library, LibrarySources, OptionValue, options_of
from meshkernel.config.selection import wants
from meshkernel.config.selection.code import Code
from meshkernel.config.selection.needs import Needs
from meshkernel.config.selection.profile import Profile
from meshkernel.config.selection.resolver import Chosen, Want, resolve
from meshkernel.config.selection.wishes import Wishes
from meshkernel.errors import Fault, UserError
from meshkernel.topology.libos import LibosWishes
from meshkernel.topology.model import Topology


@frozen
class Selection:
    """The library OS of one service.

    Attributes:
        chosen: its libraries with their reasons, by name.
        left_out: the others, by name.
        options: every option of the chosen libraries with its value, by name.
    """

    chosen: tuple[Chosen, ...]
    left_out: tuple[Library, ...]
    options: Mapping[str, OptionValue]

    @property
    def libraries(self) -> tuple[Library, ...]:
        return tuple(each.library for each in self.chosen)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.chosen)

    @property
    def syscalls(self) -> tuple[str, ...]:
        """The names of the system calls that it has, sorted."""
        return tuple(sorted(name for library in self.libraries for name in library.syscalls))


def everything(sources: LibrarySources, reason: str = "everything is asked for") -> Selection:
    """All libraries, for a program of which nothing is known, and for tests."""
    return select(sources, wants.everything(sources.libraries, reason))


def check_wishes(topology: Topology, sources: LibrarySources) -> None:
    """Looks at the wishes of all services without knowing their code.

    Raises:
        UserError: with every library or option that there is not, and every value that cannot be.
    """
    libraries = {library.name: library for library in sources.libraries}
    faults: list[Fault] = []
    for name, service in topology.services.items():
        wished = Wishes(service.libos, str(topology.path), name)
        wished.check_names(libraries)
        faults += wished.faults
    if faults:
        raise UserError(*faults)


def wanted(
    sources: LibrarySources,
    needs: Needs,
    facts: wants.Facts,
    code: Code,
    *,
    profile: Profile | None = None,
    known: Iterable[Want] | None = None,
) -> list[Want]:
    """All that asks for libraries but the user.

    A profile takes the place of what the code seems to need: it was seen to be what it needs.
    ``known`` is `wanted_by` this code, where that was worked out already.
    """
    libraries = sources.libraries
    found = [*needs.of_facts(libraries, facts)]
    if profile is not None:
        found += [*needs.of_every_image(libraries), *profile.wants(libraries)]
    else:
        found += wanted_by(sources, needs, code) if known is None else known
    return found


def wanted_by(sources: LibrarySources, needs: Needs, code: Code) -> tuple[Want, ...]:
    """What an image with this code asks for, whatever the topology says."""
    libraries = sources.libraries
    always = tuple(needs.of_every_image(libraries))
    if code.opaque:
        return (*always, *wants.everything(libraries, "nothing is known of the calls it makes"))
    return (
        *always,
        *needs.of_code(libraries, code),
        *wants.of_calls(libraries, code),
        *wants.of_paths(libraries, code),
    )


def select(
    sources: LibrarySources,
    asked: Iterable[Want],
    wishes: LibosWishes | None = None,
    *,
    file: str = "topology.toml",
    service: str = "",
) -> Selection:
    """The libraries of one service.

    Args:
        sources: all that there are.
        asked: what asks for them.
        wishes: of the user.
        file: the topology's path, for faults.
        service: whose they are, for faults.

    Raises:
        UserError: with every wish that cannot be.
    """
    wished = Wishes(wishes or LibosWishes(), file, service)
    libraries = {library.name: library for library in sources.libraries}
    wished.check_names(libraries)
    if wished.faults:
        raise UserError(*wished.faults)
    left = wished.without(libraries.values(), [*asked, *wished.included(libraries)])
    chosen = resolve(libraries.values(), left)
    has = {each.name: each.library for each in chosen}
    left_out = tuple(libraries[name] for name in sorted(libraries.keys() - has))
    options = options_of(has.values()) | wished.options(has.values(), left_out)
    if wished.faults:
        raise UserError(*wished.faults)
    return Selection(chosen, left_out, dict(sorted(options.items())))
