"""Controllers by the administration's API and by command, and how a node hears of them."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.__main__ import run
from dpf_edge.host.clock import SystemClock
from dpf_edge.host.http import Http
from dpf_edge.host.tls import Trust
from dpf_edge.node.client import Authority
from dpf_edge.node.replies import Act
from dpf_edge.wire.tokens import Secret
from tests.authority import desk
from tests.authority.served import served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.authority.desk import Desk

KEY = "planted-unifi-key"
FORM: dict[str, Any] = {"name": "HQ", "endpointUrl": "https://192.168.50.1/", "apiKey": KEY}
PIN = "ab" * 32


def post(at: Desk, form: dict[str, Any], headers: dict[str, str]) -> Any:
    return at.client.post(f"{desk.ADMIN}/adapters", json=form, headers=headers)


def test_a_controller_is_added_listed_seen_by_its_node_and_removed(at: Desk) -> None:
    headers = at.signed_in()
    node = at.enrolled(site="depot")

    more = {"site": "depot", "tlsFingerprint": PIN, "unifiSite": "hall", "discoverClients": False}
    added = post(at, {**FORM, **more}, headers)

    assert 201 == added.status_code
    row = added.json()["adapter"]
    assert "https://192.168.50.1" == row["endpointUrl"]
    listed = at.client.get(f"{desk.ADMIN}/adapters")
    assert [row] == listed.json()["adapters"]
    assert KEY not in added.text + listed.text
    told = at.client.get(
        f"{desk.EDGE}/adapters", headers={"authorization": f"Bearer {node.token}"}
    ).json()["adapters"]
    assert [
        (
            KEY,
            {"site": "hall", "discoverClients": False, "tlsInsecure": False, "tlsFingerprint": PIN},
        )
    ] == [(each["apiKey"], each["configuration"]) for each in told]
    removed = at.client.delete(f"{desk.ADMIN}/adapters/{row['adapterId']}", headers=headers)
    assert 200 == removed.status_code
    assert [] == at.client.get(f"{desk.ADMIN}/adapters").json()["adapters"]
    trail = [each for each in at.audit() if each.tool.startswith("admin.adapters")]
    assert {"admin.adapters.add", "admin.adapters.remove"} == {each.tool for each in trail}
    assert KEY not in repr(at.audit())


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"endpointUrl": "http://192.168.50.1"}, 400),
        ({"endpointUrl": "https://8.8.8.8"}, 400),
        ({"endpointUrl": "https://a:b@192.168.50.1"}, 400),
        ({"endpointUrl": "nonsense"}, 400),
        ({"apiKey": ""}, 400),
        ({"apiKey": "a b"}, 400),
        ({"apiKey": "a\r\nX-Evil: 1"}, 400),
        ({"name": "a\x1b[2J"}, 400),
        ({"tlsFingerprint": "short"}, 400),
        ({"tlsFingerprint": PIN, "tlsInsecure": True}, 400),
        ({"more": 1}, 400),
        ({"nodeId": "edge_0000000000000000"}, 404),
    ],
)
def test_what_cannot_be_asked_is_not_kept(at: Desk, changed: dict[str, Any], status: int) -> None:
    answer = post(at, {**FORM, **changed}, at.signed_in())

    assert status == answer.status_code
    assert KEY not in answer.text
    assert () == at.store.adapters.list()


def test_a_key_twice_and_a_controller_that_is_not_there_are_said(at: Desk) -> None:
    headers = at.signed_in()
    assert 201 == post(at, {**FORM, "connectionKey": "hq"}, headers).status_code

    assert 409 == post(at, {**FORM, "connectionKey": "hq"}, headers).status_code
    assert 404 == at.client.delete(f"{desk.ADMIN}/adapters/none", headers=headers).status_code


def test_a_viewer_sees_controllers_and_changes_none(at: Desk) -> None:
    viewer = at.api_token("viewer")

    assert 200 == at.client.get(f"{desk.ADMIN}/adapters", headers=viewer).status_code
    assert 403 == post(at, FORM, viewer).status_code
    assert 401 == at.client.get(f"{desk.ADMIN}/adapters").status_code


# -- by command


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key.txt"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    return file


def test_the_commands_do_the_same(
    tmp_path: Path, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = ("--state-dir", str(tmp_path / "state"), "--json")
    add = ("adapters", "add", "HQ", "https://192.168.50.1", "--api-key-file", str(key_file))

    assert 0 == run([*add, "--site", "depot", "--tls-fingerprint", f"SHA256:{PIN}", *there])
    added = json.loads(capsys.readouterr().out)["adapter"]
    assert 0 == run(["adapters", "list", *there])
    out = capsys.readouterr()
    assert [added] == json.loads(out.out)["adapters"]
    assert ("depot", {"tlsFingerprint": PIN}) == (added["site"], added["configuration"])
    assert 0 == run(["adapters", "list", *there[:2]])
    shown = capsys.readouterr().out
    assert added["adapterId"] in shown
    assert KEY not in out.out + shown
    assert 0 == run(["adapters", "remove", added["adapterId"], *there])
    capsys.readouterr()
    assert 0 == run(["adapters", "list", *there])
    assert {"adapters": []} == json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "wrong",
    [
        ("HQ", "http://192.168.50.1"),
        ("HQ", "https://8.8.8.8"),
        ("HQ", "https://192.168.50.1", "--tls-fingerprint", "short"),
        ("HQ", "https://192.168.50.1", "--tls-insecure", "--tls-fingerprint", PIN),
        ("a\x1b[2J", "https://192.168.50.1"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(
    tmp_path: Path, key_file: Path, wrong: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"

    code = run(
        ["adapters", "add", *wrong, "--api-key-file", str(key_file), "--state-dir", str(state)]
    )

    assert 64 == code
    assert KEY not in capsys.readouterr().err
    assert not state.exists()


def test_an_empty_key_file_is_no_key(tmp_path: Path, key_file: Path) -> None:
    key_file.write_text("\n")
    add = ("adapters", "add", "HQ", "https://192.168.50.1", "--api-key-file", str(key_file))

    assert 64 == run([*add, "--state-dir", str(tmp_path / "state")])


# -- the node's side, with a served Authority


def test_a_node_hears_of_its_controllers_and_tells_its_figures(at: Desk) -> None:
    node = at.enrolled()
    at.store.adapters.add(name="HQ", endpoint_url="https://192.168.50.1", api_key=Secret(KEY))

    async def call(url: str) -> None:
        authority = Authority(Http(url, trust=Trust(), seconds=10), SystemClock())
        heard = await authority.adapters(Secret(node.token))
        assert heard.answer is not None
        assert KEY == heard.answer.adapters[0].api_key.reveal()
        assert KEY not in repr(heard)
        unknown = await authority.adapters(Secret("dpfedge_" + "0" * 39))
        assert Act.REJECTED is unknown.reply.act
        round_ = json.dumps({**desk.METRICS, "observedAt": at.clock.stamp}).encode()
        assert Act.DONE is (await authority.measured(Secret(node.token), round_)).act
        again = await authority.measured(Secret(node.token), round_)
        assert (Act.WAIT, True) == (again.act, 0 < (again.retry_after or 0) <= 5)
        await authority.aclose()

    with served(at.client.app) as listening:
        asyncio.run(call(listening.url))
    latest = at.store.metrics.latest(node.node_id)
    assert ["snmp:192.168.50.2"] == [each.document["deviceKey"] for each in latest]
