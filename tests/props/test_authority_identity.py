"""Whatever an item holds, what it tells of a device is bounded, and never an error."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dpf_edge.authority.identity import sighting
from dpf_edge.wire import body, discovery

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    [
        *("mac", "macs", "address", "ip", "uuid", "ids", "hostFingerprint", "networkInterfaces"),
        *("hostname", "vendor", "deviceKind"),
    ]
)


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1), st.dictionaries(FIELDS, JSON))
def test_whatever_a_node_sends_it_is_bounded_and_never_an_error(
    key: str, kind: str, name: str, facts: dict[str, Any]
) -> None:
    item = discovery.decode(
        body.encode(
            {
                "runKey": "1",
                "agentMode": "native",
                "agentVersion": "1",
                "observedAt": "2026-01-02T03:04:05Z",
                "capabilities": ["discovery.network"],
                "items": [{"observedKey": key, "itemType": kind, "name": name, "rawData": facts}],
            }
        )
    ).items[0]

    found = sighting(item)

    if found is not None:
        assert len(found.keys) <= 3 * 64
        assert all(len(told) <= 200 for told in found.attributes.values())
