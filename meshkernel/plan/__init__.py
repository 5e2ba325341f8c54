"""Topology to ``Plan``: start order, addresses, who may call whom. Pure: no I/O."""

from meshkernel.plan.addresses import allocate
from meshkernel.plan.builder import make_plan
from meshkernel.plan.growth import grown
from meshkernel.plan.model import CALL_PORT, Peer, Plan, Replica, ServicePlan, mac_of
from meshkernel.plan.text import render

__all__ = [
    "CALL_PORT",
    "Peer",
    "Plan",
    "Replica",
    "ServicePlan",
    "allocate",
    "grown",
    "mac_of",
    "make_plan",
    "render",
]
