"""Would a node work here? Each cause, made real: a name, a certificate, a clock, a folder."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from dpf_edge.host.clock import SystemClock
from dpf_edge.node import preflight
from dpf_edge.node.preflight import Preflight, Problem, Result
from dpf_edge.vantage.diagnose import diagnose
from dpf_edge.wire.vocabulary import TrustState
from tests.node.certificates import made, maker
from tests.node.running import BLIND, SEES, UNSURE, machine, place, running, settings
from tests.node.scripted import BEAT, HEALTH, Answer, Scripted, page
from tests.node.servers import Server, serving, until

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.node.settings import NodeSettings


def check(given: NodeSettings, case: str = SEES) -> Preflight:
    """All checks of a node that would stand in a place."""
    on = place(lambda: machine(case))
    return asyncio.run(preflight.preflight(given, on, diagnose(machine(case))))


def results(found: Preflight) -> dict[str, Result]:
    return {each.cause: each.result for each in found.checks}


@pytest.fixture
def given(authority: Scripted, server: Server, tmp_path: Path) -> NodeSettings:
    """Settings that are well."""
    return settings(server.url, tmp_path, token=authority.issue())


def test_where_all_is_well_it_says_so_and_spends_nothing(
    given: NodeSettings, authority: Scripted
) -> None:
    """W41: a co-located Authority is no error."""
    found = check(given)

    assert "ok" == found.cause
    assert {Result.OK} == set(results(found).values())
    assert {"co-located", "clock", "lan-visibility", "bootstrap-token"} <= results(found).keys()
    assert "f" * 64 == found.host_fingerprint
    assert set() == authority.consumed


def test_a_setting_that_cannot_be_used_has_its_own_cause() -> None:
    on = place(lambda: machine(SEES))
    problems = [Problem("authority-url-missing", "DPF_AUTHORITY_URL is not set")]

    found = preflight.broken(problems, diagnose(machine(SEES)), on)

    assert "authority-url-missing" == found.cause


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def test_nobody_there(given: NodeSettings, tmp_path: Path) -> None:
    found = check(settings(f"http://127.0.0.1:{free_port()}", tmp_path))

    assert Result.FAILED is results(found)["authority-unreachable"]


def test_of_several_causes_the_published_one_comes_first(tmp_path: Path) -> None:
    """Reached before a token is needed: the published order."""
    found = check(settings(f"http://127.0.0.1:{free_port()}", tmp_path))

    assert ["authority-unreachable", "bootstrap-token-missing"] == [
        each.cause for each in found.checks if each.result is Result.FAILED
    ]


def test_from_inside_a_container_loopback_is_the_container(tmp_path: Path) -> None:
    given = settings(f"http://127.0.0.1:{free_port()}", tmp_path)

    assert "authority-url-loopback" in results(check(given, "engine-bridge"))


def test_a_name_that_has_no_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert "authority-dns-unresolved" in results(check(settings("https://a.invalid", tmp_path)))


def test_a_certificate_of_somebody_else(authority: Scripted, tmp_path: Path) -> None:
    own = made("authority", maker())
    with serving(authority, own.write(tmp_path, "server")) as server:
        found = check(settings(server.url, tmp_path))
        trusted = check(settings(server.url, tmp_path, fingerprint=own.fingerprint))

    assert Result.FAILED is results(found)["authority-tls-untrusted"]
    assert Result.OK is results(trusted)["certificate"]


@pytest.mark.parametrize(
    ("days", "result"), [((-30, 3), Result.WARNING), ((-30, -1), Result.FAILED)]
)
def test_a_certificate_that_is_old(
    days: tuple[int, int], result: Result, authority: Scripted, tmp_path: Path
) -> None:
    """W41: a node that works today, and not next week. A pin goes by no date; people do."""
    own = made("authority", maker(), days=days)
    with serving(authority, own.write(tmp_path, "server")) as server:
        found = check(settings(server.url, tmp_path, fingerprint=own.fingerprint))

    assert result is results(found)["certificate-expires"]


@pytest.mark.parametrize(
    ("answer", "cause", "result"),
    [
        (page(200), "authority", Result.OK),
        (page(404), "authority", Result.OK),
        (page(401), "bootstrap-token-rejected", Result.FAILED),
        (page(403), "bootstrap-token-rejected", Result.FAILED),
        (page(502), "authority-unreachable", Result.FAILED),
        (
            Answer(302, headers={"location": "https://elsewhere.example/"}),
            "authority-redirects",
            Result.FAILED,
        ),
        (Answer(200, half=True), "authority-answer-broken", Result.FAILED),
    ],
)
def test_what_its_health_answers(
    answer: Answer, cause: str, result: Result, given: NodeSettings, authority: Scripted
) -> None:
    authority.always[HEALTH] = answer

    assert result is results(check(given))[cause]


@pytest.mark.parametrize(("ahead", "words"), [(120.0, "120 s behind"), (-120.0, "120 s ahead of")])
def test_a_clock_that_is_wrong(
    ahead: float, words: str, given: NodeSettings, authority: Scripted
) -> None:
    authority.clock = lambda: SystemClock().wall() + ahead

    found = check(given)

    assert "clock-skew" == found.cause
    [says] = [each.says for each in found.checks if each.cause == "clock-skew"]
    assert words.split()[2] in says


TOKENS: list[tuple[dict[str, Any], str]] = [
    ({}, "bootstrap-token-missing"),
    ({"token": "dpfedge_" + "0" * 39}, "bootstrap-token-malformed"),
    ({"token": "dpfboot_123"}, "bootstrap-token-malformed"),
    ({"bootstrap_token_file": "none"}, "bootstrap-token-missing"),
]


@pytest.mark.parametrize(("more", "cause"), TOKENS)
def test_a_token_that_cannot_be_one(
    more: dict[str, Any], cause: str, server: Server, tmp_path: Path
) -> None:
    """W41: a published preflight cannot tell a bad token."""
    if "bootstrap_token_file" in more:
        more = {"bootstrap_token_file": str(tmp_path / "none")}

    found = check(settings(server.url, tmp_path, **more))

    assert cause == found.cause
    assert "0000" not in "".join(each.says for each in found.checks)


def test_a_token_file_that_others_can_read(
    authority: Scripted, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text(authority.issue())
    file.chmod(0o644)

    found = check(settings(server.url, tmp_path, bootstrap_token_file=str(file)))

    assert ("ok", Result.WARNING) == (found.cause, results(found)["bootstrap-token-exposed"])


def test_a_folder_that_keeps_nothing(authority: Scripted, server: Server, tmp_path: Path) -> None:
    """W41."""
    (tmp_path / "state").touch()

    assert "state-dir-unusable" == check(settings(server.url, tmp_path)).cause


def test_a_state_file_that_others_can_read(given: NodeSettings, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "state.json").write_text("{}")

    found = check(settings(given.authority, tmp_path))

    assert "state-file-unusable" == found.cause
    assert "bootstrap-token-missing" not in results(found), "as published: unless there is a state"


@pytest.mark.parametrize(
    ("trust", "result"),
    [(TrustState.TRUSTED, Result.OK), (TrustState.PENDING, Result.WARNING)],
)
def test_a_node_that_runs_is_asked_about_beside_it(
    trust: TrustState, result: Result, given: NodeSettings, authority: Scripted
) -> None:
    with running(given) as node:
        until(lambda: authority.run_keys())
        authority.node.trust = trust
        found = check(given)
        runs = len(authority.run_keys())
        authority.node.trust = TrustState.TRUSTED
        until(lambda: len(authority.run_keys()) > runs)

    assert result is results(found)[f"node-{trust.value}"]
    assert [] == node.events("not-written")


def test_a_node_whose_token_is_no_use(given: NodeSettings, authority: Scripted) -> None:
    with running(given):
        until(lambda: authority.run_keys())
    authority.nodes.clear()

    assert "node-token-rejected" == check(given).cause


def test_an_authority_that_cannot_say_is_no_verdict(
    given: NodeSettings, authority: Scripted
) -> None:
    with running(given):
        until(lambda: authority.run_keys())
    authority.always[BEAT] = page(503)

    assert Result.WARNING is results(check(given))["node-token-unknown"]


@pytest.mark.parametrize(
    ("case", "cause", "result"),
    [
        (BLIND, "no-lan-visibility", Result.FAILED),
        (UNSURE, "lan-visibility-unknown", Result.WARNING),
    ],
)
def test_a_place_that_does_not_see_the_lan(
    case: str, cause: str, result: Result, given: NodeSettings
) -> None:
    assert result is results(check(given, case))[cause]


@pytest.mark.parametrize(
    ("text", "mode", "cause"),
    [
        ('{"targets": []}', 0o600, "snmp-config"),
        ('{"targets": []}', 0o644, "snmp-config-exposed"),
        ("targets:", 0o600, "snmp-config-malformed"),
        (None, 0, "snmp-config-unreadable"),
    ],
)
def test_the_file_of_snmp_targets(
    text: str | None, mode: int, cause: str, server: Server, tmp_path: Path
) -> None:
    """W41, W43: read by this process, and by nobody else."""
    path = tmp_path / "snmp.json"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)

    assert cause in results(check(settings(server.url, tmp_path, snmp_file=str(path))))


def test_files_of_certificates(server: Server, tmp_path: Path) -> None:
    """W41: certificate ages."""
    old, _ = made("actions", maker(), days=(-30, -2)).write(tmp_path, "old")
    junk = tmp_path / "junk.pem"
    junk.write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")

    expired = check(settings(server.url, tmp_path, action_certificate_file=old))
    unread = check(settings(server.url, tmp_path, action_certificate_file=str(junk)))

    assert Result.FAILED is results(expired)["certificate-expires"]
    assert Result.FAILED is results(unread)["certificate-unreadable"]
