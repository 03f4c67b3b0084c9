"""Passwords, as commands take them: from a file or made, never from the command line."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dpf_edge.wire.tokens import Secret

NAME = 100
# 18 bytes are 24 characters: more than anybody tries, and short enough to be copied by hand.
MADE_BYTES = 18


def password(file: str | None) -> Secret:
    """A password: the first line of a file or of standard input, or a new one.

    :raises click.UsageError: the file cannot be read, or what it holds is too short or too long.
    """
    from dpf_edge.authority.admin_people import SHORTEST_PASSWORD
    from dpf_edge.authority.login import LONGEST_PASSWORD
    from dpf_edge.wire.tokens import Secret

    if file is None:
        return Secret(secrets.token_urlsafe(MADE_BYTES))
    told = first_line(file)
    if not SHORTEST_PASSWORD <= len(told) <= LONGEST_PASSWORD:
        raise click.UsageError(
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters"
        )
    return Secret(told)


def first_line(file: str) -> str:
    """The first line of a file, or of standard input for ``-``.

    :raises click.UsageError: it cannot be read, or is no text.
    """
    from dpf_edge.errors import PrivateFileError
    from dpf_edge.host import private_file

    if file == "-":
        return sys.stdin.readline().rstrip("\r\n")
    try:
        given = private_file.read_given(file)
    except PrivateFileError as error:
        raise click.UsageError(str(error)) from error
    if given is None:
        raise click.UsageError(f"{file}: no such file")
    try:
        return given.data.decode().partition("\n")[0].rstrip("\r")
    except UnicodeDecodeError:
        raise click.UsageError(f"{file}: is no text") from None
