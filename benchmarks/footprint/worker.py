"""Calls another service now and then, and notes what it says."""

import logging

from meshkernel import every, link

computation = link("computation")


@every("30s")
async def work() -> None:
    """One piece of work."""
    found = await computation.primes(below=1000)
    logging.info("%d primes", len(found))
