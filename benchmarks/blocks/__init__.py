"""Counting the blocks of code that QEMU translates: `python -m benchmarks.blocks`."""
