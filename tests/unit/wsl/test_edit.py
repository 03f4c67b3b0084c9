"""What an edit leaves alone, and where it puts things."""

from __future__ import annotations

import pytest

from dpf_edge.errors import WslConfigEncoding
from dpf_edge.wsl import edit
from dpf_edge.wsl.edit import Change, plan

SEED = b"[wsl2]\nnetworkingMode=mirrored\nfirewall=true\ndnsTunneling=true\nautoProxy=true\n"
# Three of the four, so that an example is about the one that is left.
THREE = "firewall=true\ndnsTunneling=true\nautoProxy=true\n"


def test_where_there_is_no_file_the_seed_s_four_settings_are_written() -> None:
    made = plan(None)

    assert SEED == made.data
    assert [Change(name, None, value, None) for name, value in edit.WANTED.items()] == [
        *made.changes
    ]


def test_a_new_file_has_the_line_ends_of_its_system() -> None:
    assert SEED.replace(b"\n", b"\r\n") == plan(None, "\r\n").data


def test_a_file_that_is_right_is_left_as_it_is() -> None:
    assert edit.Plan(SEED, ()) == plan(SEED)


# Each line: what stands below the header beside the three others, and what it becomes.
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("networkingMode=nat\n", "networkingMode=mirrored\n"),
        ("NetworkingMode = NAT  # why\n", "NetworkingMode = mirrored  # why\n"),
        ('networkingMode="nat"#x\n', "networkingMode=mirrored#x\n"),
        ("networkingMode=#x\n", "networkingMode=mirrored #x\n"),
        ("networkingMode=", "networkingMode=mirrored"),
        ("  networkingMode\t=\tnat\t\n", "  networkingMode\t=\tmirrored\t\n"),
        ("networkingMode=Mirrored\n", None),
        ("networkingMode=mirrored\nnetworkingMode=nat\n",
         "networkingMode=mirrored\n# networkingMode=nat\n"),
        ("networkingMode=nat \\\nmemory=4GB # x\n", "networkingMode=mirrored\n# memory=4GB # x\n"),
        ("networkingMode=mirrored\\\n\n", "networkingMode=mirrored\n\n"),
        ("networkingMode=C:\\nat\\Users # x\n", "networkingMode=mirrored # x\n"),
        ('networkingMode="nat # x\n', "networkingMode=mirrored # x\n"),
        ("networkingMode=\\U\rmemory=4GB\n", "networkingMode=mirrored #\rmemory=4GB\n"),
        ("networkingMode=nat\rmemory=4GB\n", "networkingMode=mirrored\rmemory=4GB\n"),
        ("networkingMode=mirrored\nnetworkingMode=nat\rmemory=4GB\n",
         "networkingMode=mirrored\n# networkingMode=nat\n\rmemory=4GB\n"),
        ('networkingMode="nat\nnetworkingMode=nat\n',
         '# networkingMode="nat\nnetworkingMode=mirrored\n'),
        ("networkingMode mirrored\n", "networkingMode mirrored\n"),
    ],
)  # fmt: skip
def test_a_line_is_changed_where_it_stands(before: str, after: str | None) -> None:
    made = plan(f"[wsl2]\n{THREE}{before}".encode()).data.decode()

    if after == before:
        # Nothing of it is a setting: the key is added right below the header.
        assert f"[wsl2]\nnetworkingMode=mirrored\n{THREE}{before}" == made
    else:
        assert f"[wsl2]\n{THREE}{before if after is None else after}" == made


def test_a_key_under_its_old_section_is_changed_there() -> None:
    made = plan(b"[experimental]\nnetworkingMode=nat\nsparseVhd=true\n")

    assert made.data.startswith(
        b"[experimental]\nnetworkingMode=mirrored\nsparseVhd=true\n\n[wsl2]\n"
    )
    assert b"networkingMode" not in made.data.partition(b"[wsl2]")[2]


def test_what_is_missing_goes_right_below_the_header() -> None:
    made = plan(b"# mine\r\n[WSL2] # here\r\nmemory=4GB\r\n[experimental]\r\nfirewall=1\r\n")

    assert (
        b"# mine\r\n[WSL2] # here\r\nnetworkingMode=mirrored\r\ndnsTunneling=true\r\n"
        b"autoProxy=true\r\nmemory=4GB\r\n[experimental]\r\nfirewall=1\r\n"
    ) == made.data


@pytest.mark.parametrize("header", [b"[wsl2]", b"[wsl2] # c", b"[wsl2]  "])
def test_a_header_at_the_very_end_gets_a_line_end_first(header: bytes) -> None:
    assert header + SEED.removeprefix(b"[wsl2]") == plan(header).data


def test_a_new_section_goes_to_the_end_and_no_key_is_taken_into_it() -> None:
    """A key that stands before any section is unknown to WSL, and stays so."""
    made = plan(b"memory=4GB")

    assert b"memory=4GB\n\n" + SEED == made.data


def test_a_last_line_that_ends_in_a_backslash_takes_nothing_in() -> None:
    made = plan(b"[experimental]\nswapFile=C:\\")

    assert b"[experimental]\n\n" + SEED + b"swapFile=C:\\" == made.data


def test_a_value_that_a_backslash_leaves_open_takes_a_blank_line_in_and_no_header() -> None:
    made = plan(b"[experimental]\nsparseVhd=true\\\n")

    assert b"[experimental]\nsparseVhd=true\\\n\n" + SEED == made.data


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-8"])
def test_a_mark_an_encoding_and_what_wsl_never_sees_stay(codec: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-8": b"\xef\xbb\xbf"}[codec]
    text = "[wsl2]\r\n# für alle\r\nnetworkingMode=nat\r\n"
    rest = "\x1ahidden=1\r\n".encode(codec) + b"\xff"

    made = plan(mark + text.encode(codec) + rest).data

    assert made.startswith(mark)
    assert made.endswith(rest)
    seen = made.removeprefix(mark).removesuffix(rest).decode(codec)
    assert "# für alle\r\nnetworkingMode=mirrored\r\n" in seen


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    made = plan(b"# \xff\xfe\xfc\n[wsl2]\nnetworkingMode=nat\n").data

    assert made.startswith(b"# \xff\xfe\xfc\n[wsl2]\n")


@pytest.mark.parametrize(
    "data",
    [
        b"\xfe\xff" + "[wsl2]\n".encode("utf-16-be"),
        "[wsl2]\nmemory=4GB\n".encode("utf-16-le"),
        "[wsl2]\nmemory=4GB\n".encode("utf-16-be"),
    ],
)
def test_a_file_that_wsl_cannot_read_is_not_added_to(data: bytes) -> None:
    with pytest.raises(WslConfigEncoding):
        plan(data)


def test_a_diff_shows_the_lines_without_their_ends() -> None:
    before = b"[wsl2]\r\nnetworkingMode=nat\r\n" + THREE.encode()

    shown = edit.diff(before, plan(before).data, "f")

    assert ["--- f", "+++ f"] == shown[:2]
    assert {"-networkingMode=nat", "+networkingMode=mirrored"} <= set(shown)
    assert not any("\r" in line or "\n" in line for line in shown)


def test_a_line_that_only_an_accident_makes_a_key_is_not_what_is_relied_on() -> None:
    """Below an invalid header WSL may still find the key; the four go where they surely count."""
    data = b"[wsl2]\nprocessors=2\n[wsl2\nnetworkingMode=nat\n"

    made = plan(data)

    assert made.data.startswith(b"[wsl2]\nnetworkingMode=mirrored\n")
    assert made.data.endswith(b"[wsl2\nnetworkingMode=nat\n")


def test_such_a_line_before_the_section_becomes_a_comment() -> None:
    """Where it came first, it would count if WSL found it."""
    data = b"[wsl1]\n[wsl2\nfirewall=false\n[wsl2]\n"

    made = plan(data)

    assert b"# firewall=false\n[wsl2]\n" in made.data
