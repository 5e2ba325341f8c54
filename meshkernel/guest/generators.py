"""Generators of random numbers that a module has made at its import.

Those that were seeded by chance are renewed behind the seal, or all machines of an image would draw
the same numbers; a seed that the program has chosen stays, as in a machine that boots cold.
"""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from functools import partial
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

BY_CHANCE = 1 << 64
"""numpy draws 128 bits where it is given no seed; what a person chooses is less than this."""


class Generators:
    """Notes from now on which generators of ``random`` are given a seed."""

    def __init__(self) -> None:
        self._chosen: weakref.WeakSet[Any] = weakref.WeakSet()
        self._usual: Any = None
        if "random" in sys.modules:
            self._watch(sys.modules["random"])
        else:
            sys.meta_path.insert(0, self)

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
            steps += _of_numpy(sys.modules["numpy.random"])
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
            state = own.getstate()
            yield lambda: own.setstate(state)
        for thing in gc.get_objects():
            if not isinstance(thing, module.Random) or isinstance(thing, module.SystemRandom):
                continue
            if thing is not own and thing not in self._chosen:
                yield thing.seed


def _of_numpy(module: Any) -> Iterator[Callable[[], Any]]:
    for thing in gc.get_objects():
        if isinstance(thing, module.BitGenerator) and _by_chance(thing):
            yield partial(_renew, thing)


def _by_chance(generator: Any) -> bool:
    entropy = getattr(generator.seed_seq, "entropy", None)
    return isinstance(entropy, int) and entropy >= BY_CHANCE


def _renew(generator: Any) -> None:
    generator.state = type(generator)().state
