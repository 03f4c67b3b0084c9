"""The nodes as a list that is searched and gone through; a token that is not replaced twice."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from dpf_edge.authority.pages import nodes

if TYPE_CHECKING:
    from tests.authority.desk import Desk


def listed(text: str) -> list[str]:
    """The names of the nodes in a list."""
    return re.findall(r'<th scope="row"><a href="/nodes/[^"]*">(.*?)</a>', text)


@pytest.fixture
def shops(at: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Seven nodes, of which a page has three."""
    monkeypatch.setattr(nodes, "ROWS", 3)
    for number in range(7):
        made = at.enrolled(site=f"shop-{number % 2}", trusted=number != 4)
        at.store.nodes.rename(made.node_id, f"Till-{number}", by="test")
    return at


def test_all_nodes_are_reached_a_page_at_a_time(shops: Desk) -> None:
    headers, path, pages = shops.api_token(), "/nodes", []
    while path:
        text = shops.client.get(path, headers=headers).text
        assert "7 nodes" in text
        pages.append(listed(text))
        onward = re.search(r'rel="next" href="([^"]*)"', text)
        path = html.unescape(onward[1]) if onward else ""

    assert [3, 3, 1] == [len(each) for each in pages]
    assert {f"Till-{number}" for number in range(7)} == {name for each in pages for name in each}
    assert "Till-4" == pages[0][0], "who waits for a decision comes first"
    back = re.search(r'rel="prev" href="([^"]*)"', text)
    assert back
    assert pages[1] == listed(shops.client.get(html.unescape(back[1]), headers=headers).text)
    over = shops.client.get("/nodes?from=900", headers=headers).text
    assert "The list ends here" in over


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "tILL-3"}, 1),
        ({"q": "shop-1 till"}, 3),
        ({"q": "till", "site": "shop-0"}, 3),
        ({"q": "192.168.50.7"}, 3),
        ({"q": "nobody"}, 0),
    ],
)
def test_a_node_is_found_by_what_it_is_called_and_where_it_is(
    shops: Desk, query: dict[str, str], found: int
) -> None:
    text = shops.client.get("/nodes", params=query, headers=shops.api_token()).text

    assert found == len(listed(text))
    assert ("No node is like that" in text) == (found == 0)


def test_a_page_of_nodes_that_means_nothing_is_refused(at: Desk) -> None:
    for query in ({"from": "x"}, {"from": "-1"}, {"q": "x" * 101}):
        assert 400 == at.client.get("/nodes", params=query, headers=at.api_token()).status_code


def test_a_form_that_is_sent_again_leaves_the_new_token_alone(either: Desk) -> None:
    node, csrf = either.enrolled().node_id, either.signed_in()["x-csrf-token"]
    form = either.client.get(f"/nodes/{node}").text.partition("/rotate")[2]
    replaces = re.findall(r'name="replaces" value="([^"]+)"', form)[0]
    told = {"csrf": csrf, "when": "at-once", "replaces": replaces}

    first = either.client.post(f"/nodes/{node}/rotate", data=told)
    token = re.findall(r"dpfnode_\w{20,}|dpf\w+_[A-Z0-9a-z]{30,}", first.text)[0]
    again = either.client.post(f"/nodes/{node}/rotate", data=told)

    assert (200, 409) == (first.status_code, again.status_code)
    assert "That was done already" in again.text
    assert 200 == either.post("heartbeat", {}, token).status_code
    assert 1 == len(either.audit(tool="admin.nodes.rotate"))
    next_form = re.findall(r'name="replaces" value="([^"]+)"', first.text)[0]
    onward = either.client.post(f"/nodes/{node}/rotate", data={**told, "replaces": next_form})
    assert 200 == onward.status_code, "the form on the answer replaces the new one"
