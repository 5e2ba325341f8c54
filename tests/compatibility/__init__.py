"""CPython's own test suite, in a machine and on the host, compared method by method.

    python -m tests.compatibility                   all modules; writes docs/compatibility.md
    python -m tests.compatibility test_os test_io   some, with what failed

`modules.toml` names the modules, `exceptions.toml` the methods that cannot pass in a unikernel,
each with its reason. `reporter.py` is the program that runs on both sides.
"""
