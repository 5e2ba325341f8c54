"""Tests of the supervisor, on machines and a network that are in this process."""
