"""Fetches a page over TLS."""

import urllib.request

from meshkernel import rpc


@rpc
def fetch(url: str) -> str:
    """The text behind an address."""
    if not url.startswith("https://"):
        raise ValueError(f"{url!r} is not an address with https://")
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())
