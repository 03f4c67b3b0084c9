"""Every setting: its name in each source, its default, what it means, and since when.

The ``DPF_*`` names and their defaults are those of the published nodes (docs/wire/v1.md,
"Environment"), so that one environment serves either; docs/reference/settings.md is made of this.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from dpf_edge.config import values
from dpf_edge.discovery import subnets

if TYPE_CHECKING:
    from collections.abc import Callable

# The contract's bounds: displayName 200, version 40.
NAME_CHARACTERS, VERSION_CHARACTERS, SITE_CHARACTERS = 200, 40, 100
INSTALL_MODES = ("native", "container-host", "container-vm")
PLATFORMS = ("linux", "darwin", "win32")


class Origin(StrEnum):
    """Whose a setting is."""

    PUBLISHED = "published"
    OURS = "ours"


class Setting(NamedTuple):
    """One setting.

    :ivar variable: its name in the environment.
    :ivar key: its name in a settings file, and as a flag with ``--`` before it.
    :ivar default: the default as the reference page says it.
    :ivar read: the value of its text, or a ValueError saying what is wrong with that.
    :ivar flag: whether there is a flag: not for what a process list must not show.
    :ivar secret: whether it stands in no file of others and in no process list.
    :ivar switch: whether the flag stands for *yes* and takes no value.
    """

    variable: str
    key: str
    default: str
    says: str
    read: Callable[[str], Any]
    origin: Origin = Origin.PUBLISHED
    flag: bool = False
    secret: bool = False
    switch: bool = False


ours = Origin.OURS
any_text = values.text(4096)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        "DPF_AUTHORITY_URL",
        "authority-url",
        "required",
        "The Authority's URL. Plain HTTP is for this machine alone; see `DPF_EDGE_ALLOW_HTTP`.",
        str,
        flag=True,
    ),
    Setting(
        "DPF_BOOTSTRAP_TOKEN",
        "bootstrap-token",
        "required until enrolled",
        "The token that enrols this node, once. In the environment alone: a command line is shown "
        "to everybody. It is taken out of the environment before any program is started.",
        any_text,
        secret=True,
    ),
    Setting(
        "DPF_BOOTSTRAP_TOKEN_FILE",
        "bootstrap-token-file",
        "none",
        "A file with that token. It is read again while the node waits for one, so a new token "
        "enrols a rejected node without a restart.",
        values.path,
        ours,
        flag=True,
    ),
    Setting(
        "DPF_EDGE_NODE_NAME",
        "name",
        "the host name",
        "What the node is called at the Authority.",
        values.text(NAME_CHARACTERS),
        flag=True,
    ),
    Setting(
        "DPF_EDGE_SITE",
        "site",
        "the token's",
        "The place that the node stands in, as a hint: the Authority goes by the token.",
        values.text(SITE_CHARACTERS),
        ours,
        flag=True,
    ),
    Setting(
        "DPF_EDGE_STATE_DIR",
        "state-dir",
        "root: `/var/lib/dpf-edge-node`, `/Library/Application Support/dpf-edge-node` or "
        "`%PROGRAMDATA%\\dpf-edge-node`; others: the user's own state folder",
        "Where the node keeps its identity, its outbox and its status, for its user alone.",
        values.path,
        flag=True,
    ),
    Setting(
        "DPF_EDGE_LOG_DIR",
        "log-dir",
        "root: `/var/log/dpf-edge-node`; others: the user's own log folder",
        "Where the node's log is.",
        values.path,
        ours,
        flag=True,
    ),
    Setting(
        "DPF_INSTALL_MODE",
        "install-mode",
        "as diagnosed",
        "`native`, `container-host` or `container-vm`.",
        values.choice(*INSTALL_MODES),
        flag=True,
    ),
    Setting(
        "DPF_PLATFORM_OVERRIDE",
        "platform",
        "this system's",
        "`linux`, `darwin` or `win32`, for tests.",
        values.choice(*PLATFORMS),
    ),
    Setting(
        "DPF_EDGE_NODE_VERSION",
        "node-version",
        "this program's",
        "The version that the Authority is told.",
        values.text(VERSION_CHARACTERS),
    ),
    Setting(
        "DPF_EDGE_LEVEL",
        "level",
        "`listen`",
        "How much may be sent on the LAN: `listen` nothing, `ask` questions to everybody and to "
        "known addresses, `probe` also walks through address ranges. "
        "[Collectors](collectors.md) says what each level adds.",
        values.level,
        ours,
        flag=True,
    ),
    Setting(
        "DPF_EDGE_RATE",
        "rate",
        "`polite`",
        "Packets a second while it walks: `polite` 5, `normal` 150, `fast` 2 000, or a number.",
        values.rate,
        ours,
        flag=True,
    ),
    Setting(
        "DPF_EDGE_DISCOVERY_SUBNETS",
        "subnets",
        "the interfaces' own",
        "The only ranges that may be walked, with commas: private ones, none larger than a /16. A "
        "list without any, `disabled`, turns walking off.",
        subnets.subnets,
        flag=True,
    ),
    Setting(
        "DPF_EDGE_DISCOVERY_MIN_CIDR_BITS",
        "least-bits",
        str(subnets.LEAST_BITS),
        "The shortest prefix of an interface's own network that is walked without being named.",
        values.whole(subnets.WIDEST, 32),
    ),
    Setting(
        "DPF_AUTHORITY_CA_FILE",
        "ca-file",
        "the system's certificates",
        "PEM certificates that the Authority's is checked against, instead of the system's.",
        values.path,
        ours,
        flag=True,
    ),
    Setting(
        "DPF_AUTHORITY_FINGERPRINT",
        "fingerprint",
        "none",
        "The SHA-256 of the Authority's own certificate. It alone counts then: no name, no date.",
        values.fingerprint,
        ours,
        flag=True,
    ),
    Setting(
        "NODE_EXTRA_CA_CERTS",
        "extra-ca-file",
        "none",
        "PEM certificates that count beside the system's, under the name that published nodes in "
        "containers have it.",
        values.path,
    ),
    Setting(
        "DPF_EDGE_ALLOW_HTTP",
        "allow-http",
        "no",
        "Plain HTTP to another machine, with a warning at each start.",
        values.yes_or_no,
        ours,
        flag=True,
        switch=True,
    ),
    Setting(
        "DPF_EDGE_HTTP_TIMEOUT_MS",
        "http-timeout-ms",
        "60000",
        "How long one exchange with the Authority may take, all of it.",
        values.whole(1000, 600_000),
    ),
    Setting(
        "DPF_EDGE_OUTBOX_MIB",
        "outbox-mib",
        "64",
        "How much undelivered work is kept on disk; the oldest makes room, and that is reported.",
        values.whole(1, 4096),
        ours,
    ),
    Setting(
        "DPF_EDGE_OUTBOX_HOURS",
        "outbox-hours",
        "24",
        "How old a run may become in there: Authorities refuse what is older than a day.",
        values.whole(1, 24 * 31),
        ours,
    ),
    Setting(
        "DPF_EDGE_SNMP_CONFIG",
        "snmp-config",
        "`/etc/dpf-edge/snmp.json`",
        "SNMP targets, polled from the level `ask` on. It holds secrets: nobody else may read it.",
        values.path,
    ),
    Setting(
        "DPF_EDGE_ACTION_CERT_FILE",
        "action-cert-file",
        "none",
        "The node's certificate for actions. `preflight` says how old it is; nothing else reads it "
        "yet.",
        values.path,
    ),
)
BY_KEY = {setting.key: setting for setting in SETTINGS}
BY_VARIABLE = {setting.variable: setting for setting in SETTINGS}


class Unread(NamedTuple):
    """A published variable that nothing here reads yet; whoever sets it is told so."""

    variable: str
    default: str
    says: str


UNREAD: tuple[Unread, ...] = (
    Unread("SNMP_TARGET", "none", "the one device whose traffic is measured"),
    Unread("SNMP_COMMUNITY", "`public`", "its community"),
    Unread("DPF_FEDERATION_SCAN", "on", "whether peer installs are looked for"),
    Unread("DPF_FEDERATION_SCAN_HOSTS", "the neighbours", "where"),
    Unread("DPF_FEDERATION_SCAN_ENDPOINTS", "`https:443,http:3000`", "on which ports"),
    Unread("DPF_FEDERATION_SCAN_INTERVAL_SEC", "90", "how often"),
    Unread("DPF_FEDERATION_SCAN_MAX_TARGETS", "256", "how many at most"),
    Unread("DPF_EDGE_ACTION_URL", "none", "where actions are claimed"),
    Unread("DPF_EDGE_ACTION_CA_FILE", "none", "the certificates of that place"),
    Unread("DPF_EDGE_ACTION_KEY_FILE", "none", "the key of the node's certificate"),
    Unread("DPF_EDGE_ACTION_SIGNING_PUBLIC_KEY_FILE", "none", "what actions are signed with"),
    Unread("DPF_EDGE_ROLE", "none", "`host-upkeep`: beats and actions alone"),
    Unread("DPF_INSTALL_ROOT", "none", "the host's DPF install"),
    Unread("DPF_PKI_DIR", "none", "the folder of its certificates"),
    Unread("DPF_ORGANIZATION_TRUST_ROLE", "none", "`authority` or `member`"),
    Unread("DPF_ORGANIZATION_CA_URL", "none", "the organization's certificate authority"),
    Unread("DPF_DOCKER_DESKTOP_EXE", "none", "what restarts Docker Desktop"),
    Unread("DPF_AUTOSTART_TASK_NAME", "none", "the task that starts it"),
    Unread("DPF_EDGE_ADAPTER_DIR", "none", "retired: adapters come from the Authority"),
)
# Where the settings file is, in the environment.
FILE_VARIABLE = "DPF_EDGE_CONFIG"
