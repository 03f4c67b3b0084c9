"""Whatever devices call themselves, every export ends, is well-formed, and does nothing."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.errors import SweepUnreadable
from dpf_edge.export import swept
from dpf_edge.export.exporters import exporter
from dpf_edge.export.exporters.csv import FORMULA, HEAD
from dpf_edge.export.inventory import Edge, Entry, Inventory, Network, Offer
from dpf_edge.export.text import UNFIT

NASTY = (
    "=1+1", "x;=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2", "\t=1", "＝1", "'=1", ",", ";", " ",
    "{{ 7*7 }}", "{% raw %}", "!unsafe x", "- a: b", "'", '"', "\\", '\\"', "`", "#", "|", ">",
    "%%{init}%%", "end", "</host>", "<br/>", "&amp;", "&#60;", "]]>", "<!--", "-->", "localhost",
    "all", "ungrouped", "192.168.1.1", "\r\n", "\x00", "\x1b[2J", "\x85", "\u2028", "\u202e",
    "\ufeff", "\ufffe", "\ud800", "\udfff", "\U000e0041", "\U0001f5a8", "x", "\u0315\u0300",
)  # fmt: skip
# One in eight is as long as a hostile device makes it.
WORDS = st.builds(
    lambda word, times: word * (times if times < 8 else 65_536 // len(word)),
    st.sampled_from(NASTY),
    st.integers(1, 8).map(lambda times: times if times == 8 else 1),
)
TEXTS = st.lists(WORDS | st.text(max_size=4), max_size=3).map("".join)
ADDRESSES = st.sampled_from(
    ("192.168.1.1", "192.168.1.2", "10.0.0.1", "fd00::1", "fe80::1", "169.254.0.1")
)
MACS = st.sampled_from(("02:00:00:00:00:01", "02:00:00:00:00:02", "00:00:00:00:00:00:00:01"))


def few(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=3).map(tuple)


MAYBE = st.none() | TEXTS
OFFERS = st.builds(
    Offer,
    TEXTS,
    st.none() | st.integers(0, 65_535),
    st.sampled_from(("tcp", "udp")) | TEXTS,
    MAYBE,
    MAYBE,
    st.dictionaries(TEXTS, TEXTS, max_size=2),
)
KEYS = st.sampled_from(("a", "b", "=c", "{{ d }}", 'e"\n'))
ENTRIES = st.builds(
    Entry,
    key=KEYS,
    addresses=few(ADDRESSES),
    macs=few(MACS),
    names=few(TEXTS),
    ids=few(TEXTS),
    kind=MAYBE,
    maker=MAYBE,
    roles=few(TEXTS),
    services=few(OFFERS),
    attributes=st.dictionaries(st.sampled_from(("model", "os", "x")), TEXTS | st.integers()),
    site=MAYBE,
    first_seen=MAYBE,
    last_seen=MAYBE,
)
NETWORKS = st.builds(
    Network, TEXTS, st.sampled_from(("192.168.1.0/24", "fd00::/64")) | TEXTS, MAYBE
)
EDGES = st.builds(
    Edge,
    KEYS | TEXTS,
    KEYS | TEXTS,
    st.sampled_from(("PEER_OF", "MEMBER_OF")) | TEXTS,
    MAYBE,
    MAYBE,
)
INVENTORIES = st.builds(
    Inventory,
    st.lists(ENTRIES, max_size=4, unique_by=lambda each: each.key),
    st.lists(NETWORKS, max_size=3, unique_by=lambda each: each.key).map(tuple),
    few(EDGES),
    st.just("2026-01-02T03:04:05Z") | TEXTS,
)
SOME = settings(max_examples=40, deadline=None)


def made(form: str, inventory: Inventory) -> str:
    """What an exporter writes; it can be written to a file."""
    text = "".join(exporter.all()[form](inventory))
    text.encode()
    return text


def read(octets: bytes) -> Inventory:
    """The inventory of a sweep; an empty one where it was refused, as it has to be."""
    try:
        return swept.inventory(octets, "it")
    except SweepUnreadable:
        return Inventory(())


def is_harmless(text: str, but: str = "\n") -> bool:
    """Whether nothing in it steers a terminal or an eye."""
    return not {unicodedata.category(each) for each in set(text) - {*but}} & UNFIT


@SOME
@given(INVENTORIES)
def test_csv_has_a_row_a_device_and_no_formula(inventory: Inventory) -> None:
    text = made("csv", inventory)

    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert list(HEAD) == rows[0]
    assert len(list(inventory.devices)) == len(rows) - 1
    assert {len(HEAD)} == {len(row) for row in rows}
    assert is_harmless(text, "\r\n")
    started = FORMULA[:-1]
    assert not [cell for row in rows for cell in row if cell.startswith(started)]
    # As a spreadsheet has it that parts cells by semicolons, whatever it makes of the quotes.
    assert not [
        cell
        for line in text.splitlines()
        for cell in line.split(";")
        if cell.lstrip(' "').startswith(started)
    ]


@SOME
@given(INVENTORIES)
def test_json_lines_are_each_a_document_that_says_what_it_is(inventory: Inventory) -> None:
    text = made("jsonl", inventory)

    told = [json.loads(line) for line in text.splitlines()]
    kinds = Counter(each["type"] for each in told)
    assert kinds["device"] == len(list(inventory.devices))
    assert kinds["network"] == len(inventory.networks)
    assert kinds["relationship"] == len(list(inventory.edges))
    assert is_harmless(text)


@SOME
@given(INVENTORIES)
def test_nmap_xml_parses_and_has_every_host(inventory: Inventory) -> None:
    text = made("nmap-xml", inventory)

    root = ElementTree.fromstring(text.encode())  # noqa: S314 -- ours
    hosts = root.findall("host")
    macs = re.compile("([0-9a-f]{2}:){5}[0-9a-f]{2}")
    known = [
        each for each in inventory.devices if each.addresses or any(map(macs.fullmatch, each.macs))
    ]
    assert len(known) == len(hosts) == int(root.findall("runstats/hosts")[0].attrib["total"])
    assert {"nmaprun", "host", "status", "address", "hostnames", "hostname", "ports", "port"} | {
        "state", "service", "runstats", "finished", "hosts",
    } >= {each.tag for each in root.iter()}  # fmt: skip
    assert is_harmless(text)


@SOME
@given(INVENTORIES)
@example(Inventory([Entry(name, ("10.0.0.1",), (), (name,)) for name in ("localhost", "All")]))
@example(Inventory([Entry(str(n), ("10.0.0.1",), (), ("same",)) for n in range(2_000)]))
def test_an_ansible_inventory_is_yaml_and_all_of_a_device_is_marked(inventory: Inventory) -> None:
    text = made("ansible", inventory)

    class Marked(str):
        """What Ansible expands nothing in."""

        __slots__ = ()

    class Loader(yaml.CSafeLoader):
        """Ansible's, as far as it matters here."""

    Loader.add_constructor("!unsafe", lambda loader, node: Marked(node.value))
    told = yaml.load(text, Loader)["all"]  # noqa: S506 -- a safe one

    known = [each for each in inventory.devices if each.reachable]
    assert [each.reachable for each in known] == [
        each["ansible_host"] for each in told["hosts"].values()
    ]
    assert not {"localhost", "all", "ungrouped"} & told["hosts"].keys()
    for name, variables in told["hosts"].items():
        assert re.fullmatch("[a-z0-9]([a-z0-9.-]*[a-z0-9])?", name)
        for key, value in variables.items():
            for each in value if isinstance(value, list) else [value]:
                assert isinstance(each, Marked | int) or key == "ansible_host"
    for name, group in told.get("children", {}).items():
        assert re.fullmatch("(kind|role|site)_[a-z0-9_]+", name)
        assert group["hosts"].keys() <= told["hosts"].keys()
    assert is_harmless(text)


@SOME
@given(INVENTORIES)
def test_prometheus_gets_a_target_for_each_that_can_be_reached(inventory: Inventory) -> None:
    text = made("prometheus-sd", inventory)

    told = json.loads(text)
    assert sum(each.reachable is not None for each in inventory.devices) == len(told)
    for group in told:
        assert re.fullmatch(r"[0-9.]+|\[[0-9a-f:]+\]", group["targets"][0])
        for name, value in group["labels"].items():
            assert re.fullmatch("__meta_dpf_[a-z]+", name)
            assert isinstance(value, str)
    assert is_harmless(text)


NODE = re.compile(r'\s*(?:d\d+|n\d+) \[(?:label="(?:[^"\\]|\\.)*"|shape=point, style=invis)\];')
EDGE = re.compile(
    r'\s*[dn]\d+ -- [dn]\d+ \[label="(?:[^"\\]|\\.)*", style=(?:solid|dashed)'
    r"(?:, l(?:tail|head)=cluster_n\d+)*\];"
)
CLUSTER = re.compile(r'\s*subgraph cluster_n\d+ \{|\s*label="(?:[^"\\]|\\.)*";|\s*\}')


@SOME
@given(INVENTORIES)
def test_a_dot_graph_has_no_line_but_those_of_its_grammar(inventory: Inventory) -> None:
    text = made("dot", inventory)

    body = text.splitlines()[3:]
    assert [] == [
        line
        for line in body
        if not (NODE.fullmatch(line) or EDGE.fullmatch(line) or CLUSTER.fullmatch(line))
    ]
    nodes = [line for line in body if re.match(r"\s*d\d+ \[", line)]
    assert len(list(inventory.devices)) == len(nodes)
    assert text.count(" {\n") == len(re.findall(r"^ *\}$", text, re.MULTILINE))
    assert is_harmless(text)


CHART = re.compile(
    r"""\s*(?:end|subgraph\ n\d+\["(?P<box>[^"]*)"\]|d\d+\["(?P<node>[^"]*)"\]
    |[dn]\d+\ (?:---|-\.-)(?:\|"(?P<line>[^"]*)"\|)?\ [dn]\d+)""",
    re.VERBOSE,
)


@SOME
@given(INVENTORIES)
def test_a_mermaid_chart_has_no_line_but_those_of_its_grammar(inventory: Inventory) -> None:
    text = made("mermaid", inventory)

    first, *body = text.splitlines()
    assert "flowchart LR" == first
    for line in body:
        found = CHART.fullmatch(line)
        assert found, line
        for label in filter(None, found.groupdict().values()):
            bare = re.sub(r"#\d+;|<br/>", "", label)
            assert not set(bare) & set("#\"'`<>&\\[](){}|;")
    assert is_harmless(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
FIELDS = ("kind", "maker", "services", "self", "ids", "roles", "attributes", "private_mac")
DEVICES = st.fixed_dictionaries(
    {"key": TEXTS, "addresses": few(TEXTS | ADDRESSES), "macs": few(TEXTS | MACS)}
    | {"names": few(TEXTS)},
    optional=dict.fromkeys(FIELDS, JSON),
)
OBSERVATIONS = st.fixed_dictionaries(
    {"collector": TEXTS, "seen_at": TEXTS},
    optional={
        **dict.fromkeys(("macs", "ids", "names", "network", "is_self"), JSON),
        "addresses": JSON | few(ADDRESSES),
        "ties": JSON
        | st.lists(
            st.fixed_dictionaries(
                {"kind": JSON}, optional=dict.fromkeys(("address", "network", "port"), JSON)
            ),
            max_size=2,
        ),
    },
)


@SOME
@given(
    st.fixed_dictionaries(
        {"sweep": st.just(1), "started_at": TEXTS, "devices": st.lists(DEVICES, max_size=3)},
        optional={"observations": st.lists(OBSERVATIONS, max_size=3), "outcomes": JSON},
    ),
    st.booleans(),
)
def test_a_sweep_of_anybody_is_read_or_refused_and_what_is_read_is_written(
    document: dict[str, Any], is_ascii: bool
) -> None:
    octets = json.dumps(document, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    inventory = read(octets)

    for form in exporter.all():
        made(form, inventory)


@SOME
@given(st.binary(max_size=200))
@example(b'{"sweep":1,"started_at":"","devices":[],"observations":[{"ties":"' + b"\\" * 9 + b'"}]}')
def test_no_octets_are_a_traceback(octets: bytes) -> None:
    read(octets)
