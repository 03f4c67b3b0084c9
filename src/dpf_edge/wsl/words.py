"""What mirrored networking gives and what it does not, in so many words."""

from __future__ import annotations

GIVES = (
    "What this gives: WSL distributions see the LAN. They have Windows' own addresses, and mDNS "
    "and DNS work across the border between Windows and WSL."
)
GIVES_NOT = (
    "What it does not give: no container of Docker Desktop sees the LAN, with or without "
    "`network_mode: host`. A node that is to see the LAN runs as a native program on Windows."
)
DUE = (
    "`wsl --shutdown` and a restart of Docker Desktop are due: until then everything stays as it "
    "is. dpf-edge does neither by itself."
)
IF_DUE = (
    "Unless WSL and Docker Desktop were restarted since it was written, `wsl --shutdown` and a "
    "restart of Docker Desktop are due."
)
IN_THE_WAY = "In the way of it:"
