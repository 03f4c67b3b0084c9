"""This machine's network tables, by whatever way its system gives them."""

from __future__ import annotations

import errno
import sys
from typing import TYPE_CHECKING

AF_INET = 2  # on every system; IPv6 has another number on each

if TYPE_CHECKING:
    from types import ModuleType

    from dpf_edge.model import Interface, Neighbour, Route, Rule


def here() -> ModuleType:
    """The module that reads this system's tables."""
    if sys.platform == "win32":
        from dpf_edge.host import windows_network

        return windows_network
    if sys.platform == "darwin":
        from dpf_edge.host import darwin_network

        return darwin_network
    from dpf_edge.host import linux

    return linux


def interfaces() -> tuple[Interface, ...]:
    """The interfaces, by index; :raises HostError: they are not to be had."""
    return here().interfaces()  # type: ignore[no-any-return]


def routes() -> tuple[Route, ...]:
    """The routes; :raises HostError: they are not to be had."""
    return here().routes()  # type: ignore[no-any-return]


def rules() -> tuple[Rule, ...]:
    """The routing rules; :raises HostError: they are not to be had."""
    return here().rules()  # type: ignore[no-any-return]


def neighbours() -> tuple[Neighbour, ...]:
    """The neighbour tables; :raises HostError: they are not to be had."""
    return here().neighbours()  # type: ignore[no-any-return]


def link_names() -> dict[int, str]:
    """The name of each link, by its index; :raises HostError: they are not to be had."""
    return here().link_names()  # type: ignore[no-any-return]


def index(name: str) -> int:
    """A link's number by its name; Windows' sockets know adapters by other names than people do.

    :raises OSError: there is no such link.
    """
    if sys.platform == "win32":
        from dpf_edge.errors import HostError

        try:
            names = link_names()
        except HostError as error:
            raise OSError(errno.ENODEV, str(error)) from error
        for number, each in names.items():
            if each == name:
                return number
        raise OSError(errno.ENODEV, f"{name}: no such interface")
    import socket

    return socket.if_nametoindex(name)


def own_address(name: str, family: int) -> str | None:
    """The first address of a link, of one family (``socket.AF_INET`` or ``AF_INET6``)."""
    from dpf_edge import addresses
    from dpf_edge.errors import HostError

    version = 4 if family == AF_INET else 6
    try:
        held = [each for link in interfaces() if link.name == name for each in link.addresses]
    except HostError:
        return None
    parsed = (addresses.interface(each.address) for each in held)
    return next((str(each.ip) for each in parsed if each and each.version == version), None)
