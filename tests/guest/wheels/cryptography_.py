"""Keys, certificates and ciphers of cryptography: Rust, with an OpenSSL of its own."""

from __future__ import annotations

import datetime
import ipaddress

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.bindings import _rust
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.x509.oid import NameOID

MESSAGE = b"what is signed"


def known_answers() -> None:
    print(_rust.__file__.endswith(".so"), _rust.openssl.openssl_version_text().split()[0])
    digest = hashes.Hash(hashes.SHA256())
    digest.update(b"abc")
    print(digest.finalize().hex())
    tag = hmac.HMAC(b"key", hashes.SHA512())
    tag.update(MESSAGE)
    print(tag.finalize().hex())
    print(HKDF(hashes.SHA256(), 32, b"salt", b"info").derive(b"secret").hex())
    print(PBKDF2HMAC(hashes.SHA256(), 32, b"salt", 1000).derive(b"secret").hex())
    print(Scrypt(b"NaCl", 32, 1024, 8, 1).derive(b"password").hex())
    print(AESGCM(bytes(32)).encrypt(bytes(12), MESSAGE, b"with").hex())
    print(ChaCha20Poly1305(bytes(32)).encrypt(bytes(12), MESSAGE, None).hex())
    private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    print(private.sign(MESSAGE).hex())


def refusals() -> None:
    try:
        AESGCM(bytes(32)).decrypt(bytes(12), bytes(40), None)
    except InvalidTag:
        print("wrong tag")
    key = Fernet.generate_key()
    print(Fernet(key).decrypt(Fernet(key).encrypt(MESSAGE)) == MESSAGE)
    try:
        Fernet(Fernet.generate_key()).decrypt(Fernet(key).encrypt(MESSAGE))
    except InvalidToken:
        print("wrong key")


def signatures() -> None:
    signer = rsa.generate_private_key(65537, 2048)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    signature = signer.sign(MESSAGE, pss, hashes.SHA256())
    signer.public_key().verify(signature, MESSAGE, pss, hashes.SHA256())
    try:
        signer.public_key().verify(signature, MESSAGE + b"!", pss, hashes.SHA256())
    except InvalidSignature:
        print("rsa refuses")
    curve = ec.generate_private_key(ec.SECP256R1())
    curve.public_key().verify(
        curve.sign(MESSAGE, ec.ECDSA(hashes.SHA256())), MESSAGE, ec.ECDSA(hashes.SHA256())
    )
    ours, theirs = x25519.X25519PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    print(ours.exchange(theirs.public_key()) == theirs.exchange(ours.public_key()))
    pem = signer.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"password"),
    )
    again = serialization.load_pem_private_key(pem, b"password")
    print(again.private_numbers() == signer.private_numbers())
    try:
        serialization.load_pem_private_key(pem, b"wrong")
    except ValueError:
        print("wrong password")


def certificates() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mesh")])
    start = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1234)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=10))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("store"), x509.IPAddress(ipaddress.ip_address("10.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    again = x509.load_pem_x509_certificate(certificate.public_bytes(serialization.Encoding.PEM))
    print(again == certificate, again.subject.rfc4514_string(), again.serial_number)
    print(again.not_valid_after_utc, again.signature_hash_algorithm.name)
    names = again.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    print(names.get_values_for_type(x509.DNSName), names.get_values_for_type(x509.IPAddress))
    again.verify_directly_issued_by(certificate)


known_answers()
refusals()
signatures()
certificates()
