"""The outputs of a capture's commands, redacted: one function for each form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dpf_edge.host import allowed, redact_text, signatures

if TYPE_CHECKING:
    from collections.abc import Callable

    from dpf_edge.host.redact_names import Names

VERSION = re.compile(r"v?\d{1,6}(\.\d{1,6}){1,4}([-+~][\w.]{1,20})?")
# Labels of wsl.exe's are in the language of Windows, colons too.
LABELLED = re.compile(r"([^:：]{1,60})[:：]\s*(\S.*?)\s*")
LISTED = re.compile(r"(\*?\s*)(\S+)(\s+)(\w+)(\s+)([12])\s*")
# What stands for an answer that is no answer, so that it goes on being none.
NONSENSE = "nonsense"
MODES = frozenset({"nat", "mirrored", "bridged", "virtioproxy", "consomme", "none", "wsl1"})


def networking_mode(names: Names, text: str) -> str:
    """What ``wslinfo`` prints: a mode or a version; another word becomes another word."""
    word = text.strip()
    if not word or word.lower() in MODES or VERSION.fullmatch(word):
        return text
    return names.token(word)


def engine(names: Names, text: str) -> str:
    """What ``docker info`` says, of the fields that are kept at all."""
    info = redact_text.from_json(allowed.engine_fields(text))
    if not isinstance(info, dict):
        return NONSENSE if text.strip() else ""
    for field, value in info.items():
        if isinstance(value, list):
            info[field] = [names.spelled(each) for each in value]
        elif field == "Name":
            info[field] = names.host(value)
        elif field == "OSType":
            info[field] = names.spelled(value)
        else:
            info[field] = names.scanned(value)
    return redact_text.as_json(info)


def contexts(names: Names, text: str) -> str:
    """What ``docker context ls --format '{{json .}}'`` lists: an object a line."""
    kept = []
    for line in text.split("\n"):
        context = redact_text.from_json(line)
        if not isinstance(context, dict):
            continue
        name, endpoint = context.get("Name"), context.get("DockerEndpoint")
        if isinstance(name, str) and isinstance(endpoint, str):
            found = {"Name": names.context(name), "DockerEndpoint": names.spelled(endpoint)}
            kept.append(redact_text.as_json(found) + "\n")
    return "".join(kept)


def wsl_version(names: Names, text: str) -> str:
    """What ``wsl.exe --version`` prints: lines of a label and a version."""
    found = (LABELLED.fullmatch(line) for line in text.splitlines())
    return "".join(
        f"{names.spelled(each[1])}: {each[2]}\n"
        for each in found
        if each and VERSION.fullmatch(each[2])
    )


def wsl_status(names: Names, text: str) -> str:
    """What ``wsl.exe --status`` prints: the default distribution and version."""
    kept = []
    for line in text.splitlines():
        match = LABELLED.fullmatch(line)
        if match:
            value = match[2] if match[2] in {"1", "2"} else names.distribution(match[2])
            kept.append(f"{names.spelled(match[1])}: {value}\n")
    return "".join(kept)


def wsl_list(names: Names, text: str) -> str:
    """What ``wsl.exe -l -v`` prints: the distributions with their states, a line each."""
    kept = []
    for line in text.splitlines():
        match = LISTED.fullmatch(line)
        if match:
            star, name, gap, state, wider, version = match.groups()
            state = names.spelled(state)
            kept.append(f"{star}{names.distribution(name)}{gap}{state}{wider}{version}\n")
    return "".join(kept)


def powershell(names: Names, text: str) -> str:
    """What a cmdlet of the list gives as JSON; of any other form nothing."""
    return redact_text.as_json(kept_properties(names, redact_text.from_json(text), ""))


def kept_properties(names: Names, value: object, of: str) -> object:
    """The known properties of what a cmdlet gives."""
    if isinstance(value, list):
        return [kept_properties(names, each, of) for each in value]
    if isinstance(value, dict):
        return {
            key: kept_properties(names, each, key.lower())
            for key, each in value.items()
            if key.lower() in signatures.PROPERTIES
        }
    if not isinstance(value, str):
        return redact_text.plain_value(names, value)
    if of in {"name", "interfacealias"}:
        return names.link(value)
    return (
        names.scanned(value)
        if of == "interfacedescription"
        else redact_text.plain_value(names, value)
    )


WSLINFO = (("--networking-mode",), ("--version",), ("--wsl-version",))


def command(
    names: Names, argv: tuple[str, ...]
) -> tuple[tuple[str, ...], Callable[[Names, str], str]] | None:
    """What a command is called now and what redacts its output; None for one of no list."""
    program, words = (argv[0].lower().removesuffix(".exe"), argv[1:]) if argv else ("", ())
    if program == "wslinfo" and words in WSLINFO:
        return argv, networking_mode
    if program == "wsl":
        if words[:1] in {("-d",), ("--distribution",)} and words[3:] in {
            ("wslinfo", *each) for each in WSLINFO
        }:
            named = (*argv[:2], names.distribution(words[1]), "--", *words[3:])
            return (named, networking_mode) if words[2] == "--" else None
        return (argv, WSL[words]) if words in WSL else None
    if program == "docker":
        if words[:1] == ("--context",) and len(words) > 2:
            rest = command(names, (argv[0], *words[2:]))
            head = (argv[0], words[0], names.context(words[1]))
            return ((*head, *rest[0][1:]), rest[1]) if rest else None
        return (argv, DOCKER[words]) if words in DOCKER else None
    if program in {"powershell", "pwsh"} and all(is_cmdlet(word) for word in words):
        return argv, powershell
    return None


def is_cmdlet(word: str) -> bool:
    """Whether a word of a command line is an option of PowerShell's, or a question of the list."""
    parts = [part.strip() for part in word.split("|")]
    options = {"-NoProfile", "-NonInteractive", "-NoLogo", "-Command", "-c"}
    return word in options or all(
        signatures.CMDLETS.fullmatch(part.partition(" ")[0])
        and not set(re.findall(r"[^\W_]+", part.partition(" ")[2].lower())) - ARGUMENTS
        for part in parts
    )


ARGUMENTS = signatures.PROPERTIES | signatures.words(
    "select object property depth compress destinationprefix 0 1 2 3 4 5 policystore activestore"
)
WSL: dict[tuple[str, ...], Callable[[Names, str], str]] = {
    ("--version",): wsl_version,
    ("--status",): wsl_status,
    ("-l", "-v"): wsl_list,
    ("--list", "--verbose"): wsl_list,
}
DOCKER: dict[tuple[str, ...], Callable[[Names, str], str]] = {
    ("info", "--format", "json"): engine,
    ("info", "--format", "{{json .}}"): engine,
    ("context", "ls", "--format", "json"): contexts,
    ("context", "ls", "--format", "{{json .}}"): contexts,
}
