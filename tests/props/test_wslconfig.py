"""No text stops the parser, and an edit does what it says and nothing else, whatever the file."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.errors import WslConfigEncoding
from dpf_edge.model import Severity
from dpf_edge.wsl import edit, encoding, grammar
from dpf_edge.wsl.lint import lint
from dpf_edge.wsl.settings import read
from tests.test_cases import schema

# Pieces in which everything that the grammar is about is frequent, next to each other.
PIECES = [
    *("[wsl2]", "[WSL2]", "[experimental]", "[wsl 2]", "[ wsl2 ]", "[wsl2 ]", "[w", "[general]"),
    *("networkingMode", "networkingmode", "firewall", "dnsTunneling", "autoProxy", "memory"),
    *("safeMode", "ignoredPorts", "dnsTunnelingIpAddress", "kernelCommandLine", "swapFile"),
    *("=", " = ", "=\t", "mirrored", "MIRRORED", "nat", "true", "1", "false", "4GB", "80abc"),
    *("\n", "\r\n", "\r", "\\\n", "\\\r\n", "\\", "\\\\", '\\"', "\\t", "\\U", "#", " # c"),
    *('"', " ", "\t", ";", "é", "ŭ", "\0", "\x1a", "\udc80", "😀", "\u2028"),
]
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=24).map("".join)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file in an encoding that WSL reads, of pieces of its grammar; now and then any bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=40))
    text = draw(TEXTS)
    if draw(st.booleans()):
        return encoding.BOM_UTF16LE + text.encode("utf-16-le", "surrogatepass")
    bom = encoding.BOM_UTF8 if draw(st.booleans()) else b""
    return bom + text.encode("utf-8", "replace" if "\ud800" <= max(text, default="") else "strict")


def settled(data: bytes) -> edit.Plan | None:
    """A file's plan; None where WSL reads nothing of the file."""
    try:
        return edit.plan(data)
    except WslConfigEncoding:
        return None


@given(files())
@example(b"")
@example(b"\xfe\xff\x00[")
@example(b"[wsl2]\nmemory=4GB\\")
@settings(max_examples=600, deadline=None)
def test_no_file_stops_the_parser_and_what_is_said_fits_the_contract(data: bytes) -> None:
    said = msgspec.json.decode(msgspec.json.encode(lint(data)))

    schema("wslconfig-1").validate(said)


@given(files())
@settings(max_examples=600, deadline=None)
def test_a_file_is_its_text_again(data: bytes) -> None:
    whole = encoding.decode(data)

    assert data == whole.encoded(whole.text)


@given(TEXTS)
@settings(max_examples=600, deadline=None)
def test_what_the_parser_points_at_is_there(text: str) -> None:
    found = grammar.scan(text)

    starts = [entry.start for entry in found.entries]
    assert starts == sorted(set(starts))
    for entry in found.entries:
        assert text.startswith(entry.written, entry.start)
        assert entry.start < entry.value_start <= entry.value_end <= entry.end <= len(text)
        assert all(text[join.backslash] == "\\" for join in entry.joins)
    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= entry.line <= lines for entry in found.entries)
    assert all(1 <= fault.line <= lines for fault in found.faults)


@given(files())
@example(b"networkingMode=nat\rmemory=4GB\n")
@example(b"[wsl2]\nnetworkingMode=nat \\\n[experimental]\nfirewall=0\rmemory=1GB")
@example(b"[experimental]\nfirewall=x\\")
@example(b"[experimental]\nsparseVhd=1\\\n")
@example(b"[wsl2]\r\nautoProxy=\\U\rmemory=4GB\r\n")
@example(b"[wsl2]\nsafeMode=true\n")
@settings(max_examples=1500, deadline=None)
def test_what_was_written_lints_clean_for_its_four_keys(data: bytes) -> None:
    made = settled(data)
    if made is None:
        return

    reading, found = read(made.data), lint(made.data)

    lines = set()
    for name, wanted in edit.WANTED.items():
        assert reading.value(name) in edit.SAME[wanted]
        assert 1 == sum(each.key == name for each in found.settings)
        lines.add(reading.line(name))
    said = [each for each in found.problems if each.line in lines]
    assert [] == [each for each in said if each.severity is not Severity.INFO]


@given(files())
@settings(max_examples=1500, deadline=None)
def test_no_other_setting_changes(data: bytes) -> None:
    made = settled(data)
    if made is None:
        return

    assert edit.untouched(read(data)) == edit.untouched(read(made.data))


@given(files())
@settings(max_examples=1000, deadline=None)
def test_a_second_plan_changes_nothing(data: bytes) -> None:
    made = settled(data)
    if made is None:
        return

    assert edit.Plan(made.data, ()) == edit.plan(made.data)


# Lines as people write them, none of which is one of the four keys'.
OTHERS = st.sampled_from(
    ["# a comment", "", "memory=4GB # half", "; what is this", "swapFile=C:\\\\s.vhdx", "x", "\t#"]
)
FOURS = st.sampled_from(["networkingMode=nat", "firewall = FALSE # off", "AutoProxy=0"])


@given(
    st.lists(st.one_of(OTHERS, FOURS), min_size=1), st.sampled_from(["\n", "\r\n"]), st.booleans()
)
@settings(max_examples=500, deadline=None)
def test_every_other_line_stays_byte_for_byte(lines: list[str], end: str, ended: bool) -> None:
    text = end.join(["[wsl2]", *lines]) + (end if ended else "")
    others = [line for line in text.split(end) if not is_one_of_four(line)]

    made = edit.plan(encoding.BOM_UTF8 + text.encode())

    assert made.data.startswith(encoding.BOM_UTF8 + b"[wsl2]")
    left = made.data.removeprefix(encoding.BOM_UTF8).decode().split(end)
    kept = [line for line in left if not is_one_of_four(line)]
    assert others == kept if ended else others == kept[: len(others)]


def is_one_of_four(line: str) -> bool:
    """Whether a line sets one of the four, or did before it became a comment."""
    name = line.removeprefix("# ").partition("=")[0].strip().lower()
    return name in {each.partition(".")[2].lower() for each in edit.WANTED}


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_a_value_that_needs_no_quotes_is_read_as_it_is(text: str) -> None:
    plain = "".join(c for c in text if c.isascii() and c.isprintable() and c not in '"#\\').strip()

    found = grammar.scan(f"[wsl2]\nmemory = {plain}  # the rest\n")

    assert plain == found.entries[0].value


def test_a_million_characters_are_read_in_proportion_to_their_number() -> None:
    """Counted and not timed: the scanner never looks at a character that it has left behind."""
    data = b"[wsl2]\n" + b'memory="\\t\\\n' * 80_000

    assert lint(data).problems


@pytest.mark.parametrize("digits", ["9" * 5000, "0x" + "f" * 5000, "0" * 5000 + "7"])
def test_a_number_of_any_length_is_a_number(digits: str) -> None:
    """Python itself refuses to read more than 4 300 digits."""
    said = lint(f"[wsl2]\nprocessors={digits}\nswap={digits}GB\nignoredPorts={digits}\n".encode())

    assert said.settings[0].effective
