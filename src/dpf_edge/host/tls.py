"""Whom a connection is trusted to lead to: the system's authorities, a file's, or one certificate.

A pin is checked inside the handshake, so nothing of ours has been said to whoever fails it.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl
from typing import NamedTuple


class Trust(NamedTuple):
    """What a server's certificate is checked against.

    :ivar ca_file: PEM certificates that count instead of the system's.
    :ivar extra_ca_file: PEM certificates that count beside the system's.
    :ivar fingerprint: the SHA-256 of the one certificate that counts: neither name nor date.
    """

    ca_file: str | None = None
    extra_ca_file: str | None = None
    fingerprint: str | None = None


class Certificate(NamedTuple):
    """What a certificate says of itself; times are seconds since 1970."""

    fingerprint: str
    subject: str
    begins: float
    ends: float


def context(trust: Trust) -> ssl.SSLContext:
    """The context that a client connects with.

    :raises OSError: a file of certificates cannot be read, or holds none.
    """
    if trust.fingerprint is not None:
        return pinned(trust.fingerprint)
    if trust.ca_file is not None:
        return ssl.create_default_context(cafile=trust.ca_file)
    import httpx2

    # The system's own: of files on Linux, of Windows and macOS by asking them, so that what an
    # administrator added or took away counts.
    made = httpx2.create_ssl_context(trust_env=False)
    if trust.extra_ca_file is not None:
        made.load_verify_locations(cafile=trust.extra_ca_file)
    return made


def pinned(fingerprint: str) -> ssl.SSLContext:
    """A context that goes through with one certificate and no other, whoever made it."""

    class Pinned(ssl.SSLObject):
        """A handshake that ends with a look at the certificate, before anything is sent."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = fingerprint_of(self.getpeercert(binary_form=True) or b"")
            if not hmac.compare_digest(shown, fingerprint):
                says = f"the certificate's SHA-256 is {shown}, and {fingerprint} is pinned"
                # With a number before it, or its text would be that of a tuple.
                raise ssl.SSLCertVerificationError(ssl.SSL_ERROR_SSL, says)

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE  # the pin verifies
    made.sslobject_class = Pinned
    return made


def fingerprint_of(der: bytes) -> str:
    """The SHA-256 of a certificate, in lower-case hexadecimal."""
    return hashlib.sha256(der).hexdigest()


def certificate(data: bytes) -> Certificate | None:
    """What a certificate, DER or PEM, says of itself; None where it is none.

    Reads it by a library that takes longer to import than a diagnosis: for preflight, never for
    the node at rest.
    """
    from cryptography import x509

    try:
        read = x509.load_pem_x509_certificate if b"-----BEGIN" in data else None
        found = read(data) if read else x509.load_der_x509_certificate(data)
    except ValueError:
        return None
    from cryptography.hazmat.primitives.serialization import Encoding

    return Certificate(
        fingerprint_of(found.public_bytes(Encoding.DER)),
        found.subject.rfc4514_string(),
        found.not_valid_before_utc.timestamp(),
        found.not_valid_after_utc.timestamp(),
    )
