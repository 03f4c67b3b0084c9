"""WS-Discovery and what endpoints say of themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dpf_edge.discovery import http_text, wsd_soap, xml_tree
from dpf_edge.discovery.wsd_soap import Place

UUID = "2f6b3c1e-0d5b-5a37-9b1c-001422400030"
SOAP = 'xmlns:s="http://www.w3.org/2003/05/soap-envelope"'


def match(xaddrs: str = "", types: str = "wsdp:Device pub:Computer", scopes: str = "") -> bytes:
    return (
        f"<s:Envelope {SOAP}><s:Header/><s:Body><d:ProbeMatches><d:ProbeMatch>"
        f"<a:EndpointReference><a:Address>urn:uuid:{UUID}</a:Address></a:EndpointReference>"
        f"<d:Types>{types}</d:Types><d:Scopes>{scopes}</d:Scopes><d:XAddrs>{xaddrs}</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
    ).encode()


def test_a_match_says_who_what_and_where() -> None:
    (told,) = wsd_soap.matches(match("http://192.168.0.30:5357/x"), "192.168.0.30")

    assert told.endpoint == f"urn:uuid:{UUID}"
    assert told.id == f"uuid:{UUID}"
    assert told.types == ("Device", "Computer")
    assert told.places == (Place(5357, "/x"),)


@pytest.mark.parametrize(
    "xaddrs",
    [
        "http://192.168.0.1:5357/x",  # another host
        "https://192.168.0.30/x",
        "http://printer.local:5357/x",
        "http://192.168.0.30:0/",
        "http://192.168.0.30:99999/",
        "http://192.168.0.30@192.168.0.1/",
        "http://192.168.0.30:5357/x\r\nHost:evil",
        "file:///etc/passwd",
        "",
    ],
)
def test_metadata_is_asked_of_nobody_but_who_answered(xaddrs: str) -> None:
    (told,) = wsd_soap.matches(match(xaddrs), "192.168.0.30")

    assert all(each == Place(5357, "/x") for each in told.places)
    assert all(" " not in each.path and "\r" not in each.path for each in told.places)


def test_an_address_of_ipv6_may_have_its_zone() -> None:
    assert wsd_soap.place("http://[fe80::1%25eth0]:5357/a", "fe80::1") == Place(5357, "/a")
    assert wsd_soap.place("http://[fe80::2]:5357/a", "fe80::1") is None


def test_a_camera_says_its_name_and_model_by_its_scopes() -> None:
    scopes = (
        "onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/M3045"
        " onvif://www.onvif.org/location/country/china onvif://www.onvif.org/type/video_encoder"
        " onvif://www.onvif.org/name/Second"
    )
    (told,) = wsd_soap.matches(match(types="dn:NetworkVideoTransmitter", scopes=scopes), "10.0.0.1")

    assert told.types == ("NetworkVideoTransmitter",)
    assert told.scopes == {
        "name": "Front door",
        "hardware": "M3045",
        "location": "country/china",
    }


@pytest.mark.parametrize("data", [b"", b"<a/>", b"HTTP/1.1 200 OK\r\n\r\n", b"<s:Envelope/>"])
def test_what_is_no_answer_matches_nobody(data: bytes) -> None:
    assert wsd_soap.matches(data, "192.168.0.30") == ()


def test_an_endpoint_that_would_end_the_envelope_is_not_put_into_one() -> None:
    data = match().replace(UUID.encode(), UUID.encode() + b"&lt;/a:Address&gt;")

    (told,) = wsd_soap.matches(data, "192.168.0.30")

    assert told.endpoint == ""


def test_many_endpoints_in_one_answer_are_bounded() -> None:
    one = match().decode()
    body = one[one.index("<d:ProbeMatch>") : one.index("</d:ProbeMatches>")]

    found = wsd_soap.matches(one.replace(body, body * 100).encode(), "10.0.0.1")

    assert len(found) == wsd_soap.MOST_MATCHES


def metadata(
    body: str, head: str = "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml"
) -> bytes:
    return f"{head}\r\n\r\n<s:Envelope {SOAP}><s:Body>{body}</s:Body></s:Envelope>".encode()


DEVICE = (
    "<wsdp:ThisDevice><wsdp:FriendlyName>Canon MG5700</wsdp:FriendlyName>"
    "<wsdp:FirmwareVersion>2.01</wsdp:FirmwareVersion>"
    "<wsdp:SerialNumber>0000</wsdp:SerialNumber></wsdp:ThisDevice>"
    "<wsdp:ThisModel><wsdp:Manufacturer>Canon</wsdp:Manufacturer>"
    "<wsdp:ModelName>MG5700 series</wsdp:ModelName></wsdp:ThisModel>"
)


def test_a_printer_says_its_name_maker_and_model() -> None:
    assert wsd_soap.metadata(metadata(DEVICE)) == wsd_soap.Metadata(
        ("Canon MG5700",),
        (),
        {"maker": "Canon", "model": "MG5700 series", "firmware": "2.01"},
    )


@pytest.mark.parametrize(
    ("computer", "names", "attributes"),
    [
        ("ANNA-PC/Workgroup:OFFICE", ("ANNA-PC",), {"workgroup": "OFFICE"}),
        ("ANNA-PC/Domain:CORP", ("ANNA-PC",), {"domain": "CORP"}),
        ("ANNA-PC", ("ANNA-PC",), {}),
        ("A\u202ePC/Workgroup:X", ("APC",), {"workgroup": "X"}),
    ],
)
def test_a_computer_is_called_what_it_says_as_a_computer(
    computer: str, names: tuple[str, ...], attributes: dict[str, str]
) -> None:
    body = f"<pub:Types>pub:Computer</pub:Types><pub:Computer>{computer}</pub:Computer>{DEVICE}"

    assert wsd_soap.metadata(metadata(body)) == wsd_soap.Metadata(names, ("Computer",), attributes)


def test_an_answer_in_chunks_is_put_together() -> None:
    plain = metadata(DEVICE)
    head, _, body = plain.partition(b"\r\n\r\n")
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(body[at : at + 50]), body[at : at + 50])
        for at in range(0, len(body), 50)
    )
    chunked = head + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"

    assert wsd_soap.metadata(chunked) == wsd_soap.metadata(plain)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        metadata(DEVICE, "HTTP/1.1 500 Oops"),
        metadata(DEVICE, "SSH-2.0-x"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n<a>",
        b"HTTP/1.1 200 OK\r\n\r\n<html/>",
    ],
)
def test_what_is_no_metadata_gives_none(data: bytes) -> None:
    assert wsd_soap.metadata(data) is None


def test_a_request_says_no_more_than_it_has_to_and_is_as_long_as_it_says() -> None:
    request = wsd_soap.get(f"urn:uuid:{UUID}", UUID, "[fe80::1]", Place(5357, "/a"))

    head = http_text.head(request)
    assert head.start == "POST /a HTTP/1.1"
    assert head.headers["host"] == "[fe80::1]:5357"
    assert int(head.headers["content-length"]) == len(head.body)
    root = xml_tree.read(head.body)
    assert root is not None
    assert root.says("Header", "To") == f"urn:uuid:{UUID}"


def test_each_probe_has_a_number_of_its_own() -> None:
    # Whoever has seen a number before stays silent: two probes of one number would lose answers.
    case = json.loads((CASES / "wsd" / "office.json").read_text())
    put = next(each for each in case["exchanges"] if each["method"] == "ask")["given"]["questions"]
    numbers = {
        (each["to"], root.says("Header", "MessageID"))
        for each in put
        if (root := xml_tree.read(each["payload"].removeprefix("text:").encode())) is not None
    }

    assert len(numbers) == len(put) == 4


CASES = Path(__file__).parents[2] / "cases-discovery"
