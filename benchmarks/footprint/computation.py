"""Computes, and answers calls; nothing else."""

from meshkernel import rpc


@rpc
async def primes(below: int) -> list[int]:
    """The prime numbers below a number, by the sieve of Eratosthenes."""
    sieve = [True] * below
    for number in range(2, int(below**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = [False] * len(sieve[number * number :: number])
    return [number for number in range(2, below) if sieve[number]]
