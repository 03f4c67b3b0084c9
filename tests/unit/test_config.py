"""Settings: every source, what is empty, and every problem at once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from dpf_edge.config import node, proxies, values
from dpf_edge.config.table import BY_KEY, SETTINGS, UNREAD
from dpf_edge.errors import SettingsInvalid
from dpf_edge.host import places
from dpf_edge.level import Level

if TYPE_CHECKING:
    from pathlib import Path

    from dpf_edge.node.settings import NodeSettings

URL = "https://authority.example:8470"
TOKEN = "dpfboot_000G40R40M30E209185GR38E1W8124GK2GAHC5R"  # noqa: S105 -- the contract's example


@pytest.fixture(autouse=True)
def _no_file_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(places, "SETTINGS_FILE", str(tmp_path / "none.toml"))


def read(environment: dict[str, str] | None = None, **flags: str) -> NodeSettings:
    """Settings that are no problem."""
    given = {key.replace("_", "-"): value for key, value in flags.items()}
    return node.read(given, {"DPF_AUTHORITY_URL": URL, **(environment or {})}).usable()


def problems(environment: dict[str, str], **flags: str) -> list[str]:
    """What is wrong with some settings."""
    found = node.read(dict(flags), environment)
    return [f"{each.where} {each.why}" for each in found.problems]


def test_the_url_alone_is_enough() -> None:
    settings = read()

    assert (URL, Level.LISTEN, 5, 60.0) == (
        settings.authority,
        settings.level,
        settings.rate,
        settings.timeout_seconds,
    )
    assert (64 << 20, 86400.0) == (settings.outbox_bytes, settings.outbox_seconds)
    assert "linux" == settings.platform
    assert (None, None, None) == (settings.name, settings.install_mode, settings.subnets)


@pytest.mark.parametrize(
    "setting",
    [each for each in SETTINGS if each.variable != "DPF_AUTHORITY_URL"],
    ids=lambda each: each.variable,
)
@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_means_not_set(setting: object, empty: str) -> None:
    """W8, W9: Compose hands on an empty DPF_EDGE_NODE_NAME, and a published node will not start."""
    assert read() == read({setting.variable: empty})  # type: ignore[attr-defined]


def test_an_empty_url_is_a_missing_one() -> None:
    assert node.MISSING == node.read({}, {"DPF_AUTHORITY_URL": " "}).problems[0].cause


def test_flags_come_before_the_environment_and_that_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('name = "file"\nsite = "file"\nlevel = "ask"\n')
    environment = {
        "DPF_AUTHORITY_URL": URL,
        "DPF_EDGE_NODE_NAME": "environment",
        "DPF_EDGE_SITE": "environment",
    }

    got = node.read({"name": "flag"}, environment, str(file)).usable()

    assert ("flag", "environment", Level.ASK) == (got.name, got.site, got.level)


def test_the_file_may_be_named_by_the_environment_and_hold_any_kind_of_value(
    tmp_path: Path,
) -> None:
    file = tmp_path / "node.toml"
    file.write_text(
        f'authority-url = "{URL}/"\nallow-http = true\noutbox-mib = 8\n'
        'subnets = ["192.168.1.0/24", "10.1.0.0/16"]\nrate = 40\n'
    )

    got = node.read({}, {"DPF_EDGE_CONFIG": str(file)}).usable()

    assert (URL, 8 << 20, 40) == (got.authority, got.outbox_bytes, got.rate)
    assert got.subnets
    assert ["192.168.1.0/24", "10.1.0.0/16"] == [str(each) for each in got.subnets.allowed]


def test_every_problem_is_told_at_once_with_where_it_is_and_no_value(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('site = 5\nlevle = "ask"\nbootstrap-token = "hush"\nname = { a = 1 }\n')
    environment = {
        "DPF_AUTHORITY_URL": "authority.example",
        "DPF_EDGE_LEVEL": "hush-hush",
        "DPF_INSTALL_MODE": "hush-hush",
        "DPF_EDGE_HTTP_TIMEOUT_MS": "fast",
        "DPF_AUTHORITY_FINGERPRINT": "ab:cd",
        "DPF_AUTHORITY_CA_FILE": str(tmp_path),
        "NODE_EXTRA_CA_CERTS": str(tmp_path / "none.pem"),
        "HTTPS_PROXY": "socks5://proxy.example",
    }

    with pytest.raises(SettingsInvalid) as told:
        node.read({"rate": "much"}, environment, str(file)).usable()

    line = str(told.value)
    assert "\n" not in line
    for where in (*(name for name in environment if name != "HTTPS_PROXY"), "--rate"):
        assert where in line
    for where in (
        "levle is no setting; level is",
        "bootstrap-token is a secret",
        "name has no such",
    ):
        assert where in line
    assert "hush" not in line


def test_a_file_that_is_named_must_be_there_and_be_toml(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")

    found = [
        node.read({}, {"DPF_AUTHORITY_URL": URL}, str(path)).problems
        for path in (tmp_path / "none.toml", broken, tmp_path)
    ]

    assert ["is not there", "is no TOML file", "cannot be read"] == [
        each[0].why.partition(":")[0] for each in found
    ]


URLS = {
    "": node.MISSING,
    "authority.example": node.MALFORMED,
    "ftp://authority.example": node.MALFORMED,
    "https://": node.MALFORMED,
    "https://user:secret@authority.example": node.MALFORMED,
    "https://authority.example/?x=1": node.MALFORMED,
    "https://authority.example/#x": node.MALFORMED,
    "https://authority.example:0": node.MALFORMED,
    "https://authority.example:99999": node.MALFORMED,
    "https://[::1": node.MALFORMED,
    "https://authority .example": node.MALFORMED,
    "https://authority.example\\@elsewhere.example": node.MALFORMED,
    "https://authority\\elsewhere.example": node.MALFORMED,
    "https://authority.example/\x1b[31m": node.MALFORMED,
    "http://authority.example": node.INSECURE,
    "http://192.0.2.7:8470": node.INSECURE,
    "http://localhost.example": node.INSECURE,
    "http://portal.localhost": node.INSECURE,
    "http://localhost.": node.INSECURE,
}


@pytest.mark.parametrize(("url", "cause"), URLS.items())
def test_a_url_that_cannot_be_used_has_its_published_cause(url: str, cause: str) -> None:
    found = node.read({}, {"DPF_AUTHORITY_URL": url}).problems

    assert [cause] == [each.cause for each in found]
    assert "secret" not in found[0].why


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8470",
        "http://127.3.2.1",
        "http://localhost:3000",
        "http://[::1]:8470",
        "https://authority.example/dpf",
        "https://portal:3000",
    ],
)
def test_a_url_that_can_be_used(url: str) -> None:
    assert url == node.read({}, {"DPF_AUTHORITY_URL": url + "//"}).usable().authority


def test_plain_http_to_another_machine_is_allowed_by_name_and_warned_of() -> None:
    environment = {"DPF_AUTHORITY_URL": "http://portal:3000", "DPF_EDGE_ALLOW_HTTP": "1"}

    found = node.read({}, environment)

    assert "http://portal:3000" == found.usable().authority
    assert ["plain HTTP to another machine"] == [each.partition(":")[0] for each in found.warnings]


@pytest.mark.parametrize(
    "told",
    [
        "AB" * 32,
        ":".join(["ab"] * 32),
        "sha256 Fingerprint=" + ":".join(["AB"] * 32),
        "SHA256:" + "ab" * 32,
    ],
)
def test_a_fingerprint_is_read_as_anybody_spells_it(told: str) -> None:
    assert "ab" * 32 == read({"DPF_AUTHORITY_FINGERPRINT": told}).fingerprint


def test_a_fingerprint_and_plain_http_or_a_file_exclude_each_other(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----")
    pin = {"DPF_AUTHORITY_FINGERPRINT": "ab" * 32}

    assert 1 == len(problems({"DPF_AUTHORITY_URL": "http://localhost", **pin}))
    assert 1 == len(problems({"DPF_AUTHORITY_URL": URL, "DPF_AUTHORITY_CA_FILE": str(file), **pin}))


def test_a_secret_stands_in_no_repr_and_in_no_environment_of_what_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DPF_BOOTSTRAP_TOKEN", TOKEN)

    settings = read(node.taken_from_environment())
    proxied = read({"HTTPS_PROXY": "http://user:hunter2@proxy.example"})

    assert settings.bootstrap_token
    assert TOKEN == settings.bootstrap_token.reveal()
    assert TOKEN not in repr(settings)
    assert "hunter2" not in repr(proxied)
    assert "DPF_BOOTSTRAP_TOKEN" not in os.environ


def test_no_secret_has_a_flag() -> None:
    """A process list is for everybody."""
    assert [] == [each.key for each in SETTINGS if each.secret and each.flag]
    assert {"bootstrap-token"} == {each.key for each in SETTINGS if each.secret}


def test_what_is_probably_meant_otherwise_is_warned_of() -> None:
    found = node.read(
        {},
        {
            "DPF_AUTHORITY_URL": URL,
            "DPF_BOOTSTRAP_TOKEN": "dpfedge_" + "0" * 39,
            "DPF_EDGE_NODENAME": "till",
            "SNMP_TARGET": "192.0.2.9",
            "DPF_EDGE_DISCOVERY_SUBNETS": "0.0.0.0/0,192.168.1.0/24",
        },
    )

    assert 4 == len(found.warnings)
    line = "\n".join(found.warnings)
    assert "DPF_EDGE_NODENAME is read by nobody; DPF_EDGE_NODE_NAME would be" in line
    assert "SNMP_TARGET is set, and nothing reads it yet" in line
    assert "DPF_BOOTSTRAP_TOKEN is no bootstrap token" in line
    assert "'0.0.0.0/0' is larger than a /16" in line
    assert "dpfedge_0" not in line


def test_every_published_variable_is_known() -> None:
    known = {each.variable for each in SETTINGS} | {each.variable for each in UNREAD}

    published = re.findall(
        r"\w+",
        """
        DPF_AUTHORITY_URL DPF_BOOTSTRAP_TOKEN DPF_EDGE_NODE_NAME DPF_EDGE_STATE_DIR
        DPF_INSTALL_MODE DPF_PLATFORM_OVERRIDE DPF_EDGE_NODE_VERSION DPF_EDGE_HTTP_TIMEOUT_MS
        DPF_EDGE_DISCOVERY_SUBNETS DPF_EDGE_DISCOVERY_MIN_CIDR_BITS DPF_EDGE_SNMP_CONFIG
        SNMP_TARGET SNMP_COMMUNITY DPF_FEDERATION_SCAN DPF_FEDERATION_SCAN_HOSTS
        DPF_FEDERATION_SCAN_ENDPOINTS DPF_FEDERATION_SCAN_INTERVAL_SEC
        DPF_FEDERATION_SCAN_MAX_TARGETS NODE_EXTRA_CA_CERTS DPF_EDGE_ACTION_URL
        DPF_EDGE_ACTION_CA_FILE DPF_EDGE_ACTION_CERT_FILE DPF_EDGE_ACTION_KEY_FILE
        DPF_EDGE_ACTION_SIGNING_PUBLIC_KEY_FILE DPF_INSTALL_ROOT DPF_ORGANIZATION_TRUST_ROLE
        DPF_PKI_DIR DPF_ORGANIZATION_CA_URL DPF_DOCKER_DESKTOP_EXE DPF_AUTOSTART_TASK_NAME
        DPF_EDGE_ROLE DPF_EDGE_ADAPTER_DIR
        """,
    )
    assert set(published) <= known
    assert len(known) == len(SETTINGS) + len(UNREAD)
    assert len(BY_KEY) == len(SETTINGS)


def test_a_level_and_a_rate_by_word_or_number() -> None:
    assert (Level.PROBE, 150) == (lambda s: (s.level, s.rate))(read(level="probe", rate="normal"))
    assert 7 == read(rate="7").rate
    for rate in ("0", "50001", "-1", "1e3", "fastest", "٣"):
        with pytest.raises(ValueError):
            values.rate(rate)


def test_the_folders_are_known_whatever_else_is_a_problem(tmp_path: Path) -> None:
    found = node.read({"state-dir": str(tmp_path)}, {"DPF_EDGE_LOG_DIR": "/somewhere"})

    assert found.problems
    assert (str(tmp_path), "/somewhere") == (found.state_folder, found.log_folder)


PROXIES: list[tuple[str, dict[str, str], str | None]] = [
    (URL, {"HTTPS_PROXY": "http://p.example:3128"}, "http://p.example:3128"),
    (URL, {"https_proxy": "p.example:3128"}, "http://p.example:3128"),
    (URL, {"HTTP_PROXY": "http://p.example"}, None),
    ("http://portal", {"HTTP_PROXY": "http://p.example"}, "http://p.example"),
    (URL, {"ALL_PROXY": "https://p.example"}, "https://p.example"),
    (URL, {"https_proxy": "a.example", "HTTPS_PROXY": "b.example"}, "http://a.example"),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "authority.example"}, None),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "x, .example"}, None),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "*.EXAMPLE"}, None),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "*"}, None),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "ority.example"}, "http://p.example"),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "authority.example:8470"}, None),
    (URL, {"HTTPS_PROXY": "p.example", "NO_PROXY": "authority.example:1"}, "http://p.example"),
    ("https://10.1.2.3", {"HTTPS_PROXY": "p.example", "NO_PROXY": "10.0.0.0/8"}, None),
    ("https://10.1.2.3", {"HTTPS_PROXY": "p.example", "NO_PROXY": "fd00::/8"}, "http://p.example"),
    ("https://[fd00::1]", {"HTTPS_PROXY": "p.example", "NO_PROXY": "fd00::1"}, None),
    ("http://127.0.0.1:8470", {"HTTP_PROXY": "p.example"}, None),
    ("http://localhost", {"ALL_PROXY": "p.example"}, None),
    (URL, {}, None),
]


@pytest.mark.parametrize(("url", "environment", "wanted"), PROXIES)
def test_the_proxy_for_a_url(url: str, environment: dict[str, str], wanted: str | None) -> None:
    """W47: the one published node ignores proxies, and neither says which it takes."""
    assert wanted == proxies.proxy_for(url, environment)


@pytest.mark.parametrize("told", ["socks5://p.example", "http://", "http://p:0", "http://[::1"])
def test_a_proxy_that_cannot_be_used_is_a_problem(told: str) -> None:
    with pytest.raises(ValueError, match="HTTPS_PROXY is"):
        proxies.proxy_for(URL, {"HTTPS_PROXY": told})
