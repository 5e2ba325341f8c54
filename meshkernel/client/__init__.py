"""The host's side of calls: ``await client.call("cart.add", user="u")``."""

from meshkernel.client.client import Client

__all__ = ["Client"]
