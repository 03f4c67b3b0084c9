"""Certificates: the operator's own, or one that signs itself and is pinned by its fingerprint."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import ipaddress
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dpf_edge.errors import PrivateFileError, TlsUnusable
from dpf_edge.host import private_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

# Nodes pin this certificate: when it ends, each of them has to be told of the next one. Nobody
# else vouches for it either, so a short life would protect nothing.
SELF_SIGNED_DAYS = 3650
# A clock that is behind must not take the certificate for one of the future.
BACKDATED = datetime.timedelta(days=1)
# X.520's bound on a common name.
COMMON_NAME = 64
# The key and its certificate in one file, so that never one is there without the other.
KEY_AND_CERTIFICATE = "authority-tls.pem"
# The certificate alone, to hand out: a node takes it as its CA file.
CERTIFICATE = "authority-cert.pem"
BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
# OpenSSL's reasons that somebody can do something about.
REASONS = {
    "KEY_VALUES_MISMATCH": "the key is another certificate's",
    "KEY_TYPE_MISMATCH": "the key is another certificate's",
    "EE_KEY_TOO_SMALL": "the key is too short to be safe",
    "CA_MD_TOO_WEAK": "the certificate is signed with a broken hash",
}


class Pair(NamedTuple):
    """Where a certificate and its key are; they may be in one file."""

    certificate: str
    key: str


def self_signed(folder: str, names: Iterable[str], now: float) -> Pair:
    """The certificate of a folder, made at the first start and kept for its owner alone.

    :param names: the host names and addresses that it is to be good for, when it is made.
    :raises PrivateFileError: the folder or a file in it is not as it must be.
    """
    private_file.prepare(folder)
    path = str(Path(folder) / KEY_AND_CERTIFICATE)
    if private_file.read(path) is None:
        certificate, key = made(names, now)
        private_file.write(path, key + certificate)
        private_file.write(str(Path(folder) / CERTIFICATE), certificate)
    return Pair(path, path)


def made(names: Iterable[str], now: float) -> tuple[bytes, bytes]:
    """A new certificate that signs itself, and its key, as PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    listed = list(dict.fromkeys(names)) or ["localhost"]
    called = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"dpf-edge {listed[0]}"[:COMMON_NAME])]
    )
    begins = datetime.datetime.fromtimestamp(now, datetime.UTC)
    public = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - BACKDATED)
        .not_valid_after(begins + datetime.timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives(listed)), False)
        # It is what a node is given as its CA file, so it has to be a CA in every respect that a
        # strict client looks at (RFC 5280 section 4.2.1), and a server's certificate as well.
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(key_usage(), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(public, False)
        .add_extension(x509.AuthorityKeyIdentifier(public.digest, None, None), False)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def key_usage() -> x509.KeyUsage:
    """What a key is for that signs its own certificate and TLS handshakes, and nothing else."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def alternatives(names: Iterable[str]) -> list[x509.GeneralName]:
    """Names and addresses, as a certificate lists them; what is no name is left out."""
    from cryptography import x509

    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name.partition("%")[0])))
        except ValueError:
            # A machine may call itself anything; that is no reason not to start.
            with contextlib.suppress(UnicodeError):
                if spelt := name.encode("idna").decode("ascii"):
                    found.append(x509.DNSName(spelt))
    return found


def context(pair: Pair) -> ssl.SSLContext:
    """What a server offers: TLS 1.2 or later, with this certificate.

    :raises TlsUnusable: a file is missing or no certificate or key, or they do not fit together.
    """
    offered = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    offered.minimum_version = ssl.TLSVersion.TLSv1_2
    offered.set_alpn_protocols(["http/1.1"])
    for path in pair:
        _must_be_a_file(path)
    try:
        # Without a password a locked key is refused, instead of asked for: nobody is there to ask.
        offered.load_cert_chain(pair.certificate, pair.key, password="")
    except (OSError, ValueError) as error:
        why = REASONS.get(getattr(error, "reason", None) or "", "cannot be used together")
        raise TlsUnusable(
            f"{pair.certificate} and {pair.key}: {why}",
            "a PEM certificate, with its chain behind it, and the key it was made for, unlocked",
        ) from error
    return offered


def _must_be_a_file(path: str) -> None:
    """See that a file can be read: OpenSSL names no file, and waits for one that is a pipe.

    :raises TlsUnusable: it cannot.
    """
    hint = "--tls-cert and --tls-key take PEM files"
    try:
        shown = private_file.read_given(path)
    except PrivateFileError as error:
        raise TlsUnusable(str(error), hint) from error
    if shown is None:
        raise TlsUnusable(f"{path}: no such file", hint)


def fingerprint(pair: Pair) -> str:
    """The SHA-256 of a server's own certificate (the first of its file), as nodes pin it: hex.

    :raises TlsUnusable: there is none.
    """
    try:
        text = Path(pair.certificate).read_text("ascii", "replace")
        end = text.index(END) + len(END)
        der = ssl.PEM_cert_to_DER_cert(text[text.index(BEGIN) : end])
    except (OSError, ValueError) as error:
        raise TlsUnusable(f"{pair.certificate}: holds no PEM certificate") from error
    return hashlib.sha256(der).hexdigest()


def days_left(pair: Pair, now: float) -> int:
    """For how many days a server's certificate is still good; below zero, it has ended."""
    from cryptography import x509

    ends = x509.load_pem_x509_certificates(Path(pair.certificate).read_bytes())[
        0
    ].not_valid_after_utc
    return int((ends.timestamp() - now) // 86_400)
