"""The OpenAPI document against the server that it is about: whatever is sent, no 500 comes back.

Schemathesis makes requests of the document, good ones and bad ones, and judges each answer by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dpf_edge.wire import openapi

if TYPE_CHECKING:
    from schemathesis import Case

    from tests.authority.desk import Desk

DOCUMENT = openapi.document()
# What has no body cannot have a bad one.
CALLS = [
    (path, method, mode)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or "requestBody" in operation
]
# Between two calls the clock moves on so far that no rate is in the way: 60 an hour is the lowest.
STEP_SECONDS = 61.0
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.mark.parametrize(("path", "method", "mode"), CALLS)
def test_no_request_is_answered_otherwise_than_the_document_says(
    at: Desk, path: str, method: str, mode: GenerationMode
) -> None:
    document = schemathesis.openapi.from_dict(DOCUMENT)
    document.app = at.client.app
    node = at.enrolled()
    statuses = set()

    @given(document[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    def each(case: Case[Any]) -> None:
        at.clock.now += STEP_SECONDS
        token = at.token() if path.endswith("/enroll") else node.token
        if isinstance(case.body, dict) and isinstance(case.body.get("observedAt"), str):
            # What was observed years ago would be refused before anything is done with it.
            case.body["observedAt"] = at.clock.stamp
        response = case.call(headers={"Authorization": f"Bearer {token}"})
        statuses.add(response.status_code)
        case.validate_response(response, checks=list(CHECKS))

    each()

    assert statuses - {401, 403, 404, 429} or "/actions/" in path
