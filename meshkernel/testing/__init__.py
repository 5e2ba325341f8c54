"""Tests against a whole mesh: the pytest plugin and what its ``mesh`` fixture offers."""
