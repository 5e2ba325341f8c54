"""The trace of system calls: what to ask a library OS for; its records as strace prints them."""

from meshkernel.trace.lines import Lines
from meshkernel.trace.objects import Objects
from meshkernel.trace.protocol import Batch, Event, Record, Request, decode
from meshkernel.trace.summary import Summary
from meshkernel.trace.table import call_names, request
from meshkernel.trace.used import Used

__all__ = [
    "Batch",
    "Event",
    "Lines",
    "Objects",
    "Record",
    "Request",
    "Summary",
    "Used",
    "call_names",
    "decode",
    "request",
]
