"""The texts of a capture, redacted: one function for each form of file and of command's output.

A text keeps its form and what is known of its content. What is not understood is dropped, so
that a comment, a key that nobody thought of, or a file that somebody else's capture holds says
nothing.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dpf_edge.host import allowed, signatures

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.redact_names import Names

EXT_SERVERS = re.compile(r"#\s*ExtServers:\s*\[([^\]]*)\]")
OVERRIDES = re.compile(r"#\s*Overrides:\s*\[([^\]]*)\]")
SERVER = re.compile(r"host\(([^)\s]+)\)|([\da-fA-F.:%\w]+)")
# Linux' resolv.conf(5): options of a word, and of a word and a number.
OPTION = re.compile(r"[a-z\d-]{2,20}(:\d{1,3})?")
INTEROP = re.compile(
    r"enabled|disabled|interpreter /init|flags: [A-Z]{0,6}|offset \d|magic [\da-f]+"
)
# What a setting may be that tells nobody: yes or no, a number, a size, some ports.
PLAIN = re.compile(r"(?i:true|false|\d{1,7}([kmgt]?b)?|\d{1,5}(,\s*\d{1,5})*)")


def address(names: Names, text: str) -> str | None:
    """An address with whatever prefix length and zone; None where the text is none."""
    plain, percent, zone = text.partition("%")
    if not percent:
        return names.numbers.address(text)
    zone, slash, length = zone.partition("/")
    image = names.numbers.address(plain + slash + length)
    if image is None:
        return None
    ip, slash, length = image.partition("/")
    return f"{ip}%{zone if zone.isdigit() else names.link(zone)}{slash}{length}"


def nothing(names: Names, text: str) -> str:
    """That it is there."""
    del names, text
    return ""


def scanned(names: Names, text: str) -> str:
    """A product's text."""
    return names.scanned(text)


def spelled(names: Names, text: str) -> str:
    """A text of paths, options and numbers."""
    return names.spelled(text)


def hostname(names: Names, text: str) -> str:
    """A host's name and the end of its line."""
    name = text.strip()
    return text.replace(name, names.host(name)) if name else ""


def runtime(names: Names, text: str) -> str:
    """The one word of a container's runtime, or a hypervisor's."""
    word = text.strip()
    if not word or word.lower() in signatures.RUNTIMES:
        return text
    return names.token(word)


def environ(names: Names, text: str) -> str:
    """The ``container=`` entry, where it is the first: no other is looked at."""
    name, equals, value = text.partition("\0")[0].partition("=")
    return f"container={runtime(names, value)}" if equals and name == "container" else ""


def cpuinfo(names: Names, text: str) -> str:
    """The flags of a processor that tell a virtual machine."""
    del names
    name, _, flags = allowed.flags_line(text).partition(":")
    kept = [flag for flag in flags.split() if flag in signatures.CPU_FLAGS]
    return f"{name.strip()}\t\t: {' '.join(kept)}\n" if name else ""


def interop(names: Names, text: str) -> str:
    """The lines of a binfmt_misc entry."""
    del names
    kept = [line for line in text.splitlines() if INTEROP.fullmatch(line.strip())]
    return "".join(f"{line}\n" for line in kept)


def asset_tag(names: Names, text: str) -> str:
    """A cloud's asset tag; a firm's is its own."""
    tag = text.strip()
    return text if tag.lower() in signatures.ASSET_TAGS else names.token(tag)


def os_release(names: Names, text: str) -> str:
    """The names and versions of an operating system (os-release(5))."""
    kept = []
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and key in signatures.OS_RELEASE:
            kept.append(f"{key}={names.scanned(value)}\n")
    return "".join(kept)


def resolv_conf(names: Names, text: str) -> str:
    """A resolver's configuration, with the comments by which engines and WSL are known."""
    kept = []
    for line in text.split("\n"):
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            server = address(names, words[1])
            kept += [f"nameserver {server}"] if server is not None else []
        elif len(words) >= 2 and words[0] in {"search", "domain"}:
            # Readers want the word at the very beginning of its line, with one blank behind it.
            begins = line[: line.index(words[1])]
            kept.append(begins + " ".join(map(names.domain, words[1:])))
        elif words[:1] == ["options"]:
            kept.append(" ".join(word for word in words if OPTION.fullmatch(word)))
        else:
            kept += resolver_comment(names, line)
    return "".join(f"{line}\n" for line in kept)


def resolver_comment(names: Names, line: str) -> list[str]:
    """A line of a resolver's configuration that says who wrote it, or whom he asks; else none."""
    comment = line if line.startswith("#") else ""
    if match := EXT_SERVERS.search(comment):
        servers = []
        for each in SERVER.finditer(match[1]):
            image = address(names, each[1] or each[2])
            if image is not None:
                servers.append(f"host({image})" if each[1] else image)
        return [f"# ExtServers: [{' '.join(servers)}]"]
    if comment.startswith("# ExtServers:"):
        return ["# ExtServers:"]
    if match := OVERRIDES.search(comment):
        known = ("nameservers", "search", "options")
        return [f"# Overrides: [{' '.join(word for word in known if word in match[1])}]"]
    found = next((each for each in signatures.RESOLVER_COMMENTS if each in line), None)
    return [f"# {found}"] if found else []


def hosts(names: Names, text: str) -> str:
    """A hosts file without its comments."""
    kept = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        image = address(names, words[0]) if words else None
        if image is not None:
            known = [word if word in allowed.NAMES else names.host(word) for word in words[1:]]
            kept.append(" ".join([image, *known]) + "\n")
    return "".join(kept)


def containerenv(names: Names, text: str) -> str:
    """What Podman and Buildah say of a container of theirs."""
    kept = []
    for line in text.splitlines():
        key, _, value = line.strip().partition("=")
        value = value.strip('"')
        if key in {"rootless", "graphRootMounted"} and value.isdigit():
            kept.append(f"{key}={value}\n")
        elif key in {"engine", "id", "name", "image", "imageid"}:
            kept.append(f'{key}="{names.spelled(value)}"\n')
    return "".join(kept)


def settings(names: Names, text: str) -> str:
    """A .wslconfig or wsl.conf: its known keys, without comments and what is no setting."""
    kept = []
    for line in text.splitlines():
        line = line.strip().removeprefix("\ufeff")
        if line.startswith("["):
            kept.append(f"{names.spelled(line)}\n")
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if equals and key.lower() in signatures.SETTINGS:
            kept.append(f"{key}={setting(names, key.lower(), value)}\n")
    return "".join(kept)


def setting(names: Names, key: str, value: str) -> str:
    """The value of one setting."""
    value = value.partition("#")[0].strip()
    if key == "hostname":
        return names.host(value.strip('"'))
    if key == "default":
        return names.user(value.strip('"'))
    if key == "vmswitch":
        return names.link(value.strip('"'))
    return value if PLAIN.fullmatch(value) else names.spelled(value)


def desktop_settings(names: Names, text: str) -> str:
    """Docker Desktop's settings: its network's keys."""
    return as_json(kept_settings(names, from_json(text)))


def kept_settings(names: Names, value: object) -> object:
    """The known keys of settings, inside one another."""
    if isinstance(value, dict):
        return {
            key: kept_settings(names, each)
            for key, each in value.items()
            if key.lower() in signatures.SETTINGS
        }
    return plain_value(names, value)


def plain_value(names: Names, value: object) -> object:
    """A number, a yes or no, or a text of vocabulary; nothing of what has parts."""
    if isinstance(value, bool | int) or value is None:
        return value
    if not isinstance(value, str):
        return None
    if value.lower() in signatures.ANSWERS:
        return value
    return address(names, value) or names.spelled(value)


def uid_map(names: Names, text: str) -> str:
    """Numbers (user_namespaces(7)), which tell nobody's name; any other word is spelled.

    A machine may be called by such a number, and the map would no longer be one.
    """
    return WORD_BUT_NUMBER.sub(lambda word: names.spelled(word[0]), text)


def from_json(text: str) -> object:
    """What a JSON document holds; None where a text is none."""
    try:
        # Not json's: its numbers and its nesting have no bound.
        import msgspec

        return msgspec.json.decode(text)
    except (ValueError, RecursionError):  # msgspec.DecodeError is a ValueError
        return None


def as_json(value: object) -> str:
    """A value as a JSON document; nothing for none."""
    return json.dumps(value, ensure_ascii=False) if value is not None else ""


WORD_BUT_NUMBER = re.compile(r"(?<!\S)(?![0-9]+(?!\S))\S+")
DMI = "/sys/class/dmi/id/"
FILES: dict[str, Callable[[Names, str], str]] = {
    "/proc/version": scanned,
    "/proc/sys/kernel/osrelease": scanned,
    "/proc/self/mountinfo": spelled,
    "/proc/self/uid_map": uid_map,
    "/proc/1/cgroup": spelled,
    "/proc/1/environ": environ,
    "/proc/cpuinfo": cpuinfo,
    "/etc/os-release": os_release,
    "/etc/resolv.conf": resolv_conf,
    "/etc/hosts": hosts,
    "/etc/hostname": hostname,
    "/etc/wsl.conf": settings,
    "/.dockerenv": nothing,
    "/run/.containerenv": containerenv,
    "/run/systemd/container": runtime,
    "/run/host/container-manager": runtime,
    "/proc/sys/fs/binfmt_misc/WSLInterop": interop,
    "/proc/sys/fs/binfmt_misc/WSLInterop-late": interop,
    DMI + "sys_vendor": scanned,
    DMI + "product_name": scanned,
    DMI + "bios_vendor": scanned,
    DMI + "chassis_asset_tag": asset_tag,
    "/sys/hypervisor/type": runtime,
}
# Files that stand in a user's folder, by their names.
IN_FOLDERS: dict[str, Callable[[Names, str], str]] = {
    ".wslconfig": settings,
    "settings-store.json": desktop_settings,
    "settings.json": desktop_settings,
    "admin-settings.json": desktop_settings,
}


def file(path: str) -> Callable[[Names, str], str] | None:
    """What redacts the file of a path; None where nothing knows what it may hold."""
    known = FILES.get(path)
    if known is None:
        known = IN_FOLDERS.get(re.split(r"[/\\]", path)[-1])
    return known
