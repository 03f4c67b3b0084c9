"""Makes docs/reference/settings.md from the table of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dpf_edge.config.table import FILE_VARIABLE, SETTINGS, UNREAD, Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

MADE = "<!-- Made by tools/reference.py; `make reference` writes it anew. -->\n"

INTRODUCTION = f"""
# Settings of a node

What `dpf-edge run` and `dpf-edge preflight` go by; `status` and `logs` read the two folders. A
setting is looked for as a flag, then in the environment, then in a settings file, and what is empty
is not set, in any of them. Every problem is told at once, and the node does not start.

The file is TOML, a key a line, named as the flags are. It is what `--config` or `{FILE_VARIABLE}`
names, or `/etc/dpf-edge/node.toml` (`%PROGRAMDATA%\\dpf-edge-node\\node.toml` on Windows) where
that is there. No secret stands in it:

```toml
authority-url = "https://authority.example:8470"
bootstrap-token-file = "/run/secrets/dpf-bootstrap-token"
site = "north"
subnets = ["192.168.50.0/24"]
```

Proxies are taken from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` (names, domains,
addresses, ranges, `*`), in small letters or capitals; HTTP and HTTPS proxies are spoken, SOCKS is
not, and loopback never goes by one.
"""


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def page() -> str:
    """The page."""
    rows = [
        (
            f"`{each.variable}`",
            f"`--{each.key}`" if each.flag else ("–" if each.secret else f"`{each.key}`"),
            each.default,
            each.says + ("" if each.origin is Origin.PUBLISHED else " *"),
        )
        for each in SETTINGS
    ]
    unread = [(f"`{each.variable}`", each.default, each.says) for each in UNREAD]
    return (
        f"{MADE}{INTRODUCTION}\n"
        "Names without a star are the published nodes', with their defaults. Where the second "
        "column has no dashes\nthe key is for the file alone; a – is for neither.\n\n"
        + table(("variable", "flag or key", "default", "what it is"), rows)
        + "\n## Published, and not read yet\n\n"
        "A node that finds one of these says so when it starts.\n\n"
        + table(("variable", "default", "what it is for"), unread)
    )


def made() -> dict[str, str]:
    """The page by its name, from docs/reference."""
    return {"settings.md": page()}
