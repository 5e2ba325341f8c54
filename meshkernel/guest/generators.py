"""Generators of random numbers that a module has made at its import.

Those that were seeded by chance are renewed behind the seal, or all machines of an image would draw
the same numbers; a seed that the program has given stays, as in a machine that boots cold.
"""

from __future__ import annotations

import gc
import os
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

BY_CHANCE = 1 << 64
"""numpy draws 128 bits where it is given no seed; what a person chooses is less than this."""

OF_NUMPY = ("Generator", "RandomState")
"""What numpy has around a bit generator."""

ENTROPY = 16
"""Bytes that numpy draws."""


class Generators:
    """Notes from now on which generators of ``random`` are given a seed.

    Attributes:
        given: the generators of numpy that were; known behind `prepare`.
    """

    def __init__(self) -> None:
        self._chosen: weakref.WeakSet[Any] = weakref.WeakSet()
        self._of_numpy: list[Any] = []
        self._usual: Any = None
        if "random" in sys.modules:
            self._watch(sys.modules["random"])
        else:
            sys.meta_path.insert(0, self)

    @property
    def given(self) -> list[Any]:
        """Those that were given a seed: their numbers are the same in all machines."""
        return [*self._chosen, *self._of_numpy]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """As a finder of modules: that of ``random``, so that it is seen when it is imported."""
        if name != "random":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_watch(module: Any) -> None:
                execute(module)
                self._watch(module)

            spec.loader.exec_module = execute_and_watch  # type: ignore[method-assign]
        return spec

    def prepare(self) -> list[Callable[[], Any]]:
        """What is to be done behind the seal, which comes next."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        steps: list[Callable[[], Any]] = []
        if self._usual is not None:
            module: Any = sys.modules["random"]
            module.Random.seed, module.seed = self._usual
            steps += self._of_random(module)
        if "numpy.random" in sys.modules:
            found = _Numpy(sys.modules["numpy.random"])
            self._of_numpy = found.given
            if found.by_chance:
                steps.append(found.renew)
        return steps

    def _watch(self, module: Any) -> None:
        self._usual = module.Random.seed, module.seed
        usual, chosen = module.Random.seed, self._chosen

        def seed(self: Any, a: Any = None, version: int = 2) -> None:
            if a is None:
                chosen.discard(self)
            else:
                chosen.add(self)
            usual(self, a, version)

        module.Random.seed = seed
        module.seed = module._inst.seed

    def _of_random(self, module: Any) -> Iterator[Callable[[], Any]]:
        """The module's own generator was renewed by the fork, whoever had seeded it; others not."""
        own = module._inst
        if own in self._chosen:
            yield partial(own.setstate, own.getstate())
        for thing in gc.get_objects():
            if not isinstance(thing, module.Random) or isinstance(thing, module.SystemRandom):
                continue
            if thing is not own and thing not in self._chosen:
                yield thing.seed


class _Numpy:
    """numpy's generators at the seal.

    Attributes:
        given: those with a seed of the program's.
        by_chance: the others.
    """

    def __init__(self, module: Any) -> None:
        found = gc.get_objects()
        self._sequences = [
            thing for thing in found if isinstance(thing, module.SeedSequence) and _by_chance(thing)
        ]
        generators = [thing for thing in found if isinstance(thing, module.BitGenerator)]
        self.by_chance = [thing for thing in generators if _by_chance(thing.seed_seq)]
        self.given = [thing for thing in generators if not _by_chance(thing.seed_seq)]
        self._legacy = [
            thing
            for thing in found
            if isinstance(thing, module.RandomState) and _by_chance(thing._bit_generator.seed_seq)
        ]

    def renew(self) -> None:
        """Sequences first, of which generators and their children are seeded."""
        drawn: dict[int, int] = {}
        for each in self._sequences:
            fresh = drawn.setdefault(each.entropy, int.from_bytes(os.urandom(ENTROPY), "little"))
            each.__init__(
                fresh,
                spawn_key=each.spawn_key,
                pool_size=each.pool_size,
                n_children_spawned=each.n_children_spawned,
            )
        for each in self.by_chance:
            each.state = type(each)(each.seed_seq).state
        for each in self._legacy:
            if each.get_state(legacy=False)["has_gauss"]:
                each.standard_normal()  # the second of a pair, which was kept


def _by_chance(sequence: Any) -> bool:
    """Whether it was numpy that drew the seed; of None nothing is known but that one was given."""
    entropy = getattr(sequence, "entropy", None)
    return isinstance(entropy, int) and entropy >= BY_CHANCE


def described(generators: Iterable[Any]) -> str:
    """Where these are found: names of modules' variables, and the kinds of those without one."""
    places = {id(thing): "" for thing in generators}
    kinds = {id(thing): type(thing).__name__ for thing in generators}
    for name, module in list(sys.modules.items()):
        for attribute, value in list(getattr(module, "__dict__", {}).items()):
            wraps = type(value).__name__ in OF_NUMPY
            thing = getattr(value, "_bit_generator", None) if wraps else value
            if places.get(id(thing)) == "":
                places[id(thing)] = f"{name}.{attribute}"
    return ", ".join(sorted(place or f"a {kinds[key]}" for key, place in places.items()))
