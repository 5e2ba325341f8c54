"""The trace of system calls: what to ask a library OS for; its records as strace prints them.

Here is what every machine needs. `lines`, `objects`, `summary`, `used` and `table` are for those
who read a trace.
"""

from meshkernel.trace.protocol import Batch, Event, Record, Request, decode

__all__ = ["Batch", "Event", "Record", "Request", "decode"]
