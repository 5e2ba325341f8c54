"""The tools that a build runs, what they make, and the cache of it."""
