"""Runs a mesh: starts its machines in plan order, watches, restarts, stops in reverse order."""
