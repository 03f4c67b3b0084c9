"""The ``Date`` of answers: what a node compares its clock with."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from dpf_edge.authority.app import create
from dpf_edge.authority.settings import Settings
from tests.authority import desk
from tests.authority.served import connected, reply, served

if TYPE_CHECKING:
    from tests.authority.desk import Desk


def test_a_run_that_is_refused_for_its_time_is_told_the_time_that_it_was_held_against(
    at: Desk,
) -> None:
    """Also in the very second in which the Authority's clock was set."""
    token = at.enrolled().token
    for step in (0, 30 * 86_400, -30 * 86_400):
        at.clock.now += step

        told = at.post("discovery-runs", {**desk.RUN, "observedAt": "2020-01-01T00:00:00Z"}, token)

        assert "stale_observation" == told.json()["error"]
        assert int(at.clock.now) == parsedate_to_datetime(told.headers["date"]).timestamp()


def test_every_answer_has_one_date_on_the_wire(at: Desk) -> None:
    app = create(at.store, Settings(), at.clock)
    with served(app) as there, connected(there) as client:
        for path in ("/api/health", "/", "/nowhere", "/api/v1/admin/nodes"):
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            told = reply(client)

            assert int(at.clock.now) == parsedate_to_datetime(told.headers["date"]).timestamp()
