"""SSDP's messages and UPnP's descriptions, honest and otherwise."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from dpf_edge.discovery import links, ssdp_text, upnp_seen, upnp_xml, xml_tree
from dpf_edge.discovery.collectors.ssdp import ssdp
from dpf_edge.discovery.job import Job, Place
from dpf_edge.errors import Failed
from dpf_edge.host.net import Datagram, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.observed import Observation

PLACE = Place("eth0", 2, None, ("192.168.0.200/24",))
UUID = "8c79f540-0021-4d52-8000-5543003333aa"
TYPE = "urn:schemas-upnp-org:device:MediaRenderer:1"


def answer(
    location: str = "http://192.168.0.21:9197/dmr", what: str = TYPE, uuid: str = UUID
) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION: {location}\r\n"
        f"SERVER: SHP, UPnP/1.0, Samsung UPnP SDK/1.0\r\nST: {what}\r\n"
        f"USN: uuid:{uuid}::{what}\r\n\r\n"
    ).encode()


DESCRIPTION = f"""<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>{TYPE}</deviceType><friendlyName>[TV] Meeting room</friendlyName>
<manufacturer>Samsung Electronics</manufacturer><modelName>UE55NU7100</modelName>
<serialNumber>0AKJ3HLM400021</serialNumber><UDN>uuid:{UUID}</UDN>
<sec:ProductCap>Y2018</sec:ProductCap>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:RenderingControl:1</serviceType>
</service></serviceList>
<deviceList><device><deviceType>urn:x:device:Inner:1</deviceType>
<friendlyName>inner</friendlyName><UDN>uuid:RINCON_5CAAFD40001401400</UDN></device></deviceList>
</device></root>""".encode()


def test_an_answer_says_who_what_and_where() -> None:
    assert ssdp_text.read(answer()) == ssdp_text.Said(
        f"uuid:{UUID}", TYPE, "http://192.168.0.21:9197/dmr", "SHP, UPnP/1.0, Samsung UPnP SDK/1.0"
    )


def test_a_device_s_own_word_is_read_and_its_good_bye_known() -> None:
    data = (
        b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\n"
        b"NTS: ssdp:byebye\r\nUSN: uuid:" + UUID.encode() + b"::upnp:rootdevice\r\n\r\n"
    )

    said = ssdp_text.read(data)

    assert said == ssdp_text.Said(f"uuid:{UUID}", "upnp:rootdevice", "", "", is_leaving=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nST: x\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"\x00" * 1000,
    ],
)
def test_what_is_neither_is_not_read(data: bytes) -> None:
    assert ssdp_text.read(data) is None


def test_a_search_names_its_group_as_its_family_writes_it() -> None:
    assert b"HOST: 239.255.255.250:1900\r\n" in ssdp_text.search(ssdp_text.GROUP)
    assert b"HOST: [ff02::c]:1900\r\n" in ssdp_text.search(ssdp_text.GROUP_6)


def test_a_description_says_what_the_device_and_those_in_it_are() -> None:
    assert upnp_xml.read(DESCRIPTION) == upnp_xml.Description(
        "[TV] Meeting room",
        (f"uuid:{UUID}", "uuid:rincon_5caafd40001401400"),
        (TYPE, "urn:x:device:Inner:1"),
        ("urn:schemas-upnp-org:service:RenderingControl:1",),
        {"maker": "Samsung Electronics", "model": "UE55NU7100", "serial": "0AKJ3HLM400021"},
    )


@pytest.mark.parametrize("serial", ["00000000", "12345678", "none", "N/A", "xxxx", ""])
def test_a_serial_number_that_is_none_is_left_out(serial: str) -> None:
    told = upnp_xml.read(DESCRIPTION.replace(b"0AKJ3HLM400021", serial.encode()))

    assert told is not None
    assert "serial" not in told.attributes


@pytest.mark.parametrize(
    "uuid",
    [
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009",
        "12345678-1234-1234-1234-123456789012",
    ],
)
def test_an_id_that_many_devices_have_is_nobodys(uuid: str) -> None:
    said = ssdp_text.read(answer(uuid=uuid))

    assert said is not None
    assert said.id is None


BOMB = (
    '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha">'
    + "".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9))
    + "]><root><device><friendlyName>&j;</friendlyName></device></root>"
).encode()
OUTSIDE = (
    b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<root><device><friendlyName>&x;</friendlyName></device></root>"
)


@pytest.mark.parametrize("data", [BOMB, OUTSIDE, b"", b"<", b"no xml", b"\xff" * 100, b"<html/>"])
def test_what_is_no_description_gives_none(data: bytes) -> None:
    assert upnp_xml.read(data) is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"<a>" * 20_000, id="deep"),
        pytest.param(b"<a>" + b"<b/>" * 16_000, id="wide"),
        pytest.param(b"<a>" + b"x" * 65_000, id="long text"),
        pytest.param(
            b"<a " + b"".join(b'b%d="" ' % n for n in range(6000)) + b">", id="attributes"
        ),
        pytest.param(b"<" + b"a" * 65_000, id="long name"),
        pytest.param(b"<a>" + b"&amp;" * 13_000 + b"</a>", id="entities of XML itself"),
    ],
)
def test_a_document_without_end_is_bounded(data: bytes) -> None:
    root = xml_tree.read(data)

    elements = list(everything(root)) if root is not None else []
    assert len(elements) <= xml_tree.MOST_ELEMENTS
    assert all(len(each.text) <= xml_tree.MOST_TEXT for each in elements)
    assert all(len(each.name) <= xml_tree.MOST_NAME for each in elements)


def everything(root: xml_tree.Element) -> Iterator[xml_tree.Element]:
    waiting = [root]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += here.children


def test_what_came_before_a_break_is_read() -> None:
    cut = DESCRIPTION[: DESCRIPTION.index(b"<serviceList>")] + b"<a & b>"

    told = upnp_xml.read(cut)

    assert told is not None
    assert told.name == "[TV] Meeting room"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xef\xbb\xbf\r\n " + "<r><a>Büro</a></r>".encode(), id="mark and blanks"),
        pytest.param("<r><a>Büro</a></r>".encode("utf-16"), id="UTF-16"),
        pytest.param(
            '<?xml version="1.0" encoding="ISO-8859-1"?><r><a>Büro</a></r>'.encode("latin-1"),
            id="Latin-1",
        ),
        pytest.param('<?xml version="1.0" encoding="bz2"?><r><a>Büro</a></r>'.encode(), id="liar"),
        pytest.param("<r><a>Büro</a></r>".encode() + b"\0\0\r\n", id="a tail"),
    ],
)
def test_text_is_read_in_whatever_encoding_devices_send(data: bytes) -> None:
    root = xml_tree.read(data)

    assert root is not None
    assert root.says("a") == "Büro"


class Speakers:
    """A network where some addresses answer the search and some serve a description."""

    def __init__(self, answers: list[tuple[str, bytes]], pages: dict[str, Page | Failed]) -> None:
        self.answers, self.pages = answers, pages
        self.fetched: list[tuple[str, str]] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        return 1_767_225_600.0

    def left(self) -> float:
        return 10.0

    def ask(self, _questions: object, **_: object) -> Iterator[Datagram]:
        for address, data in self.answers:
            yield Datagram(data, address, 1900, "eth0", self.now())

    def fetch(self, url: str, *, only: str, **_: object) -> Page:
        with self._lock:
            self.fetched.append((url, only))
        page = self.pages.get(url, Failed("refused"))
        if isinstance(page, Failed):
            raise page
        return page


def swept(speakers: Speakers) -> list[Observation]:
    """What the collector makes of a network."""
    job = Job(None, None, (PLACE,))  # type: ignore[arg-type]
    return list(ssdp(job, speakers))  # type: ignore[arg-type]


def test_a_description_is_fetched_once_and_from_whoever_named_it_alone() -> None:
    url = "http://192.168.0.21:9197/dmr"
    page = Page(200, {}, DESCRIPTION, 1_767_225_601.0)
    net = Speakers(
        [("192.168.0.21", answer()), ("192.168.0.21", answer(what="upnp:rootdevice"))], {url: page}
    )

    seen = swept(net)

    assert net.fetched == [(url, "192.168.0.21")]
    assert {name for each in seen for name in each.names} == {"[TV] Meeting room"}
    assert {each.addresses for each in seen} == {("192.168.0.21",)}


@pytest.mark.parametrize(
    "page",
    [
        Page(302, {"location": "http://192.168.0.1/"}, DESCRIPTION, 0.0),
        Page(200, {}, BOMB, 0.0),
        Page(200, {}, b"", 0.0),
        Failed("the URL leads to another host than the one that answered"),
    ],
)
def test_a_device_that_does_not_describe_itself_is_there_all_the_same(page: Page | Failed) -> None:
    net = Speakers([("192.168.0.21", answer())], {"http://192.168.0.21:9197/dmr": page})

    (seen,) = swept(net)

    assert seen.ids == (f"uuid:{UUID}",)
    assert seen.names == ()


def test_a_flood_of_answers_is_fetched_for_a_few_times_only() -> None:
    flood = [
        ("192.168.0.66", answer(f"http://192.168.0.66/{n}", f"urn:x:{n}", f"{n:032x}"))
        for n in range(5000)
    ]
    page = Page(200, {}, DESCRIPTION, 0.0)
    net = Speakers([*flood, ("192.168.0.21", answer())], {"http://192.168.0.21:9197/dmr": page})

    seen = swept(net)

    assert len(net.fetched) == upnp_seen.MOST_LOCATIONS + 1
    assert any("[TV] Meeting room" in each.names for each in seen)
    assert all(len(each.hints) <= 64 and len(each.ids) <= 16 for each in seen)


def test_an_answer_from_no_address_of_the_lan_is_none() -> None:
    assert swept(Speakers([("203.0.113.9", answer())], {})) == []


def test_a_search_that_breaks_off_ends_the_collector_and_its_workers() -> None:
    class Broken(Speakers):
        def ask(self, _questions: object, **_: object) -> Iterator[Datagram]:
            yield from super().ask(_questions)
            raise Failed("eth0: no such link")

    before = threading.active_count()
    with pytest.raises(Failed):
        swept(Broken([("192.168.0.21", answer())], {}))
    for each in threading.enumerate():
        if each.name.startswith("side-by-side"):
            each.join(5)
    assert threading.active_count() <= before


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://a:80", 80),
        ("https://a/x", 443),
        ("http://a:99999", None),
        ("http://[", None),
        ("x", None),
    ],
)
def test_a_port_is_told_from_a_url(url: str, port: int | None) -> None:
    assert upnp_seen.port_of(url) == port


def test_our_links_decide_who_may_answer() -> None:
    here = links.links([PLACE])

    assert here.may_answer("192.168.0.7", "eth0")
    assert here.may_answer("fe80::7", "eth0")
    assert here.may_answer("10.1.2.3", "eth0"), "a second network on the same wire"
    assert not here.may_answer("203.0.113.7", "eth0")
    assert not here.may_answer("nonsense", "eth0")
