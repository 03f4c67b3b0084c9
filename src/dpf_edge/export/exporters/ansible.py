from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

from dpf_edge.export.exporters import exporter
from dpf_edge.export.inventory import parsed
from dpf_edge.export.text import identifier, plain, slug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dpf_edge.export.inventory import Entry, Inventory

# Names that mean something to Ansible. What is told to run on localhost must never run on a device
# that calls itself so.
TAKEN = frozenset({"localhost", "all", "ungrouped"})


@exporter.declare(
    "ansible", media="application/yaml", suffix=".yml", readers="ansible-inventory -i FILE --list"
)
def ansible(inventory: Inventory) -> Iterator[str]:
    """An Ansible inventory: every device that can be reached, in groups by kind, role and site.

    What devices call themselves is marked `!unsafe`, so that Ansible expands no template in it. A
    name that two devices have is neither's: both are told apart by their addresses.
    """
    groups: dict[str, list[str]] = {}
    head = "---\nall:\n  hosts:\n"
    for name, entry in named(inventory):
        yield f"{head}    {text(name)}:\n"
        head = ""
        for key, value in variables(entry).items():
            yield f"      {key}: {value}\n"
        for group in groups_of(entry):
            groups.setdefault(group, []).append(name)
    if head:
        yield "---\nall:\n  hosts: {}\n"
    if groups:
        yield "  children:\n"
    for group in sorted(groups):
        yield f"    {group}:\n      hosts:\n"
        for name in groups[group]:
            yield f"        {text(name)}: {{}}\n"


def named(inventory: Inventory) -> Iterator[tuple[str, Entry]]:
    """The devices that can be reached, each under a name that no other has."""
    count = Counter(own_name(entry) for entry in inventory.devices if entry.reachable)
    taken: Counter[str] = Counter()
    for entry in inventory.devices:
        if not entry.reachable:
            continue
        own, place = own_name(entry), slug(entry.reachable)
        wanted = own if own and count[own] == 1 else "-".join(filter(None, (own, place)))
        name = wanted
        while taken[name]:
            taken[wanted] += 1
            name = f"{wanted}-{taken[wanted]}"
        taken[name] += 1
        yield name, entry


def own_name(entry: Entry) -> str:
    """What a device calls itself, where a host may be called so; else nothing."""
    name = slug(entry.names[0]) if entry.names else ""
    return "" if name in TAKEN or parsed(name) else name


def variables(entry: Entry) -> dict[str, str]:
    """A host's variables, their values as YAML."""
    told = {
        "ansible_host": text(entry.reachable or ""),
        "dpf_key": unsafe(entry.key),
        "dpf_addresses": each(entry.addresses),
        "dpf_macs": each(entry.macs),
        "dpf_names": each(entry.names),
        "dpf_ports": json.dumps(entry.ports),
    }
    about = {"kind": entry.kind, "maker": entry.maker, "model": entry.said("model")}
    for key, value in {**about, "site": entry.site}.items():
        if value:
            told[f"dpf_{key}"] = unsafe(value)
    return told


def groups_of(entry: Entry) -> list[str]:
    """The groups that a host is in."""
    told = [("kind", entry.kind), ("site", entry.site), *(("role", role) for role in entry.roles)]
    return sorted({f"{what}_{identifier(value)}" for what, value in told if value})


def text(value: str) -> str:
    """A YAML double-quoted scalar: JSON's is one, but for what is raw there and a break here."""
    return json.dumps(plain(value), ensure_ascii=False)


def unsafe(value: str) -> str:
    """A scalar in which Ansible expands nothing."""
    return f"!unsafe {text(value)}"


def each(values: tuple[str, ...]) -> str:
    """A list of such scalars."""
    return f"[{', '.join(map(unsafe, values))}]"
