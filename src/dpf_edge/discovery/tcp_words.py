"""What a TCP service's first words tell: its product, its greeting, a page's title, its
certificate. Pure, and fearless of what is said."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

from dpf_edge.discovery.texts import clean
from dpf_edge.observed import Service

if TYPE_CHECKING:
    from cryptography import x509

    from dpf_edge.discovery.tcp_ports import Port
    from dpf_edge.host.net import Page, Said

MOST_SAYS, MOST_PRODUCT, MOST_TITLE = 160, 80, 120
MOST_NAMES = 8
# RFC 854 and 855: commands, the one with an option behind it and the one with a whole negotiation.
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].|\xfa[^\xff]{0,64}\xff\xf0|[\xf0-\xf9])?", re.DOTALL)
# RFC 4253 section 4.2: protocol version, then the program's, then comments.
_SSH = re.compile(rb"SSH-[\d.]+-([^ \r\n]{1,80})")
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,1000})", re.IGNORECASE)
# RFC 6143 section 7.1.1.
_RFB = re.compile(rb"RFB (\d{3})\.(\d{3})\n")


def greeted(port: Port, said: Said) -> Service:
    """A service that speaks first, with what it said."""
    data = _TELNET.sub(b"", said.data) if port.name == "telnet" else said.data
    ssh, rfb = _SSH.match(data), _RFB.match(data)
    first = next((line for line in data.splitlines() if line.strip()), b"")
    name = port.name
    if ssh is not None:
        # An SSH server says so, on whichever port.
        name, product = "ssh", clean(ssh[1], MOST_PRODUCT)
    elif rfb is not None:
        name, product = "rfb", f"RFB {int(rfb[1])}.{int(rfb[2])}"
    else:
        product = ""
    return Service(name, port.number, product=product or None, says=clean(first, MOST_SAYS) or None)


def shown(name: str, number: int, page: Page) -> Service:
    """A web server, with its page's title and what it says that it is."""
    title = _TITLE.search(page.body)
    details = {"status": str(page.status)}
    for header in ("location", "www-authenticate"):
        text = clean(page.headers.get(header, ""), MOST_SAYS)
        if text:
            details[header] = text
    if page.certificate:
        details.update(certified(page.certificate))
    text = clean(html.unescape(title[1].decode("utf-8", "replace")), MOST_TITLE) if title else ""
    product = clean(page.headers.get("server", ""), MOST_PRODUCT)
    return Service(name, number, product=product or None, says=text or None, details=details)


def certified(der: bytes) -> dict[str, str]:
    """What a certificate says, unverified: its names, its dates, who made it, its fingerprint.

    :returns: nothing where it is none that can be read.
    """
    # Imported here: it takes longer than a diagnosis, and most sweeps meet no certificate.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    try:
        read = x509.load_der_x509_certificate(der)
        told = {
            "certificate_names": ", ".join(names(read)),
            "certificate_issuer": clean(read.issuer.rfc4514_string(), MOST_SAYS),
            "certificate_from": f"{read.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ}",
            "certificate_until": f"{read.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}",
            "certificate_sha256": read.fingerprint(hashes.SHA256()).hex(),
        }
    except (ValueError, x509.UnsupportedGeneralNameType):
        return {}
    return {name: text for name, text in told.items() if text}


def names(certificate: x509.Certificate) -> list[str]:
    """The names that a certificate is for, the subject's own first."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    found = [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        found += extension.value.get_values_for_type(x509.DNSName)
        found += [str(each) for each in extension.value.get_values_for_type(x509.IPAddress)]
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        pass
    cleaned = (clean(each, MOST_PRODUCT) for each in found[: 4 * MOST_NAMES])
    return list(dict.fromkeys(each for each in cleaned if each))[:MOST_NAMES]
