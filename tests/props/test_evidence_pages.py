"""Whatever a node puts into its heartbeat, the pages of everybody stay there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dpf_edge.authority.sight import READ
from tests.authority import desk

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = ("/", "/nodes", "/nodes/{node}", "/coverage", "/map")
HUGE = (10**400, -(10**400), 1e308, -1e308, 1e15, 1e20, -1e12, 2**63)
WORDS = ("yes", "no", "unknown", "192.168.50.0/24", "0.0.0.0/0", "::/0", "linux-host", "\ud800")
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from((*HUGE, *WORDS))
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
OUTBOXES = st.fixed_dictionaries({}, optional={"runs": VALUES, "dropped": VALUES})
# What the pages read, each of any shape; and what nothing reads.
EVIDENCE = st.dictionaries(
    st.sampled_from(sorted(READ)) | st.text(max_size=8), VALUES | OUTBOXES, max_size=10
)


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[desk.Desk]:
    with desk.desk(desk.sqlite(tmp_path_factory.mktemp("authority"))) as opened:
        opened.signed_in()
        yield opened


@pytest.fixture(scope="module")
def callers(at: desk.Desk) -> tuple[desk.Caller, ...]:
    return at.enrolled(), at.enrolled(trusted=False)


@example({"lanForSec": 10**400})
@example({"lanForSec": 1e308, "lanAnswer": "yes"})
@example({"lanForSec": -1e12, "lanAnswer": "yes"})
@example({"lanConfidence": 1e308})
@example({"authorityClockAheadSec": 1e308, "lastSweepItems": 10**400, "other": 10**400})
@example({"outbox": {"runs": 1, "dropped": [1]}})
@example({"outbox": {"dropped": "x"}})
@example({"lanWhy": "\ud800", "lanAnswer": "no", "lanNetwork": "\ud800/24", "level": "\ud800"})
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EVIDENCE)
def test_no_evidence_takes_a_page_down(
    at: desk.Desk, callers: tuple[desk.Caller, ...], evidence: dict[str, Any]
) -> None:
    report = {"capability": "discovery.network", "status": "healthy", "evidence": evidence}
    for caller in callers:
        at.clock.now += 60
        # What is too long, or no text, is refused: that is an answer too.
        body = {"capabilityReports": [report]}
        assert at.post("heartbeat", body, caller.token).status_code in {200, 400, 413, 422}
        for path in PAGES:
            page = at.client.get(path.format(node=caller.node_id))
            assert 200 == page.status_code, path
