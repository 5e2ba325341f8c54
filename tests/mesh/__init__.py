"""Tests of a small mesh on real machines: `tests/mesh/echo`."""
