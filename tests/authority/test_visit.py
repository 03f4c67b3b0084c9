"""What a page says where something stands in its way, whole or a piece of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.errors import StoreUnavailable

if TYPE_CHECKING:
    from tests.authority.desk import Desk


@pytest.mark.parametrize(("headers", "is_whole"), [({}, True), ({"hx-request": "true"}, False)])
def test_a_store_that_is_away_is_said_in_a_page_or_in_a_piece_of_one(
    at: Desk, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], is_whole: bool
) -> None:
    at.signed_in()

    def away(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("no answer")

    monkeypatch.setattr(at.store.nodes, "list", away)

    got = at.client.get("/changes", headers=headers)

    assert 503 == got.status_code
    assert 1 == got.text.count('role="alert"')
    assert "does not answer" in got.text
    assert is_whole == ("<html" in got.text)
    assert "no answer" not in got.text, "how the store is reached is nobody's business"


@pytest.mark.parametrize(("headers", "is_whole"), [({}, True), ({"hx-request": "true"}, False)])
def test_what_is_refused_is_said_in_a_page_or_in_a_piece_of_one(
    at: Desk, headers: dict[str, str], is_whole: bool
) -> None:
    at.signed_in()

    got = at.client.get("/changes?state=%00", headers=headers)

    assert 400 == got.status_code
    assert 1 == got.text.count('role="alert"')
    assert is_whole == ("<html" in got.text)


def test_a_script_of_the_pages_puts_no_answer_into_place_that_says_no(at: Desk) -> None:
    """htmx 4 swaps errors too, and what asks again and again would be gone with the first."""
    at.signed_in()
    assert '"noSwap": [204, 304, "4xx", "5xx"]' in at.client.get("/").text
