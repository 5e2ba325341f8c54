"""Runs one module of CPython's tests with its own runner, and tells each method's outcome.

    reporter.py MODULE [DONE]

The first DONE methods are passed over: they ran in a machine that did not survive the next one.
Each line that begins with the mark is JSON: ``{"began": ID}``, then ``{"test": ID, "outcome": ...,
"text": ...}``. Everything else on the output belongs to the tests.
"""

from __future__ import annotations

import functools
import gc
import itertools
import json
import os
import sys
import unittest
import warnings

MARK = "\x1e"
RESOURCES = "network,walltime"
"""What tests may use that they do not by themselves: sockets, even of the loopback, and time."""
TEXT = 3000
"""Characters of a traceback that are told: its end says what is wrong."""

out = os.dup(1)


def tell(**values: object) -> None:
    """In one write, on a line of its own."""
    data = f"\n{MARK}{json.dumps(values)}\n".encode()
    while data:
        data = data[os.write(out, data) :]


def counts(result: unittest.TestResult) -> dict[str, list]:
    """Lists that grow with the outcome of a test, by the outcome's name."""
    return {
        "failed": result.failures,
        "error": result.errors,
        "skipped": result.skipped,
        "expected failure": result.expectedFailures,
        "unexpected success": [(test, "") for test in result.unexpectedSuccesses],
    }


def clean_up() -> None:
    """Ends what a method has left open that did not come to its end: the next one might count the
    warnings about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


def reporting(run, done: int):
    """TestCase.run, which tells what comes of it."""
    numbers = itertools.count()

    @functools.wraps(run)
    def wrapper(self, result=None):
        if result is None:  # a test within a test
            return run(self, result)
        if next(numbers) < done:
            return result
        before = {name: len(found) for name, found in counts(result).items()}
        tell(began=self.id())
        value = run(self, result)
        for name, found in counts(result).items():
            if len(found) > before[name]:
                tell(test=self.id(), outcome=name, text=str(found[-1][1])[-TEXT:])
                clean_up()
                break
        else:
            tell(test=self.id(), outcome="passed", text="")
        return value

    return wrapper


def main() -> None:
    """The module's status is regrtest's own."""
    module, done = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
    unittest.TestCase.run = reporting(unittest.TestCase.run, done)
    from test.libregrtest.main import main as regrtest

    sys.argv = ["test", "-u", RESOURCES, module]
    regrtest()


if __name__ == "__main__":
    main()
