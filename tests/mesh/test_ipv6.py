"""IPv6 between two services: link-local addresses, through the real switch and the real devices."""

from __future__ import annotations

import hashlib
from ipaddress import IPv6Address

import pytest

from meshkernel.plan import mac_of
from meshkernel.plan.model import MTU
from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine

MEGABYTE = 1 << 20
NOBODY = 7778


@pytest.fixture(scope="module")
def six(images):
    with running_mesh(copied("six", "six", images) / "topology.toml") as mesh:
        yield mesh


@pytest.fixture
def addresses(six):
    """The link-local address of each service: RFC 4291, appendix A."""
    return {name: link_local(each.address) for name, each in six.plan.services.items()}


def link_local(address):
    mac = bytes.fromhex(mac_of(address).replace(":", ""))
    own = bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + own))


async def test_the_address_follows_from_the_mac(six, addresses):
    (told,) = await six.call("asker.own_address")
    assert str(IPv6Address(bytes.fromhex(told))) == addresses["asker"]


@pytest.mark.parametrize("size", [0, 5, MEGABYTE])
async def test_a_connection(six, addresses, size):
    answer = await six.call("asker.send", address=f"{addresses['answerer']}%eth0", size=size)
    expected = hashlib.sha256(bytes(number % 251 for number in range(size))).hexdigest()
    assert answer == f"{expected} from {addresses['asker']}"


async def test_the_same_listener_answers_ipv4(six):
    answer = await six.call("asker.send", address="answerer", size=3)
    own = six.plan.services["asker"].address
    assert answer.endswith(f" from ::ffff:{own}")


@pytest.mark.parametrize("size", [1200, MTU - 40 - 8])
async def test_datagrams(six, addresses, size):
    """Up to the largest that needs no fragments, which no wire of the mesh takes."""
    answer = await six.call("asker.datagram", address=addresses["answerer"], size=size)
    assert answer == f"{size} from {addresses['asker']}"


async def test_nobody_has_the_port(six, addresses):
    refused = await six.call("asker.datagram", address=addresses["answerer"], size=1, port=NOBODY)
    assert refused == "ECONNREFUSED"


async def test_no_connection_against_the_direction_of_the_link(six, addresses):
    assert await six.call("asker.connect_back", address=addresses["asker"]) == "TimeoutError"
    assert six.counters().ports["answerer"].drops["against-direction"] > 0
