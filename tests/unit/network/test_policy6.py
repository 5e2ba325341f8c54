"""What the switch lets pass of IPv6: link-local addresses that follow from MACs."""

from __future__ import annotations

import struct

import pytest

from meshkernel.network.switch import Switch

from .conftest import ADDRESS, GATEWAY, Attach
from .frames import (
    ACK,
    RST,
    SYN,
    SYN_ACK,
    Machine,
    checksum,
    ethernet,
    frame6,
    icmp6,
    ipv6,
    link_local,
    mac,
    tcp,
    tcp6,
    udp6,
)
from .test_policy import drops

A, B, C = ADDRESS["a"], ADDRESS["b"], ADDRESS["c"]
SIX = 0x86DD
OPEN = tcp6(A, B, (4000, 7000), SYN)
MARK = tcp6(A, B, (4999, 7000), SYN)
NEXT_HEADER, LENGTH = 14 + 6, 14 + 4
GLOBAL = bytes.fromhex("20010db8000000000000000000000001")
NO_MAC = link_local(B)[:11] + b"\xff\xff" + link_local(B)[13:]
ALL_NODES = b"\xff\x02" + bytes(13) + b"\x01"


def between(source: bytes, target: bytes) -> bytes:
    """A datagram on the wire from a to b, whatever its addresses say."""
    return ethernet(A, B, ipv6(source, target, 17, struct.pack("!HHHH", 1, 2, 8, 1)), SIX)


REFUSED = {
    "another's MAC": ("spoofed-mac", mac(B) + mac(C) + OPEN[12:]),
    "another's address": ("spoofed-ip", between(link_local(C), link_local(B))),
    "no address yet": ("spoofed-ip", between(bytes(16), link_local(B))),
    "a global address": ("spoofed-ip", between(GLOBAL, link_local(B))),
    "a multicast MAC": ("multicast", b"\x33\x33\0\0\0\x01" + mac(A) + OPEN[12:]),
    "a multicast address": ("multicast", between(link_local(A), ALL_NODES)),
    "beyond the mesh": ("unknown-destination", between(link_local(A), GLOBAL)),
    "no MAC in it": ("unknown-destination", between(link_local(A), NO_MAC)),
    "another than the MAC's": ("unknown-destination", between(link_local(A), link_local(C))),
    "nobody": ("unknown-destination", tcp6(A, "10.9.0.77", (1, 2), SYN)),
    "itself": ("unknown-destination", tcp6(A, A, (1, 2), SYN)),
    "a fragment": ("fragment", frame6(A, B, 44, bytes(16))),
    "hop-by-hop options": ("protocol", frame6(A, B, 0, bytes(16))),
    "neighbour solicitation": ("protocol", icmp6(A, B, 135)),
    "router advertisement": ("protocol", icmp6(A, B, 134)),
    "packet too big": ("protocol", icmp6(A, B, 2)),
    "ICMP of IPv4": ("protocol", frame6(A, B, 1, bytes(16))),
    "no link": ("no-link", tcp6(A, C, (1, 2), SYN)),
    "the gateway": ("no-link", tcp6(A, GATEWAY, (1, 2), SYN)),
    "an answer to nothing": ("no-flow", tcp6(A, B, (1, 2), RST)),
    "short": ("malformed", OPEN[:53]),
    "version": ("malformed", OPEN[:14] + b"\x45" + OPEN[15:]),
    "length beyond the frame": ("malformed", OPEN[:LENGTH] + b"\0\x15" + OPEN[LENGTH + 2 :]),
    "length below TCP's header": ("malformed", OPEN[:LENGTH] + b"\0\x13" + OPEN[LENGTH + 2 :]),
    "UDP cut": ("malformed", frame6(A, B, 17, bytes(7))),
    "ICMP cut": ("malformed", frame6(A, B, 58, b"\x80" + bytes(6))),
    "IPv4 inside": ("malformed", ethernet(A, B, tcp(A, B, (1, 2), SYN)[14:] + bytes(20), SIX)),
}


@pytest.fixture
async def a(switch: Switch, attach: Attach) -> Machine:
    return await attach(switch, "a")


@pytest.fixture
async def b(switch: Switch, attach: Attach) -> Machine:
    return await attach(switch, "b")


@pytest.mark.parametrize("case", REFUSED)
async def test_a_refused_frame_gets_nowhere_and_is_counted(
    switch: Switch, a: Machine, b: Machine, case: str
) -> None:
    reason, frame = REFUSED[case]
    await a.send(frame, MARK)
    await b.receives(MARK)
    assert await drops(switch, "a") == {reason: 1}


async def test_a_connection_goes_both_ways_and_is_counted(
    switch: Switch, a: Machine, b: Machine
) -> None:
    answer = tcp6(B, A, (7000, 4000), SYN_ACK, seq=1, ack=1001)
    await a.send(OPEN)
    await b.receives(OPEN)
    await b.send(answer)
    await a.receives(answer)
    link = (await switch.counters()).links["a", "b"]
    assert (link.forward.frames, link.reverse.frames) == (1, 1)


async def test_nothing_opens_against_the_link(switch: Switch, a: Machine, b: Machine) -> None:
    await b.send(tcp6(B, A, (4000, 7000), SYN), udp6(B, A, (4000, 53)), icmp6(B, A, 128))
    await a.send(MARK)
    await b.receives(MARK)
    answer = tcp6(B, A, (7000, 4999), SYN_ACK)
    await b.send(answer)
    await a.receives(answer)
    assert await drops(switch, "b") == {"against-direction": 3}


async def test_a_flow_of_one_version_is_none_of_the_other(
    switch: Switch, a: Machine, b: Machine
) -> None:
    await a.send(OPEN)
    await b.receives(OPEN)
    answer = tcp6(B, A, (7000, 4000), SYN_ACK)
    await b.send(tcp(B, A, (7000, 4000), SYN_ACK), answer)
    await a.receives(answer)
    assert await drops(switch, "b") == {"no-flow": 1}
    await a.send(tcp(A, B, (4000, 7000), SYN))
    await b.receives(tcp(A, B, (4000, 7000), SYN))
    assert (await switch.counters()).flows == 2


async def test_datagrams_and_pings_are_answered(a: Machine, b: Machine) -> None:
    question, ping = udp6(A, B, (4000, 53)), icmp6(A, B, 128)
    await a.send(question, ping)
    await b.receives(question, ping)
    answer, pong = udp6(B, A, (53, 4000)), icmp6(B, A, 129)
    await b.send(answer, pong)
    await a.receives(answer, pong)


async def test_unreachable_passes_for_a_flow_alone(switch: Switch, a: Machine, b: Machine) -> None:
    question = udp6(A, B, (4000, 53))
    await a.send(question)
    await b.receives(question)

    def unreachable(quoted: bytes) -> bytes:
        return frame6(B, A, 58, struct.pack("!BBHI", 1, 4, 0, 0) + quoted[14:])

    stray = unreachable(udp6(A, B, (4001, 53)))
    foreign = unreachable(udp6(C, B, (4000, 53)))
    cut = unreachable(question[: 14 + 43])
    await b.send(stray, foreign, cut, unreachable(question))
    await a.receives(unreachable(question))
    assert await drops(switch, "b") == {"no-flow": 1, "malformed": 2}


async def test_a_reset_in_the_name_of_one_that_is_gone(switch: Switch, a: Machine) -> None:
    await a.send(OPEN, tcp6(A, B, (4000, 7000), ACK, seq=1001, ack=55))
    reset = await a.receive()
    assert reset[:14] == mac(A) + mac(B) + b"\x86\xdd"
    assert reset[22:54] == link_local(B) + link_local(A)
    assert struct.unpack("!HHII", reset[54:66]) == (7000, 4000, 55, 1001)
    assert reset[67] & RST
    pseudo = reset[22:54] + struct.pack("!II", 20, 6)
    assert checksum(pseudo + reset[54:]) == 0
    assert await drops(switch, "a") == {"not-attached": 2}
