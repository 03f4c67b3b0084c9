"""The certificate that is made at the first start, and what is said of one that cannot be used."""

from __future__ import annotations

import hashlib
import ssl
import stat
from typing import TYPE_CHECKING

import pytest

from dpf_edge.authority import tls
from dpf_edge.errors import PrivateFileUnsafe, TlsUnusable

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_767_323_045.0


def names_in(certificate: bytes) -> set[str]:
    """The names and addresses that a certificate is good for."""
    from cryptography import x509

    loaded = x509.load_pem_x509_certificate(certificate)
    listed = loaded.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(each.value) for each in listed}


def test_it_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "state"

    first = tls.self_signed(str(folder), ["localhost"], NOW)
    pin = tls.fingerprint(first)
    again = tls.self_signed(str(folder), ["another"], NOW + 1)

    assert pin == tls.fingerprint(again)
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE((folder / tls.KEY_AND_CERTIFICATE).stat().st_mode)
    assert b"PRIVATE KEY" not in (folder / tls.CERTIFICATE).read_bytes()
    assert tls.SELF_SIGNED_DAYS - 1 <= tls.days_left(first, NOW) <= tls.SELF_SIGNED_DAYS


def test_the_fingerprint_is_the_sha_256_of_the_certificate_as_der(tmp_path: Path) -> None:
    pair = tls.self_signed(str(tmp_path), ["localhost"], NOW)

    der = ssl.PEM_cert_to_DER_cert((tmp_path / tls.CERTIFICATE).read_text())

    assert hashlib.sha256(der).hexdigest() == tls.fingerprint(pair)


def test_whatever_a_machine_is_called_there_is_a_certificate() -> None:
    odd = ["localhost", "127.0.0.1", "fe80::1%eth0", "dépôt", "my_host", "a..b", "x" * 80, ""]

    certificate, _ = tls.made(odd, NOW)

    assert {"localhost", "127.0.0.1", "fe80::1", "xn--dpt-bma0d", "my_host"} <= names_in(
        certificate
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o666])
def test_a_key_that_others_may_have_read_is_not_used(tmp_path: Path, mode: int) -> None:
    tls.self_signed(str(tmp_path), ["localhost"], NOW)
    (tmp_path / tls.KEY_AND_CERTIFICATE).chmod(mode)

    with pytest.raises(PrivateFileUnsafe):
        tls.self_signed(str(tmp_path), ["localhost"], NOW)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """Files that a certificate and a key may be mistaken for."""
    from cryptography.hazmat.primitives import serialization

    certificate, key = tls.made(["localhost"], NOW)
    _, other = tls.made(["localhost"], NOW)
    locked = serialization.load_pem_private_key(key, None).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"a password"),
    )
    contents = {
        "certificate": certificate,
        "key": key,
        "other": other,
        "locked": locked,
        "empty": b"",
        "garbage": b"\xff\x00garbage",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    return {
        "too-long": str(tmp_path / ("x" * 300)),  # fails as a folder does that is not for this user
        **{name: str(tmp_path / name) for name in (*contents, "missing", "folder")},
    }


@pytest.mark.parametrize(
    ("certificate", "key"),
    [
        ("certificate", "other"),
        ("certificate", "locked"),
        ("certificate", "missing"),
        ("missing", "key"),
        ("folder", "key"),
        ("certificate", "folder"),
        ("too-long", "key"),
        ("key", "key"),
        ("certificate", "certificate"),
        ("empty", "key"),
        ("certificate", "garbage"),
        ("garbage", "garbage"),
    ],
)
def test_files_that_do_not_do_are_named_and_nobody_is_asked(
    files: dict[str, str], certificate: str, key: str
) -> None:
    """A locked key is not asked for a password: a service has nobody to ask."""
    pair = tls.Pair(files[certificate], files[key])

    with pytest.raises(TlsUnusable) as refused:
        tls.context(pair)

    assert str(refused.value).startswith((pair.certificate, pair.key))
    assert 1 == len(str(refused.value).splitlines())


def test_a_pair_that_does_offers_nothing_older_than_tls_1_2(files: dict[str, str]) -> None:
    offered = tls.context(tls.Pair(files["certificate"], files["key"]))

    assert ssl.TLSVersion.TLSv1_2 == offered.minimum_version


@pytest.mark.parametrize("name", ["missing", "empty", "garbage", "key"])
def test_a_file_without_a_certificate_has_no_fingerprint(files: dict[str, str], name: str) -> None:
    with pytest.raises(TlsUnusable):
        tls.fingerprint(tls.Pair(files[name], files[name]))
