"""Who comes and who goes: by a password, by a link; and what of it stands in the trail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dpf_edge.authority import login
from dpf_edge.authority.pages.joining import is_here_alone
from dpf_edge.wire.tokens import Secret
from tests.authority.desk import ADMIN, PASSWORD

if TYPE_CHECKING:
    from tests.authority.desk import Desk


def comings(at: Desk) -> list[tuple[str, str, int, dict[str, str] | None]]:
    """What the trail says of who came and went, in order: what, who, the answer, the detail."""
    rows = [each for each in at.audit() if each.tool in {login.SIGN_IN, login.SIGN_OUT}]
    return [(each.tool, each.actor, each.status, each.detail) for each in reversed(rows)]


def link(at: Desk, role: str = "operator") -> str:
    return at.store.people.link(role, ttl_seconds=login.LINK_SECONDS).reveal()


def test_who_signs_in_and_out_by_a_page_stands_in_the_trail(either: Desk) -> None:
    either.store.people.add("ada", "viewer", Secret(PASSWORD))
    for name, password in (("ada", "wrong"), ("my-pass-phrase", "x"), ("ada", PASSWORD)):
        either.clock.now += 1
        either.client.post("/sign-in", data={"name": name, "password": password})
    csrf = either.client.get(f"{ADMIN}/session").json()["csrf"]
    either.clock.now += 1
    assert 303 == either.client.post("/sign-out", data={"csrf": csrf}).status_code

    assert [
        ("admin.sign-in", "nobody", 401, {"by": "password", "name": "ada"}),
        ("admin.sign-in", "nobody", 401, {"by": "password"}),
        ("admin.sign-in", "user:ada", 200, {"by": "password"}),
        ("admin.sign-out", "user:ada", 200, None),
    ] == comings(either)
    refused = [each.code for each in either.audit() if each.status == 401]
    assert ["unauthorized"] * 2 == refused
    told = str(either.audit())
    assert "my-pass-phrase" not in told, "a password is often typed into the other field"
    assert PASSWORD not in told


def test_who_signs_in_and_out_by_the_api_does_so_too(at: Desk) -> None:
    headers = at.signed_in()
    at.clock.now += 1
    assert 200 == at.client.request("DELETE", f"{ADMIN}/session", headers=headers).status_code

    assert [
        ("admin.sign-in", "user:ada", 200, {"by": "password"}),
        ("admin.sign-out", "user:ada", 200, None),
    ] == comings(at)


def test_a_link_that_signs_in_stands_in_the_trail_and_is_not_told(at: Desk) -> None:
    told = link(at)
    at.client.get("/sign-in", params={"link": told})
    at.clock.now += 1
    at.client.get("/sign-in", params={"link": told})

    assert [
        ("admin.sign-in", "user:sign-in link", 200, {"by": "link"}),
        ("admin.sign-in", "nobody", 401, {"by": "link"}),
    ] == comings(at)
    assert told[len("dpflink_") :] not in str(at.audit())


def test_links_that_somebody_makes_up_fill_no_trail(at: Desk) -> None:
    for number in range(30):
        at.clock.now += 0.1
        assert 401 == at.client.get("/sign-in", params={"link": f"x{number}"}).status_code
    assert login.GUESSES[0].count == len(comings(at))

    assert 303 == at.client.get("/sign-in", params={"link": link(at)}).status_code
    assert "user:sign-in link" == comings(at)[-1][1], "who came in stands there all the same"


def test_guesses_that_have_to_wait_fill_no_trail(at: Desk) -> None:
    for _ in range(20):
        at.clock.now += 0.1
        at.client.post("/sign-in", data={"name": "ada", "password": "x"})

    assert login.GUESSES[0].count == len(comings(at))


def test_to_ask_what_a_link_is_does_not_use_it(at: Desk) -> None:
    """As the preview of a chat does, and a virus scanner."""
    told = link(at)

    looked = at.client.head("/sign-in", params={"link": told})

    assert (200, None) == (looked.status_code, looked.headers.get("set-cookie"))
    assert 303 == at.client.get("/sign-in", params={"link": told}).status_code


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}]
)
def test_another_page_signs_nobody_in(at: Desk, headers: dict[str, str]) -> None:
    at.store.people.add("ada", "viewer", Secret(PASSWORD))

    told = at.client.post("/sign-in", data={"name": "ada", "password": PASSWORD}, headers=headers)

    assert (403, None) == (told.status_code, told.headers.get("set-cookie"))
    assert [] == comings(at)


@pytest.mark.parametrize(
    ("url", "alone"),
    [
        ("http://127.0.0.1:8470", True),
        ("http://127.0.0.2", True),
        ("http://[::1]:8470", True),
        ("http://[::1]", True),
        ("https://localhost", True),
        ("http://LOCALHOST:8470", True),
        ("http://", True),
        ("http://[::1", True),
        ("https://dpf.example.com", False),
        ("https://dpf.example.com:8470", False),
        ("https://localhost.example.com", False),
        ("https://[2001:db8::1]", False),
        ("https://[2001:db8::1]:8470", False),
        ("http://192.168.50.7", False),
    ],
)
def test_an_authority_for_this_machine_alone_is_known_by_its_host(url: str, alone: bool) -> None:
    assert alone == is_here_alone(url)
