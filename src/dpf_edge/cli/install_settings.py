"""What `dpf-edge install` is told, and what it keeps of an older install."""

from __future__ import annotations

import codecs
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from dpf_edge.config.node import Read
    from dpf_edge.deploy.choice import Options
    from dpf_edge.deploy.ground import Ground
    from dpf_edge.deploy.journal import Journal
    from dpf_edge.deploy.node_file import More, Wanted
    from dpf_edge.node.settings import NodeSettings

# A token has 47 characters (docs/wire/v1.md); a file of more than this is another file.
TOKEN_BYTES = 4096
# A bundle of all public authorities is a quarter of it.
CERTIFICATE_BYTES = 1 << 20
STDIN = "-"
# What PowerShell's > puts before a text, and in which encoding that is then.
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
HERE = {
    "DPF_AUTHORITY_URL is not set": "--authority is not given",
    "set DPF_EDGE_ALLOW_HTTP=1": "give --allow-http",
}
# The options that say the form, beside --mode.
FORM = ("image", "parent", "subnet", "gateway", "address")


def token_of(file: str | None) -> str | None:
    """The bootstrap token out of a file or standard input; None where none is named.

    :raises click.UsageError: it is not there, or none; what it holds is not repeated.
    """
    from dpf_edge.cli.install import tell
    from dpf_edge.wire.tokens import ALPHABET, BOOTSTRAP, SECRET_CHARACTERS

    if file is None:
        return None
    if file == STDIN:
        data, is_exposed = sys.stdin.buffer.read(TOKEN_BYTES + 1) if sys.stdin else b"", False
    else:
        data, is_exposed = given_file("--token-file", file)
    where = "standard input" if file == STDIN else file
    if len(data) > TOKEN_BYTES:
        raise click.UsageError(f"--token-file: {where} is too long to hold a token alone")
    token = text_of(data).strip()
    if not token:
        raise click.UsageError(f"--token-file: {where} is empty; `dpf-edge token issue` prints one")
    secret = token.removeprefix(BOOTSTRAP)
    if secret == token or len(secret) != SECRET_CHARACTERS or set(secret) - set(ALPHABET):
        raise click.UsageError(
            f"--token-file: {where} holds no bootstrap token, which is {BOOTSTRAP} and "
            f"{SECRET_CHARACTERS} letters and digits; `dpf-edge token issue` prints one last"
        )
    if is_exposed:
        tell(f"{file} can be read by others; remove it once the node has enrolled")
    return token


def text_of(data: bytes) -> str:
    """A short text, in the encoding that its mark tells, else UTF-8."""
    encoding = next((name for mark, name in MARKS.items() if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")


def given_file(option: str, path: str) -> tuple[bytes, bool]:
    """What a file that was named holds, and whether others may read it.

    :raises click.UsageError: it is not there, or cannot be read.
    """
    from dpf_edge.errors import PrivateFileError
    from dpf_edge.host import private_file

    try:
        shown = private_file.read_given(path)
    except PrivateFileError as error:
        raise click.UsageError(f"{option}: {error}") from error
    if shown is None:
        raise click.UsageError(f"{option}: {path} is not there")
    return shown.data, shown.exposed


def certificates_of(path: str) -> bytes:
    """The Authority's certificates, of which a copy is installed that everybody may read.

    :raises click.UsageError: the file is not there, or holds something else.
    """
    data, _ = given_file("--ca-file", path)
    if b"PRIVATE KEY-----" in data:
        raise click.UsageError(f"--ca-file: {path} holds a private key; name certificates alone")
    if b"-----BEGIN CERTIFICATE-----" not in data or len(data) > CERTIFICATE_BYTES:
        raise click.UsageError(f"--ca-file: {path} holds no certificate as PEM")
    return data


def options_of(
    ground: Ground, mode: str | None, *, even_if_blind: bool, given: dict[str, str | None]
) -> tuple[Options, dict[str, str]]:
    """The form that is wanted, and what is to be remembered of it: what was said now, and else what
    was said before. Another mode forgets the rest.

    :param given: the options of FORM.
    """
    from dpf_edge.deploy import install
    from dpf_edge.deploy.choice import IMAGE, Options
    from dpf_edge.vantage.forms import Mode

    former = install.found(ground)
    before = former.form if former is not None else {}
    if mode is not None and mode != before.get("mode"):
        before = {}
    said = before | {name: text for name, text in given.items() if text}
    if mode is not None:
        said["mode"] = mode
    if even_if_blind:
        said["even-if-blind"] = "yes"
    known = said.get("mode")
    options = Options(
        Mode(known) if known in set(Mode) else None,
        "even-if-blind" in said,
        said.get("image") or IMAGE,
        *(said.get(name) for name in FORM[1:]),
    )
    return options, said


def wanted_of(ground: Ground, given: dict[str, str | bool | None], token: str | None) -> Wanted:
    """What is wanted of the node: what was given, and else what an older install was given.

    :raises SettingsInvalid: something of it cannot be used.
    """
    from dpf_edge.cli.install import tell
    from dpf_edge.config import node
    from dpf_edge.deploy import install
    from dpf_edge.deploy.node_file import Wanted
    from dpf_edge.host.places import settings_file

    former = install.found(ground)
    flags = {
        "authority-url": given["authority"],
        "name": given["name"],
        "site": given["site"],
        "level": given["level"],
        "fingerprint": given["fingerprint"],
        "allow-http": "yes" if given["allow_http"] else None,
    }
    texts = {key: str(value) for key, value in flags.items() if value}
    variables = in_compose_file(ground, former)
    has_file = former is not None and not variables
    file = settings_file() if has_file and ground.machine.read(settings_file()) else None
    read = node.read(texts, variables, file, is_installed=False)
    known = usable(read)
    for each in read.warnings:
        tell(each)
    ca_file = given["ca_file"] or known.ca_file or of_former(ground, former, "authority-ca.pem")
    return Wanted(
        authority=known.authority,
        name=known.name,
        site=known.site,
        level=known.level,
        token=token,
        keeps_token=token is None and of_former(ground, former, "bootstrap-token") is not None,
        allows_http=known.authority.startswith("http:"),
        certificates=certificates_of(str(ca_file)) if ca_file else None,
        fingerprint=known.fingerprint,
        more=by_hand(ground, file, variables),
    )


def usable(read: Read) -> NodeSettings:
    """The settings, or why there are none, in the words of this command.

    :raises SettingsInvalid: something of them cannot be used.
    """
    from dpf_edge.errors import SettingsInvalid

    try:
        return read.usable()
    except SettingsInvalid as error:
        text = str(error)
        # Where a variable would be told of: the environment is the service's, and not this one.
        for of_a_node, of_an_install in HERE.items():
            text = text.replace(of_a_node, of_an_install)
        raise SettingsInvalid(text, error.hint) from error


def of_former(ground: Ground, former: Journal | None, name: str) -> str | None:
    """A file that an older install left, and that is there; None where there is none."""
    paths = (each.path for each in (former.traces if former else ()) if each.path.endswith(name))
    return next((path for path in paths if ground.machine.stands(path)), None)


def in_compose_file(ground: Ground, former: Journal | None) -> dict[str, str]:
    """The variables in an older install's Compose file; none where it has no such file."""
    from dpf_edge.deploy import compose

    path = of_former(ground, former, "compose.yaml")
    data = ground.machine.read(path) if path and former and former.target == "compose" else None
    return {} if data is None else compose.told_in(data)


def by_hand(ground: Ground, file: str | None, variables: dict[str, str]) -> tuple[More, ...]:
    """What somebody wrote into the settings, in either form, beside what installing writes there;
    a secret has no place there and is left out."""
    import tomllib

    from dpf_edge.config.node import as_text
    from dpf_edge.config.table import SETTINGS
    from dpf_edge.deploy.node_file import WRITTEN, More

    data = ground.machine.read(file) if file is not None else None
    held = tomllib.loads((data or b"").decode())
    found = []
    for each in SETTINGS:
        text = as_text(held[each.key]) if each.key in held else variables.get(each.variable)
        if text and each.key not in WRITTEN and not each.secret:
            found.append(More(each.key, each.variable, text))
    return tuple(found)
