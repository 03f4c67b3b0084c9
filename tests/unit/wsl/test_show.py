"""What is intended and what is in force, side by side, with the cause where they differ."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dpf_edge.host.capture import Replay, decode
from dpf_edge.vantage.detectors.wsl_mode import wsl_mode
from dpf_edge.wsl import facts
from dpf_edge.wsl.show import Row, show
from tests.test_cases import CASES

MIRRORED = b"[wsl2]\nnetworkingMode=mirrored\nfirewall=true\ndnsTunneling=true\nautoProxy=true\n"
BUILD = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\CurrentBuild"
POLICY = "HKLM\\Software\\Policies\\WSL\\"


def recorded(case: str) -> dict[str, Any]:
    """The capture of a case, as it stands in its file."""
    document: dict[str, Any] = json.loads((CASES / case / "capture.json").read_text())
    return document


def machine(case: str, **changes: Any) -> Replay:
    """The machine of a recorded case, with something of it replaced."""
    document = recorded(case) | changes
    return Replay(decode(json.dumps(document).encode(), case))


def shown(host: Replay, data: bytes | None = MIRRORED, **known: Any) -> dict[str, Row]:
    """The four settings of a machine by the keys' last names."""
    found = show(data, facts.gather(host, wsl_mode(host), **known))
    return {each.key.partition(".")[2]: each for each in found}


def test_mirrored_mode_in_force_as_intended() -> None:
    rows = shown(machine("wsl2-mirrored"))

    mode = rows["networkingMode"]
    assert ("mirrored", "line 2 of the file", "mirrored", None) == (
        *(mode.intended, mode.intended_by),
        *(mode.in_force, mode.why),
    )
    assert "wslinfo" in {item.signal for item in mode.known_by}
    assert ("true", None) == (rows["firewall"].in_force, rows["firewall"].why)
    tunnel = rows["dnsTunneling"]
    assert ("true", None) == (tunnel.in_force, tunnel.why)
    assert {"link", "resolver"} == {item.signal for item in tunnel.known_by}


def test_nat_where_mirrored_was_meant_names_what_it_may_be() -> None:
    mode = shown(machine("wsl2-nat"))["networkingMode"]

    assert ("mirrored", "nat") == (mode.intended, mode.in_force)
    assert mode.why is not None
    assert "fell back" in mode.why
    assert "restart is still due" in mode.why


@pytest.mark.parametrize(("due", "says"), [(True, "restart is still due"), (False, "fell back")])
def test_where_it_is_known_whether_a_restart_is_due_only_that_is_said(due: bool, says: str) -> None:
    why = shown(machine("wsl2-nat"), restart_due=due)["networkingMode"].why

    assert why is not None
    assert says in why
    assert ("restart" in why) is due


def test_an_unsupported_build_is_the_reason() -> None:
    why = shown(machine("wsl2-nat", registry={BUILD: "19045"}))["networkingMode"].why

    assert why is not None
    assert "22621.2361" in why


def test_a_policy_is_the_reason() -> None:
    registry = {POLICY + "AllowNetworkingModeUserSetting": 0}

    why = shown(machine("wsl2-nat", registry=registry))["networkingMode"].why

    assert why is not None
    assert "AllowNetworkingModeUserSetting" in why


def test_a_policy_s_default_is_intended_where_the_file_is_silent() -> None:
    registry = {POLICY.lower() + "defaultnetworkingmode": 3}

    mode = shown(machine("wsl2-nat", registry=registry), None)["networkingMode"]

    assert ("mirrored", "the policy DefaultNetworkingMode") == (mode.intended, mode.intended_by)


def test_without_a_file_the_defaults_are_intended() -> None:
    rows = shown(machine("wsl2-nat"), None)

    assert {"networkingMode": "nat", "firewall": "true", "dnsTunneling": "true"} == {
        name: rows[name].intended for name in ("networkingMode", "firewall", "dnsTunneling")
    }
    assert {"the default"} == {each.intended_by for each in rows.values()}


def test_virtioproxy_where_nat_was_meant_is_a_fall_back() -> None:
    mode = shown(machine("wsl2-virtioproxy"), None)["networkingMode"]

    assert ("nat", "virtioproxy") == (mode.intended, mode.in_force)
    assert mode.why is not None
    assert "could not make its NAT network" in mode.why


def test_consomme_is_virtioproxy_by_its_new_name() -> None:
    data = b"[wsl2]\nnetworkingMode=consomme\n"

    mode = shown(machine("wsl2-virtioproxy-consomme"), data)["networkingMode"]

    assert ("virtioproxy", "virtioproxy", None) == (mode.intended, mode.in_force, mode.why)


def test_safe_mode_is_the_reason_for_none() -> None:
    data = b"[wsl2]\nnetworkingMode=mirrored\nsafeMode=true\n"

    why = shown(machine("wsl2-none"), data)["networkingMode"].why

    assert why is not None
    assert "safe mode" in why


def test_a_firewall_that_was_switched_off_is_on_in_mirrored_mode() -> None:
    data = b"[wsl2]\nnetworkingMode=mirrored\nfirewall=false\n"

    row = shown(machine("wsl2-mirrored"), data)["firewall"]

    assert ("false", "true") == (row.intended, row.in_force)
    assert row.why is not None
    assert "always on" in row.why


def test_a_resolver_that_wsl_wrote_without_the_tunnel_shows_that_it_is_off() -> None:
    document = recorded("wsl2-nat-kernel-5")
    by_wsl = "# This file was automatically generated by WSL.\nnameserver 172.29.144.1\n"
    files = document["files"] | {"/etc/resolv.conf": by_wsl}
    bare = {"name": "lo", "kind": "loopback", "addresses": [{"address": "127.0.0.1/8"}]}
    links = [bare, *(each for each in document["interfaces"] if each["name"] != "lo")]

    row = shown(machine("wsl2-nat-kernel-5", files=files, interfaces=links))["dnsTunneling"]

    assert ("true", "false") == (row.intended, row.in_force)
    assert row.why is not None


def test_a_resolver_that_the_user_wrote_says_nothing_of_the_tunnel() -> None:
    files = recorded("wsl2-nat-kernel-5")["files"] | {"/etc/resolv.conf": "nameserver 9.9.9.9\n"}
    bare = {"name": "lo", "kind": "loopback", "addresses": [{"address": "127.0.0.1/8"}]}

    row = shown(machine("wsl2-nat-kernel-5", files=files, interfaces=[bare]))["dnsTunneling"]

    assert row.in_force is None


def test_an_address_of_one_s_own_for_the_tunnel_is_known_as_such() -> None:
    by_wsl = "# automatically generated by WSL\nnameserver 10.9.9.9\n"
    files = recorded("wsl2-mirrored")["files"] | {"/etc/resolv.conf": by_wsl}

    row = shown(machine("wsl2-mirrored", files=files), resolvers=("10.9.9.9",))["dnsTunneling"]

    assert "10.9.9.9" in {item.value for item in row.known_by}


def test_proxy_variables_are_named_and_nothing_is_made_of_their_absence() -> None:
    with_some = shown(machine("wsl2-nat"), proxies=("http_proxy", "WSL_PAC_URL"))["autoProxy"]
    without = shown(machine("wsl2-nat"))["autoProxy"]

    assert ("true", "http_proxy, WSL_PAC_URL set") == (
        with_some.in_force,
        with_some.known_by[0].value,
    )
    assert without.in_force is None
    assert without.why is not None


@pytest.mark.parametrize(
    ("switch", "firewall"),
    [("vEthernet (WSL)", "false"), ("vEthernet (WSL (Hyper-V firewall))", "true")],
)
def test_on_windows_the_nat_s_switch_tells_the_mode_and_the_firewall(
    switch: str, firewall: str
) -> None:
    document = recorded("windows-native")
    others = [each for each in document["interfaces"] if "WSL" not in each["name"]]
    card = {"name": switch, "up": True, "addresses": [{"address": "172.20.0.1/20"}]}

    rows = shown(machine("windows-native", interfaces=[*others, card]))

    assert ("nat", firewall) == (rows["networkingMode"].in_force, rows["firewall"].in_force)


def test_where_no_machine_can_be_read_nothing_is_in_force_as_far_as_is_known() -> None:
    rows = show(MIRRORED, facts.nothing())

    assert {None} == {each.in_force for each in rows}
    assert all(each.why for each in rows)


@pytest.mark.parametrize(
    "text",
    [
        "WSL version: 2.6.3.0\nKernel version: 6.6.87.2-1\n",
        "WSL 版本： 2.6.3.0\r\r\n内核版本： 6.6.87.2-1\r\r\n",
    ],
)
def test_wsl_s_version_is_read_in_any_language(text: str) -> None:
    host = machine(
        "windows-native",
        commands=[{"argv": ["wsl.exe", "--version"], "status": 0, "stdout": text}],
    )

    assert (2, 6, 3) == facts.version_of(host)


def test_the_release_of_a_machine_of_windows_is_its_build() -> None:
    host = machine("windows-native", registry={})

    found = facts.build_of(host)

    assert found is not None
    assert 22000 <= found[0]


def test_a_build_that_cannot_is_named_where_nothing_shows_what_is_in_force() -> None:
    host = machine("windows-native", registry={BUILD: "19045"}, interfaces=[])

    mode = shown(host)["networkingMode"]

    assert mode.in_force is None
    assert "it cannot be in force" in (mode.why or "")
    assert "22621.2361 or later" in (mode.why or "")


def test_inside_a_distribution_the_build_is_known_by_wsl_s_own_word() -> None:
    told = {"argv": ["wsl.exe", "--version"], "status": 0}
    words = "WSL-Version: 2.6.3.0\nKernelversion: 6.6.87\nWindows-Version: 10.0.19045.6456\n"
    host = machine(
        "wsl2-nat", commands=[*recorded("wsl2-nat").get("commands", ()), {**told, "stdout": words}]
    )

    assert facts.ground_of(host).build == (19045, 6456)


def test_a_default_mode_that_wsl_refuses_is_not_the_policy_s() -> None:
    host = machine("windows-native", registry={POLICY + "DefaultNetworkingMode": 2})

    assert shown(host, None)["networkingMode"].intended_by == "the default"


def test_a_line_that_is_not_valid_is_named_where_the_default_counts() -> None:
    mode = shown(machine("wsl2-nat"), b"[wsl2]\nnetworkingMode=mirored\n")["networkingMode"]

    assert (mode.intended, mode.intended_by) == (
        "nat",
        "the default, because line 2 of the file is not valid",
    )
