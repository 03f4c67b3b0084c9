"""Whatever text a machine's files hold, the filters keep what the charter names and no more."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dpf_edge.host import allowed, live

# Texts in which the separators that the filters go by are frequent.
TEXTS = st.text(st.sampled_from("\0\n\r\t\x0b\x0c\x1c\x85\u2028 -:=/#.ab9pé😀"), max_size=60)
SEPARATED = st.lists(
    st.one_of(
        TEXTS,
        st.sampled_from(
            [
                "container=",
                "flags",
                "Features",
                " - ",
                "9p",
                "overlay",
                "cifs",
                "/etc/hosts",
                "host.docker.internal",
                "\n",
                "\0",
                " ",
                ":",
            ]
        ),
    ),
    max_size=20,
).map("".join)


@given(SEPARATED)
@settings(max_examples=200, deadline=None)
def test_of_an_environment_only_container_entries_are_kept(text: str) -> None:
    kept = allowed.container_entry(text)

    assert all(entry.startswith("container=") for entry in kept.split("\0") if kept)
    assert text.split("\0").count("container=x") == kept.split("\0").count("container=x")


@given(SEPARATED)
@settings(max_examples=200, deadline=None)
def test_of_the_processors_one_line_at_most_is_kept(text: str) -> None:
    kept = allowed.flags_line(text)

    assert kept == "" or kept.removesuffix("\n") in text
    assert len(kept.splitlines()) <= 1


@given(SEPARATED)
@example("1 2 0:1 / / rw - cifs")
@example("1 2 0:1 / / rw - ")
@settings(max_examples=200, deadline=None)
def test_of_the_mounts_only_lines_that_tell_are_kept(text: str) -> None:
    lines = text.split("\n")
    for line in allowed.telling_mounts(text).split("\n")[:-1]:
        before, _, after = line.partition(" - ")

        assert (
            before.split(" ")[4] in allowed.MOUNT_POINTS
            or after.split(" ")[0] in allowed.MOUNT_TYPES
        )
        assert any(each.startswith(line) for each in lines)


@given(SEPARATED)
@settings(max_examples=200, deadline=None)
def test_of_a_hosts_file_only_names_of_the_list_are_kept(text: str) -> None:
    for name, addresses in live.hosts(text).items():
        assert name in allowed.NAMES
        assert addresses
        assert len(addresses) == len(set(addresses))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*allowed.ENGINE_FIELDS, "Labels", "HttpProxy", "Swarm"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(st.one_of(JSON.map(json.dumps), TEXTS))
@settings(max_examples=200, deadline=None)
def test_of_an_engines_answer_only_texts_of_listed_fields_are_kept(text: str) -> None:
    kept = allowed.engine_fields(text)

    kept.encode()
    if kept:
        fields = json.loads(kept)
        assert set(fields) <= {*allowed.ENGINE_FIELDS, "Labels"}
        for value in fields.values():
            assert isinstance(value, str) or all(isinstance(each, str) for each in value)
