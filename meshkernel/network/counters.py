"""What the switch counted, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen


@frozen
class Traffic:
    """Frames, and their bytes with the Ethernet header."""

    frames: int
    bytes: int


@frozen
class PortCounters:
    """One port. ``sent`` counts what its machine sent, dropped or not; ``drops`` by reason.

    ``holds``: what opens a connection to it waits until its machine is ready; ``kept`` are the
    frames that wait now.
    """

    attached: bool
    holds: bool
    kept: int
    sent: Traffic
    received: Traffic
    drops: Mapping[str, int]


@frozen
class LinkCounters:
    """One link: ``forward`` is what its source sent along it, ``reverse`` the answers."""

    source: str
    target: str
    forward: Traffic
    reverse: Traffic


@frozen
class EgressCounters:
    """One way out: what came of the connections that a service has tried to open along it.

    Attributes:
        source, target, port: the service, and the place outside as it knows it.
        connected: the server has accepted.
        refused: it has refused.
        unresolved: the host knows no such name.
        unreachable: the host has no route, or no descriptor left.
        silent: there was no answer in time.
        crowded: it had too many, tried or standing, at once.
        sent, received: bytes that went to the server, and came from it.
    """

    source: str
    target: str
    port: int
    connected: int
    refused: int
    unresolved: int
    unreachable: int
    silent: int
    crowded: int
    sent: int
    received: int


@frozen
class Counters:
    """All of a switch at one moment.

    ``flows`` are connections known to the policy, ``tunnels`` connections through the gateway.
    ``pcap_error`` says why a capture has ended by itself.
    """

    ports: Mapping[str, PortCounters]
    links: Mapping[tuple[str, str], LinkCounters]
    egress: tuple[EgressCounters, ...]
    flows: int
    tunnels: int
    pcap_error: str | None

    @classmethod
    def parse(cls, reply: Mapping[str, Any]) -> Counters:
        """From the switch's reply to ``counters``."""
        links = [
            LinkCounters(
                source=link["from"],
                target=link["to"],
                forward=Traffic(**link["forward"]),
                reverse=Traffic(**link["reverse"]),
            )
            for link in reply["links"]
        ]
        return cls(
            ports={name: _port(port) for name, port in reply["ports"].items()},
            links={(link.source, link.target): link for link in links},
            egress=tuple(_way(way) for way in reply["egress"]),
            flows=reply["flows"],
            tunnels=reply["tunnels"],
            pcap_error=reply["pcap_error"],
        )


def _way(way: Mapping[str, Any]) -> EgressCounters:
    ends = {key: value for key, value in way.items() if key not in ("from", "to")}
    return EgressCounters(source=way["from"], target=way["to"], **ends)


def _port(port: Mapping[str, Any]) -> PortCounters:
    return PortCounters(
        attached=port["attached"],
        holds=port["holds"],
        kept=port["kept"],
        sent=Traffic(**port["sent"]),
        received=Traffic(**port["received"]),
        drops=dict(port["drops"]),
    )
