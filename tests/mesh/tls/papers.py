"""What both ends have of TLS: a context that asks the other end for its certificate, too."""

import ssl
import tempfile


def context(purpose: ssl.Purpose, papers: dict) -> ssl.SSLContext:
    """`papers` holds PEM: `chain` (certificate and key of this end) and `authority`."""
    made = ssl.create_default_context(purpose, cadata=papers["authority"])
    made.verify_mode = ssl.CERT_REQUIRED
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as chain:
        chain.write(papers["chain"])
        chain.flush()
        made.load_cert_chain(chain.name)
    return made
