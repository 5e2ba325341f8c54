"""What the real switch lets pass: frames are written straight into its sockets.

A frame that must not arrive is followed by one that must: the receiver gets that one first.
"""

from __future__ import annotations

import struct

import pytest

from meshkernel.network.switch import Switch

from .conftest import ADDRESS, GATEWAY, Attach, StartSwitch, make_plan, until
from .frames import (
    ACK,
    FIN,
    RST,
    SYN,
    SYN_ACK,
    Machine,
    ethernet,
    frame,
    icmp,
    ipv4,
    mac,
    tcp,
    udp,
)

A, B, C = ADDRESS["a"], ADDRESS["b"], ADDRESS["c"]
OPEN = tcp(A, B, (4000, 7000), SYN)
MARK = tcp(A, B, (4999, 7000), SYN)
MULTICAST = b"\x01\x00\x5e\x00\x00\x01" + mac(A) + b"\x08\x00"

REFUSED = {
    "spoofed-mac": mac(B) + mac(C) + OPEN[12:],
    "spoofed-ip": ethernet(A, B, ipv4(C, B, 17, udp(A, B, (1, 2))[34:])),
    "not-ip": b"\xff" * 6 + mac(A) + b"\x08\x06" + bytes(28),
    "multicast": MULTICAST + ipv4(A, "224.0.0.1", 17, bytes(8)),
    "fragment": frame(A, B, 17, bytes(16), fragment=0x2000),
    "protocol": frame(A, B, 132, bytes(16)),
    "unknown-destination": tcp(A, "10.9.0.77", (1, 2), SYN),
    "no-link": tcp(A, C, (1, 2), SYN),
    "no-flow": tcp(A, B, (1, 2), RST),
}
MALFORMED = {
    "short": OPEN[:13],
    "no IP header": OPEN[:30],
    "version": OPEN[:14] + b"\x65" + OPEN[15:],
    "header length": OPEN[:14] + b"\x44" + OPEN[15:],
    "header beyond the packet": OPEN[:14] + b"\x4f" + OPEN[15:],
    "total length beyond the frame": OPEN[:16] + b"\x0f\xff" + OPEN[18:],
    "total length below the header": OPEN[:16] + b"\x00\x13" + OPEN[18:],
    "TCP cut": frame(A, B, 6, OPEN[34:50]),
    "TCP offset": OPEN[:46] + b"\xf0" + OPEN[47:],
    "TCP offset below the header": OPEN[:46] + b"\x40" + OPEN[47:],
    "TCP option without length": tcp(A, B, (1, 2), SYN, options=b"\x01\x01\x01\x03"),
    "TCP option of no length": tcp(A, B, (1, 2), SYN, options=b"\x03\x00\x00\x00"),
    "TCP option beyond the header": tcp(A, B, (1, 2), SYN, options=b"\x02\x05\x00\x00"),
    "SYN and FIN": tcp(A, B, (1, 2), SYN | FIN),
    "no flags": tcp(A, B, (1, 2), 0),
    "UDP cut": frame(A, B, 17, bytes(7)),
    "UDP length": frame(A, B, 17, struct.pack("!HHHH", 1, 2, 9, 0)),
    "ICMP cut": frame(A, B, 1, b"\x08" + bytes(6)),
}


@pytest.fixture
async def a(switch: Switch, attach: Attach) -> Machine:
    return await attach(switch, "a")


@pytest.fixture
async def b(switch: Switch, attach: Attach) -> Machine:
    return await attach(switch, "b")


async def drops(switch: Switch, name: str) -> dict[str, int]:
    return dict((await switch.counters()).ports[name].drops)


@pytest.mark.parametrize("reason", REFUSED)
async def test_a_refused_frame_gets_nowhere_and_is_counted(
    switch: Switch, a: Machine, b: Machine, reason: str
) -> None:
    await a.send(REFUSED[reason], MARK)
    await b.receives(MARK)
    assert await drops(switch, "a") == {reason: 1}


@pytest.mark.parametrize("case", MALFORMED)
async def test_a_malformed_frame_gets_nowhere(
    switch: Switch, a: Machine, b: Machine, case: str
) -> None:
    await a.send(MALFORMED[case], MARK)
    await b.receives(MARK)
    assert await drops(switch, "a") == {"malformed": 1}


async def test_a_connection_goes_both_ways(switch: Switch, a: Machine, b: Machine) -> None:
    answer = tcp(B, A, (7000, 4000), SYN_ACK, seq=1, ack=1001)
    data = tcp(A, B, (4000, 7000), ACK, b"question", seq=1001, ack=2)
    await a.send(OPEN)
    await b.receives(OPEN)
    await b.send(answer)
    await a.receives(answer)
    await a.send(data)
    await b.receives(data)
    counters = await switch.counters()
    link = counters.links["a", "b"]
    assert (link.forward.frames, link.forward.bytes) == (2, len(OPEN) + len(data))
    assert (link.reverse.frames, link.reverse.bytes) == (1, len(answer))
    assert counters.ports["b"].received.frames == 2
    assert counters.flows == 1


async def test_nothing_opens_against_the_link(switch: Switch, a: Machine, b: Machine) -> None:
    await b.send(
        tcp(B, A, (4000, 7000), SYN),
        tcp(B, A, (7000, 4000), ACK),
        tcp(B, A, (7000, 4000), SYN_ACK),
        udp(B, A, (4000, 53)),
        icmp(B, A, 8),
        icmp(B, A, 0),
    )
    await a.send(MARK)
    await b.receives(MARK)
    answer = tcp(B, A, (7000, 4999), SYN_ACK)
    await b.send(answer)
    await a.receives(answer)
    assert await drops(switch, "b") == {"against-direction": 3, "no-flow": 3}


async def test_the_target_cannot_open_with_the_flows_own_ports(
    switch: Switch, a: Machine, b: Machine
) -> None:
    ping, pong = icmp(A, B, 8), icmp(B, A, 0)
    await a.send(OPEN, ping)
    await b.receives(OPEN, ping)
    await b.send(tcp(B, A, (7000, 4000), SYN), icmp(B, A, 8), pong)
    await a.receives(pong)
    assert await drops(switch, "b") == {"against-direction": 2}


async def test_udp_answers_pass_and_only_to_the_asking_port(
    switch: Switch, a: Machine, b: Machine
) -> None:
    question, answer = udp(A, B, (4000, 53)), udp(B, A, (53, 4000), b"answer")
    await a.send(question)
    await b.receives(question)
    await b.send(udp(B, A, (53, 4001)), udp(B, A, (54, 4000)), answer)
    await a.receives(answer)
    assert await drops(switch, "b") == {"against-direction": 2}


async def test_unreachable_passes_for_a_flow_alone(switch: Switch, a: Machine, b: Machine) -> None:
    question = udp(A, B, (4000, 53))
    await a.send(question)
    await b.receives(question)

    def unreachable(quoted: bytes) -> bytes:
        return frame(B, A, 1, struct.pack("!BBHI", 3, 3, 0, 0) + quoted[14:42])

    stray = unreachable(udp(A, B, (4001, 53)))
    foreign = unreachable(udp(C, B, (4000, 53)))
    await b.send(stray, foreign, unreachable(question))
    await a.receives(unreachable(question))
    assert await drops(switch, "b") == {"no-flow": 1, "malformed": 1}


async def test_ip_options_pass(a: Machine, b: Machine) -> None:
    with_options = ethernet(A, B, ipv4(A, B, 6, OPEN[34:], options=b"\x01\x01\x01\x00"))
    await a.send(with_options)
    await b.receives(with_options)


async def test_tcp_options_pass(a: Machine, b: Machine) -> None:
    options = b"\x02\x04\x05\xb4\x01\x03\x03\x07\x04\x02\x08\x0a" + bytes(8) + b"\x00\x02\x02\x02"
    with_options = tcp(A, B, (4000, 7000), SYN, options=options)
    await a.send(with_options)
    await b.receives(with_options)


async def test_padding_and_the_largest_frame_pass(a: Machine, b: Machine) -> None:
    large = udp(A, B, (4000, 53), bytes(65535 - 28))
    assert len(large) == 65535 + 14 <= 65536 + 13
    padded = OPEN + bytes(6)
    jumbo = udp(A, B, (4000, 53), bytes(9000 - 28))
    await a.send(padded, jumbo)
    await b.receives(padded, jumbo)


async def test_a_length_beyond_all_frames_detaches_the_port(switch: Switch, a: Machine) -> None:
    a.writer.write(struct.pack("!I", 65537) + bytes(100))
    await a.closed()
    port = (await switch.counters()).ports["a"]
    assert not port.attached
    assert port.drops == {"malformed": 1}


async def test_the_way_out_is_closed(switch: Switch, a: Machine, b: Machine) -> None:
    beyond = ethernet(A, GATEWAY, ipv4(A, "192.0.2.1", 6, OPEN[34:]))
    await a.send(tcp(A, GATEWAY, (4000, 80), SYN), beyond, MARK)
    await b.receives(MARK)
    assert (await a.receive())[47] & RST  # in the name of whoever it was for
    assert await drops(switch, "a") == {"against-direction": 1, "egress": 1}


async def test_no_machine_at_the_other_end(switch: Switch, a: Machine, attach: Attach) -> None:
    await a.send(OPEN, tcp(A, B, (4000, 7000), ACK, b"late", seq=1001, ack=55))
    reset = await a.receive()
    assert reset[26:34] == OPEN[30:34] + OPEN[26:30]  # in the name of the one that is gone
    assert struct.unpack("!HHII", reset[34:46]) == (7000, 4000, 55, 1005)
    assert reset[47] & RST
    assert await drops(switch, "a") == {"not-attached": 2}


async def test_a_machine_that_goes_resets_its_connections(
    switch: Switch, a: Machine, b: Machine
) -> None:
    gone: list[tuple[str, str]] = []
    switch.on_detached = lambda service, reason: gone.append((service, reason))
    answer = tcp(B, A, (7000, 4000), SYN_ACK, seq=8000, ack=1001)
    await a.send(OPEN)
    await b.receives(OPEN)
    await b.send(answer)
    await a.receives(answer)
    acknowledged = tcp(A, B, (4000, 7000), ACK, seq=1001, ack=8001)
    await a.send(acknowledged)
    await b.receives(acknowledged)
    b.close()
    reset = await a.receive()
    assert struct.unpack("!HHII", reset[34:46]) == (7000, 4000, 8001, 1001)
    assert reset[47] & RST
    counters = await switch.counters()
    assert gone == [("b", "closed")]
    assert not counters.ports["b"].attached
    assert counters.flows == 0


async def test_a_machine_that_starts_again_takes_its_port_over(
    switch: Switch, a: Machine, b: Machine, attach: Attach
) -> None:
    again = await attach(switch, "b")
    await b.closed()
    await a.send(MARK)
    await again.receives(MARK)


async def test_both_links(start_switch: StartSwitch, attach: Attach) -> None:
    switch = await start_switch(make_plan([("a", "b"), ("b", "a")]))
    a, b = await attach(switch, "a"), await attach(switch, "b")
    back = tcp(B, A, (7000, 4000), SYN)
    await a.send(OPEN)
    await b.receives(OPEN)
    await b.send(back)
    await a.receives(back)
    counters = await switch.counters()
    assert counters.links["b", "a"].forward.frames == 1
    assert counters.flows == 1


async def test_a_receiver_that_does_not_read_holds_up_nobody(
    switch: Switch, a: Machine, b: Machine
) -> None:
    large = udp(A, B, (4000, 53), bytes(8000))
    await a.send(*[large] * 2000)  # 16 MB towards a queue of 4 MiB
    ping = icmp(A, B, 8)
    await a.send(ping)
    await until(switch, lambda counters: counters.ports["a"].sent.frames == 2001)
    lost = (await drops(switch, "a"))["queue-full"]
    assert 1000 < lost < 2000
    await b.receives(*[large] * (2000 - lost))
