"""Names of one capture, replaced under a key: hosts, users, networks, links, and all other words.

A text of fixed form is *spelled*: whatever in it is no word of the vocabulary, no number and no
address is replaced, so that what nobody thought of does not survive. A product's own text (a
driver's description, a kernel's version) is *scanned*: what is known to be private is replaced
in it, and the rest stays.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpf_edge.host import signatures
from dpf_edge.host.redact_macs import MAC, draw
from dpf_edge.host.redact_numbers import V4, V6

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dpf_edge.host.redact_numbers import Numbers

# A run of letters and digits, of whatever script.
RUN = r"[^\W_]+"
# Behind these stands a user's name; mountinfo writes a backslash as \134 (proc(5)).
USER = r"(?:(?<=/home/)|(?<=[Uu]sers[/\\])|(?<=[Uu]sers\\134)|(?<=[Uu]sers\\\\))[^\s/\\,:;|\"'<>]+"
GUID = r"(?<!\w)[\da-fA-F]{8}(?:[-_][\da-fA-F]{4}){3}[-_][\da-fA-F]{12}(?!\w)"
# An IPv4 address as clouds write it into host names.
DASHED = r"(?<!\w)(?:\d{1,3}[-_]){3}\d{1,3}(?!\w)"
# How mountinfo writes what would end a field (proc(5)).
ESCAPE = r"\\[0-7]{3}"
EMAIL = r"[\w.+-]+@[\w.-]*\w"
# Longer than any product's word, and of letters and digits: a token, a key, a hash.
LONG = r"(?<![\w+/])(?=[\w+/]*\d)(?=[\w+/]*[A-Za-z])[\w+/]{20,}=*"

# An engine's identifier, whole or cut to twelve digits as engines show it.
IDENTIFIER = re.compile(r"(?=.*\d)[\da-f]{12,64}")
SHORT = 12
# Sizes, ports, user and mount numbers; the last identifier of a user map is all of them.
NUMBER = re.compile(r"\d{1,7}[kKmMgGtT]?[bB]?|0[xX][\da-fA-F]{1,8}|429496729[45]|v\d{1,3}")
DEVICE = re.compile(
    r"(sd|vd|xvd|hd)[a-z]{1,2}\d{0,3}|nvme\d{1,2}n\d{1,2}(p\d{1,3})?|mmcblk\d(p\d{1,2})?"
    r"|(loop|dm|md|sr|zd|ram|fd)\d{1,4}"
)
MADE_BY_HASH = re.compile(r"(veth|cali|lxc|cni|tap|vif|br-|nodelocal)([\da-f]{4,15})")
NAMED_BY_MAC = re.compile(r"(enx|wlx|wwx|linuxkit-)([\da-f]{12})", re.IGNORECASE)
# A shorter name would be found in words that it has nothing to do with.
SHORTEST_NAME = 3
# Whose name kernels carry as their builder's on every machine.
BUILDERS = frozenset({"microsoft@microsoft.com", "root@buildkitsandbox"})


def is_vocabulary(low: str) -> bool:
    """Whether a word in lower case is one that machines everywhere use."""
    return bool(low in signatures.WHOLE or NUMBER.fullmatch(low) or DEVICE.fullmatch(low))


class Names:
    """The names of one capture under one key; :meth:`learn` tells it which are private."""

    def __init__(self, key: bytes, numbers: Numbers) -> None:
        self._key, self.numbers = key, numbers
        self._labels: dict[str, str | None] = {}
        self._addresses: frozenset[str] = frozenset()
        self._compile()

    def learn(self, private: Iterable[tuple[str, str]], addresses: Iterable[str]) -> None:
        """Take in names that are known to be the owner's, each with what it becomes, and the
        addresses of the capture's tables."""
        for name, label in private:
            low = name.lower()
            if len(low) >= SHORTEST_NAME and label != name and not is_vocabulary(low):
                # What a detector finds in a name it finds in a text too.
                self._labels[low] = None if signatures.INSIDE.search(name) else label
        self._addresses = frozenset(addresses)
        self._compile()

    def _compile(self) -> None:
        known = sorted(self._labels, key=lambda name: (-len(name), name))
        private = "|".join(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])" for name in known)
        named = f"(?P<private>{private})|" if private else ""
        numbers = f"(?P<mac>{MAC})|(?P<address>{V6}|{V4})|(?P<guid>{GUID})"
        self._spelled = re.compile(
            f"{named}(?P<user>{USER})|{numbers}|(?P<dashed>{DASHED})"
            f"|(?P<known>{signatures.INSIDE.pattern})|(?P<escape>{ESCAPE})|(?P<run>{RUN})",
            re.IGNORECASE,
        )
        self._scanned = re.compile(
            f"(?P<email>{EMAIL})|{named}(?P<user>{USER})|{numbers}|(?P<long>{LONG})",
            re.IGNORECASE,
        )

    def token(self, text: str, lead: str = "x") -> str:
        """A word that follows from another one and tells nothing of it.

        The digits are hexadecimal, so that no word of the vocabulary comes of them.
        """
        return lead + draw(self._key, "word", text.casefold()).hex()[:8]

    def spelled(self, text: str, lead: str = "x", also: frozenset[str] = frozenset()) -> str:
        """A text of which nothing but vocabulary, numbers and shape is left.

        :param also: words that stay besides, in lower case.
        """

        def replaced(match: re.Match[str]) -> str:
            found = match[0]
            if match.lastgroup == "private":
                return self._labels[found.lower()] or self._pieces(found, lead)
            if match.lastgroup in {"known", "escape"}:
                return found
            if match.lastgroup in {"dashed", "run"}:
                return found if found.lower() in also else self._run(found, lead)
            return self._numbered(match) or self._pieces(found, lead)

        return self._spelled.sub(replaced, text)

    def told(self, text: str) -> str:
        """An error's text, spelled: the words that programs put in theirs stay."""
        return self.spelled(text, also=signatures.SAID)

    def scanned(self, text: str, lead: str = "x") -> str:
        """A product's text with what is known to be private replaced in it."""

        def replaced(match: re.Match[str]) -> str:
            found = match[0]
            if match.lastgroup == "private":
                return self._labels[found.lower()] or self._pieces(found, lead)
            if match.lastgroup == "email":
                return found if found.lower() in BUILDERS else f"{self.token(found)}@host"
            if match.lastgroup == "address" and ":" not in found:
                # Four numbers may be a version; a private address is one no version has.
                plain = found.partition("/")[0]
                if plain not in self._addresses and not self.numbers.is_private(found):
                    return found
            if match.lastgroup == "long":
                return self._pieces(found, lead)
            return self._numbered(match) or found

        return self._scanned.sub(replaced, text)

    def _numbered(self, match: re.Match[str]) -> str | None:
        found = match[0]
        if match.lastgroup == "user":
            return self.user(found)
        if match.lastgroup == "mac":
            return self.numbers.macs.text(found)
        if match.lastgroup == "guid":
            return self.guid(found)
        return self.numbers.address(found)

    def _run(self, run: str, lead: str) -> str:
        low = run.lower()
        if len(run) == 1 or is_vocabulary(low):
            return run
        if IDENTIFIER.fullmatch(low):
            return self.identifier(low)
        if signatures.INSIDE.search(run):
            return self._pieces(run, lead)
        return self.token(run, lead)

    def _pieces(self, text: str, lead: str) -> str:
        """A text with the words kept that detectors find inside others, and the rest replaced."""
        kept, at = [], 0
        for match in signatures.INSIDE.finditer(text):
            kept += [self._runs(text[at : match.start()], lead), match[0]]
            at = match.end()
        return "".join([*kept, self._runs(text[at:], lead)])

    def _runs(self, text: str, lead: str) -> str:
        return re.sub(RUN, lambda match: self._run(match[0], lead), text)

    def identifier(self, text: str) -> str:
        """An engine's identifier: of two that begin alike the images do too, as short forms."""
        digits = draw(self._key, "identifier", text[:SHORT]).hex()[:SHORT]
        more = draw(self._key, "identifier", text, size=32).hex()
        return (digits + more)[: len(text)]

    def guid(self, text: str) -> str:
        """A GUID; one that is the same on every machine stays."""
        if text.lower() in signatures.GUIDS:
            return text
        digits = draw(self._key, "guid", text.lower().replace("_", "-")).hex()
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return text[8].join(parts)

    def host(self, name: str) -> str:
        """A host's name, with or without its domain; a product's own stays."""
        text = name.strip()
        low = text.lower()
        if not text or low in signatures.HOSTS:
            return name
        label, dot, domain = text.partition(".")
        if dot and domain:
            return f"{self.host(label)}.{self.domain(domain)}"
        if IDENTIFIER.fullmatch(low):
            return self.identifier(low)
        by_mac = self._by_mac(text)
        if by_mac is not None:
            return by_mac
        for prefix in signatures.HOST_PREFIXES:
            if text.startswith(prefix) and text != prefix:
                return prefix + self.token(text)
        return f"host-{self.token(text, '')}"

    def domain(self, name: str) -> str:
        """A domain: what products and clouds give stays, and the labels before it do not."""
        text = name.strip().rstrip(".")
        low = text.lower()
        for known in signatures.DOMAINS:
            if low == known:
                return text
        known = max(
            (each for each in signatures.DOMAINS if low.endswith(f".{each}")), key=len, default=""
        )
        labels = text[: len(text) - len(known)].rstrip(".").split(".")
        if not known:
            # RFC 2606: what ends so is nobody's.
            return f"{self.token(text)}.example" if text else ""
        return ".".join([*(self._runs(label, "x") for label in labels), known])

    def user(self, name: str) -> str:
        """A user's name; what every machine has stays."""
        if name.lower() in signatures.USERS:
            return name
        return f"user-{self.token(name, '')}"

    def distribution(self, name: str) -> str:
        """A WSL distribution's name; a well-known one stays."""
        if not name or signatures.DISTRIBUTIONS.fullmatch(name):
            return name
        return f"distribution-{self.token(name, '')}"

    def context(self, name: str) -> str:
        """The name of one of Docker's contexts; a product's own stays."""
        if not name or name in signatures.CONTEXTS:
            return name
        return f"context-{self.token(name, '')}"

    def image(self, name: str) -> str:
        """The name of a container's image; our own and the well-known ones stay."""
        if not name or signatures.IMAGES.fullmatch(name):
            return name
        return f"image-{self.token(name, '')}"

    def link(self, name: str) -> str:
        """A link's or an adapter's name, with what tells its sort: its beginning, known words,
        and whether it is a virtual switch's port."""
        if signatures.LINKS.fullmatch(name) or signatures.ADAPTERS.fullmatch(name):
            return name
        by_hash = MADE_BY_HASH.fullmatch(name)
        if by_hash is not None:
            digits = draw(self._key, "link", by_hash[2]).hex()[: len(by_hash[2])]
            # A bridge's name is the beginning of its network's identifier.
            whole = self.identifier(by_hash[2]) if len(by_hash[2]) == SHORT else digits
            return by_hash[1] + whole
        by_mac = self._by_mac(name)
        if by_mac is not None:
            return by_mac
        beginnings = (signatures.LINK_PREFIXES.match(name), signatures.INSIDE.match(name))
        known = max((each[0] for each in beginnings if each), key=len, default="")
        rest = name[len(known) :]
        # The first letter stays: where two routes are equal, the names' order decides.
        lead = rest[:1].lower() if not known and rest[:1].isascii() and rest[:1].isalpha() else "x"
        return known + self.spelled(rest, lead)

    def _by_mac(self, name: str) -> str | None:
        match = NAMED_BY_MAC.fullmatch(name)
        if match is None:
            return None
        mac = self.numbers.macs.value(int(match[2], 16))
        return match[1] + mac.to_bytes(6).hex()
