"""What a service's first words tell, and which ports are never tried."""

from __future__ import annotations

import pytest

from dpf_edge.discovery import tcp_words
from dpf_edge.discovery.tcp_ports import BY_NUMBER, PORTS, Port, Way
from dpf_edge.host.net import Page, Said
from dpf_edge.observed import Service
from tests.lab.home.certificate import pem


def greeting(name: str, number: int, data: bytes) -> Service:
    return tcp_words.greeted(Port(number, name, Way.GREETS), Said(data, None, 0.0))


def test_no_port_is_tried_that_a_connect_could_harm() -> None:
    tried = {each.number for each in PORTS}

    assert len(tried) == len(PORTS)
    assert not tried & {*range(9100, 9108), 515, 102, 502, 20000, 44818}


@pytest.mark.parametrize(
    ("name", "number", "data", "expected"),
    [
        (
            "ssh",
            22,
            b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\x00\x00",
            Service("ssh", 22, product="OpenSSH_9.2p1", says="SSH-2.0-OpenSSH_9.2p1 Debian-2"),
        ),
        (
            "ftp",
            21,
            b"SSH-2.0-dropbear\r\n",
            Service("ssh", 21, product="dropbear", says="SSH-2.0-dropbear"),
        ),
        ("ftp", 21, b"220-\x1b[31mWelcome\x1b[0m\r\n", Service("ftp", 21, says="220-Welcome")),
        (
            "rfb",
            5900,
            b"RFB 003.008\n",
            Service("rfb", 5900, product="RFB 3.8", says="RFB 003.008"),
        ),
        (
            "telnet",
            23,
            b"\xff\xfd\x18\xff\xfb\x01\xff\xfa\x18\x01\xff\xf0\r\nOpenWrt login: ",
            Service("telnet", 23, says="OpenWrt login:"),
        ),
        ("telnet", 23, b"\xff" * 500, Service("telnet", 23)),
        ("ftp", 21, b"", Service("ftp", 21)),
        ("ftp", 21, b"\x00\x01\x02", Service("ftp", 21)),
    ],
)
def test_a_greeting_is_read(name: str, number: int, data: bytes, expected: Service) -> None:
    assert expected == greeting(name, number, data)


def test_a_page_is_told_by_its_title_and_server() -> None:
    page = Page(
        401,
        {"server": "nginx/1.22", "www-authenticate": 'Basic realm="Router\u202e"'},
        b"<HTML><Title lang='en'>\n Fritz&amp;Co &#x202e; <b>x</title>",
        0.0,
    )

    assert Service(
        "http",
        80,
        product="nginx/1.22",
        says="Fritz&Co",
        details={"status": "401", "www-authenticate": 'Basic realm="Router"'},
    ) == tcp_words.shown("http", 80, page)


def test_a_page_without_anything_is_still_a_web_server() -> None:
    assert Service("http", 80, details={"status": "200"}) == tcp_words.shown(
        "http", 80, Page(200, {}, b"", 0.0)
    )


def test_a_title_that_never_ends_is_cut() -> None:
    shown = tcp_words.shown(
        "http", 80, Page(200, {}, b"<title>" + b"<title " * 9000 + b"a" * 9000, 0.0)
    )

    assert len(shown.says or "") <= 120


def test_a_certificate_tells_its_names_and_dates() -> None:
    import ssl

    text = pem("shop.example")
    der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERT") :])
    told = tcp_words.certified(der)

    assert "shop.example, www.shop.example" == told["certificate_names"]
    assert ("2026-01-01T00:00:00Z", "2036-01-01T00:00:00Z") == (
        told["certificate_from"],
        told["certificate_until"],
    )
    assert 64 == len(told["certificate_sha256"])


@pytest.mark.parametrize("der", [b"", b"\x30\x80", bytes(100), b"\x30" * 5000])
def test_what_is_no_certificate_tells_nothing(der: bytes) -> None:
    assert {} == tcp_words.certified(der)


def test_the_ports_are_found_by_their_numbers() -> None:
    assert Way.SILENT is BY_NUMBER[445].way
