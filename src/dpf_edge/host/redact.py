"""A capture without what it says of its owner, and with the same diagnosis.

What tells a vantage stays, what tells whose machine it is does not: see docs/concepts/redaction.md
and :mod:`~dpf_edge.host.signatures`. The key makes the choices. Whoever has it can tell which
address was which, so it is drawn for one capture and forgotten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from dpf_edge.host import allowed, redact_output, redact_text, signatures
from dpf_edge.host.capture import Capture, DeniedFile
from dpf_edge.host.redact_macs import MAC
from dpf_edge.host.redact_names import GUID, USER, Names
from dpf_edge.host.redact_numbers import Numbers
from dpf_edge.model import Address, Interface, Machine, Neighbour, Probe, Ran, Route, Rule, Vantage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

LXSS = "\\lxss"
MAKER = re.compile(r"[\da-fA-F]{2}(:[\da-fA-F]{2}){2}(?=:|$)")


def redact(capture: Capture, key: bytes) -> Capture:
    """A capture with everything replaced that tells whose it is.

    Within one capture equal things stay equal and different ones different, so that it is judged
    as before. Of a file, a command, a key or a variable that is not known nothing is left.

    :param key: at most 64 bytes; one key makes one redacted capture of one capture.
    """
    names = Names(key, Numbers(key, texts(msgspec.to_builtins(capture))))
    names.learn(private(capture, names), addresses(capture))
    return Redaction(names).capture(capture)


def texts(value: object) -> Iterator[str]:
    """All texts of a document, the names of its fields too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each, inner in value.items():
            yield each
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)


def addresses(capture: Capture) -> Iterator[str]:
    """The addresses of a capture's tables, without their prefix lengths."""
    found: list[str | None] = [each.address for each in capture.neighbours]
    for interface in capture.interfaces:
        found += [each.address for each in interface.addresses]
    for route in capture.routes:
        found += [route.to, route.via]
    for probe in capture.probes:
        found += [probe.to, probe.from_]
    for answers in capture.names.values():
        found += answers
    for text in found:
        if text:
            yield text.partition("/")[0]


def private(capture: Capture, names: Names) -> Iterator[tuple[str, str]]:
    """The names in a capture that are its owner's, each with what becomes of it."""
    hosts = [capture.machine.hostname or "", text_of(capture, "/etc/hostname").strip()]
    for ran in capture.commands:
        info = redact_text.from_json(ran.stdout) if "info" in ran.argv else None
        if isinstance(info, dict) and isinstance(info.get("Name"), str):
            hosts.append(info["Name"])
    for host in hosts:
        yield host, names.host(host)
        label, dot, domain = host.partition(".")
        if dot:
            yield label, names.host(label)
            yield domain, names.domain(domain)
    for line in text_of(capture, "/etc/resolv.conf").split("\n"):
        words = line.split()
        if words[:1] in (["search"], ["domain"]):
            yield from ((word, names.domain(word)) for word in words[1:])
    distributions = [capture.env.get("WSL_DISTRO_NAME", "")]
    for key, value in capture.registry.items():
        if key.lower().endswith("\\distributionname") and isinstance(value, str):
            distributions.append(value)
    yield from ((each, names.distribution(each)) for each in distributions)
    for text in texts(msgspec.to_builtins(capture)):
        for match in re.finditer(USER, text):
            yield match[0], names.user(match[0])


def text_of(capture: Capture, path: str) -> str:
    """A file's text, nothing where there is none."""
    text = capture.files.get(path)
    return text if isinstance(text, str) else ""


class Redaction:
    """Every part of a capture, redacted."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def capture(self, capture: Capture) -> Capture:
        """All of it. The note is dropped: one sentence may say anything."""
        return Capture(
            capture=1,
            machine=self.machine(capture.machine),
            env=self.env(capture.env),
            files=self.files(capture.files),
            directories=tuple(path for path in capture.directories if path in allowed.DIRECTORIES),
            links={
                path: self._names.spelled(target)
                for path, target in capture.links.items()
                if path in allowed.LINKS
            },
            interfaces=tuple(map(self.interface, capture.interfaces)),
            routes=tuple(map(self.route, capture.routes)),
            rules=tuple(map(self.rule, capture.rules)),
            neighbours=tuple(map(self.neighbour, capture.neighbours)),
            names={
                name: tuple(map(self.address, found))
                for name, found in capture.names.items()
                if name in allowed.NAMES
            },
            commands=self.commands(capture.commands),
            registry=self.registry(capture.registry),
            probes=tuple(map(self.probe, capture.probes)),
        )

    def machine(self, machine: Machine) -> Machine:
        """What it says of itself: the versions and the moment stay."""
        return msgspec.structs.replace(
            machine,
            release=changed(self._names.scanned, machine.release),
            version=changed(self._names.scanned, machine.version),
            architecture=changed(self._names.scanned, machine.architecture),
            hostname=changed(self._names.host, machine.hostname),
            time=machine.time if is_moment(machine.time) else None,
        )

    def env(self, env: dict[str, str]) -> dict[str, str]:
        """The variables of the list."""
        kept = {}
        for name, value in env.items():
            if name == "WSL_DISTRO_NAME":
                kept[name] = self._names.distribution(value)
            elif name == "container":
                kept[name] = redact_text.runtime(self._names, value)
            elif name == "KUBERNETES_SERVICE_HOST":
                kept[name] = redact_text.address(self._names, value) or self._names.host(value)
            elif name == "WSL_INTEROP":
                kept[name] = self._names.spelled(value)
            # The launcher's word: a vantage of ours, or a text that may say anything.
            elif name == "DPF_HOST_VANTAGE" and value in {"", *Vantage}:
                kept[name] = value
        return kept

    def files(self, files: dict[str, str | DeniedFile]) -> dict[str, str | DeniedFile]:
        """The files that are known by their paths."""
        kept: dict[str, str | DeniedFile] = {}
        for path, text in files.items():
            redactor = redact_text.file(path)
            if redactor is not None:
                named = path if path in redact_text.FILES else self._names.spelled(path)
                kept[named] = text if isinstance(text, DeniedFile) else redactor(self._names, text)
        return kept

    def interface(self, interface: Interface) -> Interface:
        """A link: numbers, kinds and drivers stay."""
        return msgspec.structs.replace(
            interface,
            name=self._names.link(interface.name),
            addresses=tuple(map(self.held, interface.addresses)),
            description=changed(self._names.scanned, interface.description),
            mac=changed(self.mac, interface.mac),
            driver=changed(self._names.scanned, interface.driver),
            master=changed(self._names.link, interface.master),
        )

    def held(self, address: Address) -> Address:
        """An interface's address with its flags."""
        return msgspec.structs.replace(address, address=self.address(address.address))

    def route(self, route: Route) -> Route:
        """A route."""
        return msgspec.structs.replace(
            route,
            to="default" if route.to == "default" else self.address(route.to),
            via=changed(self.address, route.via),
            dev=changed(self._names.link, route.dev),
            table=changed(self.routing, route.table),
            protocol=changed(self.routing, route.protocol),
            scope=changed(self.routing, route.scope),
        )

    def rule(self, rule: Rule) -> Rule:
        """A routing rule."""
        return msgspec.structs.replace(
            rule,
            iif=changed(self._names.link, rule.iif),
            protocol=changed(self.routing, rule.protocol),
            table=changed(self.routing, rule.table),
        )

    def neighbour(self, entry: Neighbour) -> Neighbour:
        """An entry of the neighbour table."""
        return msgspec.structs.replace(
            entry,
            address=self.address(entry.address),
            mac=changed(self.mac, entry.mac),
            dev=changed(self._names.link, entry.dev),
            state=changed(self.state, entry.state),
        )

    def probe(self, probe: Probe) -> Probe:
        """An active check."""
        return msgspec.structs.replace(
            probe,
            to=changed(self.address, probe.to),
            from_=changed(self.address, probe.from_),
            mac=changed(self.mac, probe.mac),
        )

    def commands(self, commands: tuple[Ran, ...]) -> tuple[Ran, ...]:
        """The commands of the list. What one said on stderr is for a person, and is dropped."""
        kept: dict[tuple[str, ...], Ran] = {}
        for ran in commands:
            known = redact_output.command(self._names, ran.argv)
            if known is not None:
                argv, redactor = known
                kept[argv] = Ran(argv, ran.status, redactor(self._names, ran.stdout))
        return tuple(kept.values())

    def registry(self, registry: dict[str, str | int]) -> dict[str, str | int]:
        """The values of the list, by their keys."""
        kept: dict[str, str | int] = {}
        for key, value in registry.items():
            if signatures.REGISTRY.fullmatch(key):
                named = re.sub(r"(?<=\{)[^{}]*(?=\})", lambda match: self.guid(match[0]), key)
                kept[named] = value if isinstance(value, int) else self.registered(key, value)
        return kept

    def registered(self, key: str, value: str) -> str:
        """One text of the registry."""
        low = key.lower()
        if low.endswith("\\distributionname"):
            return self._names.distribution(value)
        if LXSS in low:
            return redact_text.address(self._names, value) or self._names.spelled(value)
        return self._names.scanned(value)

    def guid(self, text: str) -> str:
        """What stands between braces in a key: a GUID as a rule."""
        is_guid = re.fullmatch(GUID, text)
        return self._names.guid(text) if is_guid else self._names.token(text)

    def address(self, text: str) -> str:
        """An address; what is none becomes a word that is none either."""
        image = redact_text.address(self._names, text)
        return image if image is not None else self._names.token(text)

    def mac(self, text: str) -> str:
        """A MAC; of what is none, a maker's prefix at most."""
        if re.fullmatch(MAC, text):
            return self._names.numbers.macs.text(text)
        maker = MAKER.match(text)
        if maker is None:
            return self._names.token(text)
        return text if maker[0] == text else f"{maker[0]}:{self._names.token(text)}"

    def routing(self, word: str) -> str:
        """A routing table, protocol or scope: numbers and iproute2's own names stay."""
        return word if word.isdigit() or word in signatures.ROUTING else self._names.token(word)

    def state(self, word: str) -> str:
        """A neighbour's state: the known ones stay."""
        return word if word.lower() in signatures.ANSWERS else self._names.token(word)


def changed(change: Callable[[str], str], value: T) -> T | str:
    """A text changed; nothing, and what is no text, as it is."""
    return change(value) if isinstance(value, str) and value else value


def is_moment(text: str | None) -> bool:
    """Whether a text is a time and nothing else (RFC 3339)."""
    form = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)"
    return text is not None and re.fullmatch(form, text) is not None
