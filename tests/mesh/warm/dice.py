"""A service whose numbers are numpy's, drawn at its import and later."""

import numpy as np

from meshkernel import rpc

own = np.random.default_rng()
children = np.random.SeedSequence().spawn(2)
chosen = np.random.default_rng(5)


def thrown() -> list[float]:
    child = np.random.default_rng(children[0])
    draws = [own.random(), own.normal(), np.random.random(), np.random.normal(), child.random()]
    return [float(each) for each in draws]


at_import = thrown()  # so that every generator has a state


@rpc
async def throw() -> list[float]:
    return thrown()


@rpc
async def given() -> float:
    return float(chosen.random())
