"""Every route of the contract, in the order of a node's life."""

from __future__ import annotations

from dpf_edge.wire import (
    actions,
    adapters,
    certificates,
    discovery,
    enroll,
    events,
    federation,
    heartbeat,
    metrics,
)

ROUTES = (
    enroll.ROUTE,
    heartbeat.ROUTE,
    discovery.ROUTE,
    events.ROUTE,
    metrics.ROUTE,
    adapters.ROUTE,
    federation.ROUTE,
    certificates.ROUTE,
    actions.CLAIM_ROUTE,
    actions.RESULT_ROUTE,
)
