"""Whatever a machine shows and an Authority answers: a node says what the contract takes, and goes
on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dpf_edge.config import node as config
from dpf_edge.config.table import SETTINGS
from dpf_edge.discovery import subnets
from dpf_edge.host.http import Exchange
from dpf_edge.model import Answer
from dpf_edge.node import runs
from dpf_edge.node.replies import Act, understood
from dpf_edge.node.runs import Agent
from dpf_edge.wire import discovery, limits
from tests.props.test_diagnosis import captures
from tests.unit.node.machines import OWN, swept

if TYPE_CHECKING:
    from dpf_edge.host.capture import Capture

NOW = 1_767_323_045.0
KEY = "6f0f7c1e-3f0b-4d53-9a55-0a6f3c1b2d4e"
VARIABLES = [each.variable for each in SETTINGS]
# Long enough that no message has it by chance.
SECRET = "hunter2-hunter2-hunter2"  # noqa: S105 -- the secret that is looked for


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(captures)
def test_any_machine_gives_a_run_that_an_authority_takes(capture: Capture) -> None:
    """W24: and nothing in it dangles, and nothing in it is twice."""
    found = swept(capture)

    assert {"failed"} & {each.status.value for each in found.outcomes} == set()
    parts = runs.bodies(found, KEY, Agent("native", "0.1.0"))
    assert 1 == len(parts)
    run = discovery.decode(parts[0].body)
    discovery.check_raw_data(run)
    discovery.check_fresh(run, NOW)
    keys = [item.observed_key for item in run.items]
    assert len(keys) == len(set(keys))
    for link in run.relationships or ():
        assert {link.from_observed_key, link.to_observed_key} <= set(keys)
    if found.diagnosis.lan.answer is Answer.NO:
        assert [OWN.key] == keys
        assert run.warnings


@settings(deadline=None, max_examples=100)
@given(captures, st.randoms(use_true_random=False))
def test_the_order_of_a_machines_tables_changes_nothing(capture: Capture, random: object) -> None:
    """An Authority tells an unchanged network by its digest."""

    def shuffled(rows: tuple[object, ...]) -> tuple[object, ...]:
        listed = list(rows)
        random.shuffle(listed)  # type: ignore[attr-defined]
        return tuple(listed)

    other = msgspec.structs.replace(
        capture, neighbours=shuffled(capture.neighbours), routes=shuffled(capture.routes)
    )
    once, again = map(swept, (capture, other))

    # An entry that stands there twice, in two ways, has no order that could be told.
    addresses = [each.address for each in capture.neighbours]
    if len(addresses) == len(set(addresses)) and len(capture.routes) <= 1:
        assert once.seen == again.seen


@given(
    st.integers(100, 599),
    st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        ).map(lambda value: repr(value).encode()),
        st.sampled_from([b"[" * 100_000, b'{"error":' * 1000, b'{"retryAfter":1e999}']),
    ),
    st.dictionaries(
        st.sampled_from(["retry-after", "location", "date"]),
        st.one_of(st.text(max_size=60), st.sampled_from(["1", "9" * 500, "Fri, 99 Jan 2026"])),
    ),
)
def test_no_answer_breaks_a_node_or_costs_a_run_that_was_not_refused(
    status: int, octets: bytes, headers: dict[str, str]
) -> None:
    reply = understood(Exchange(status, headers, octets, None), NOW)

    assert reply.act in Act
    assert (reply.act is Act.DONE) == (200 <= status < 300)
    assert reply.retry_after is None or 0 <= reply.retry_after < 1e10
    assert reply.told.isprintable()


@given(
    st.dictionaries(
        st.sampled_from([*VARIABLES, "HTTPS_PROXY", "NO_PROXY"]),
        st.text(max_size=60).map(lambda text: f"{text}{SECRET}{text}")
        | st.sampled_from(["https://authority.example", "http://[::1]", "//x", "1", "yes", "\0"]),
        max_size=8,
    )
)
def test_no_environment_breaks_the_settings_and_no_value_is_told(
    environment: dict[str, str],
) -> None:
    environment.pop("DPF_AUTHORITY_CA_FILE", None)  # names of files are told: that is what helps
    environment.pop("NODE_EXTRA_CA_CERTS", None)

    found = config.read({}, environment)

    assert (found.settings is None) == bool(found.problems)
    told = "".join(each.why for each in found.problems) + "".join(
        line for line in found.warnings if "DISCOVERY_SUBNETS" not in line
    )
    assert SECRET not in told


@given(st.text(alphabet="0123456789./, abdeil", max_size=120))
def test_no_list_of_ranges_lets_anything_but_private_ones_through(text: str) -> None:
    """W22."""
    for network in subnets.subnets(text).allowed:
        assert network.is_private
        assert network.prefixlen >= subnets.WIDEST


def test_the_limit_of_a_run_leaves_room() -> None:
    assert runs.ROOM_BYTES < limits.DISCOVERY_BODY
