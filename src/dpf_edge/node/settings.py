"""A node's settings as plain values. Where they come from is config's business alone."""

from __future__ import annotations

import msgspec

from dpf_edge.discovery.subnets import LEAST_BITS, Subnets
from dpf_edge.level import Level
from dpf_edge.wire.tokens import Secret


class NodeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told from outside. None is *not told*: the node then finds out by itself.

    :ivar authority: the Authority's URL without a slash at its end.
    :ivar bootstrap_token: the token that enrols this node, once; it stands in no repr.
    :ivar bootstrap_token_file: where such a token may appear, also while the node runs.
    :ivar rate: packets a second on the LAN, where a level sends any.
    :ivar subnets: the only ranges that may be walked.
    :ivar least_bits: the shortest prefix of an own network that is walked unasked.
    :ivar extra_ca_file: certificates that count beside the system's own.
    :ivar ca_file: certificates that count instead of the system's own.
    :ivar fingerprint: the SHA-256 of the one certificate that counts, in lower-case hexadecimal.
    :ivar proxy: the proxy on the way to the Authority; None is none.
    :ivar outbox_bytes: how much the outbox keeps on disk.
    :ivar outbox_seconds: how old a run may become in it.
    """

    authority: str
    state_folder: str
    log_folder: str
    version: str
    platform: str
    bootstrap_token: Secret | None = None
    bootstrap_token_file: str | None = None
    name: str | None = None
    site: str | None = None
    install_mode: str | None = None
    level: Level = Level.LISTEN
    rate: int = 5
    subnets: Subnets | None = None
    least_bits: int = LEAST_BITS
    snmp_file: str | None = None
    action_certificate_file: str | None = None
    timeout_seconds: float = 60.0
    ca_file: str | None = None
    extra_ca_file: str | None = None
    fingerprint: str | None = None
    proxy: Secret | None = None
    outbox_bytes: int = 64 << 20
    outbox_seconds: float = 24 * 3600.0
