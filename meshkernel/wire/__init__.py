"""Calls on the wire: frames, messages from annotations, errors, and the two ends of a connection.

Shared by host and guest; imported by path (``meshkernel.wire.caller``), so that a guest loads what
it uses.
"""
