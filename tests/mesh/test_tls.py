"""TLS between two services over a link: both ends verify the other's certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine


class Authority:
    """Signs certificates; its own is signed by itself (RFC 5280)."""

    def __init__(self, name):
        self._name, self._key = named(name), ec.generate_private_key(ec.SECP256R1())
        made = certificate(self._name, self._name, self._key.public_key(), self._key)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        made = made.add_extension(self._identifier, critical=False)
        self.pem = made.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()

    def chain(self, name):
        """A new key, and a certificate of it for a host name, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = certificate(named(name), self._name, key.public_key(), self._key)
        made = made.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        ).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier),
            critical=False,
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signed = made.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
        return (signed + private).decode()


def named(name):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])


def certificate(subject, issuer, key, signer):
    """What all certificates have; good from yesterday until tomorrow."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


@pytest.fixture(scope="module")
def authority():
    return Authority("the mesh's own")


@pytest.fixture(scope="module")
def stranger():
    return Authority("nobody's")


@pytest.fixture(scope="module")
def mesh(images):
    with running_mesh(copied("tls", "tls", images) / "topology.toml") as mesh:
        yield mesh


async def connect(mesh, vault, teller, **arguments):
    """What the teller says of a connection; each end is given its chain, and whom to trust."""
    papers = [{"chain": chain, "authority": trusted.pem} for chain, trusted in (vault, teller)]
    await mesh.call_within(120, "vault.serve", papers=papers[0])
    return await mesh.call_within(120, "teller.call", papers=papers[1], **arguments)


async def test_both_ends_are_verified_and_data_goes_both_ways(mesh, authority):
    ends = (authority.chain("vault"), authority), (authority.chain("teller"), authority)
    assert await connect(mesh, *ends) == {
        "version": "TLSv1.3",
        "peer": "vault",
        "taken for": "teller",
        "same": True,
    }


async def test_a_server_that_is_not_trusted_is_refused(mesh, authority, stranger):
    ends = (stranger.chain("vault"), authority), (authority.chain("teller"), authority)
    assert await connect(mesh, *ends) == {"refused": "CERTIFICATE_VERIFY_FAILED"}


async def test_a_client_that_is_not_trusted_is_refused(mesh, authority, stranger):
    ends = (authority.chain("vault"), authority), (stranger.chain("teller"), authority)
    assert await connect(mesh, *ends) == {"refused": "TLSV1_ALERT_UNKNOWN_CA"}


async def test_a_certificate_of_another_name_is_refused(mesh, authority):
    ends = (authority.chain("vault"), authority), (authority.chain("teller"), authority)
    refused = await connect(mesh, *ends, name="bank")
    assert refused == {"refused": "CERTIFICATE_VERIFY_FAILED"}
