"""A trip planner of eight services: the demonstration application of meshkernel."""
