"""An install over another keeps what it is not told: settings, token, certificates and form."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from dpf_edge.cli import install_settings
from dpf_edge.deploy import compose, install
from dpf_edge.deploy.compose import Form, Link
from dpf_edge.deploy.node_file import More, Wanted
from dpf_edge.deploy.step import File
from dpf_edge.host import places
from dpf_edge.level import Level
from dpf_edge.vantage.forms import Mode
from tests.unit.deploy.standing_in import TOKEN, container, ground, layout, prepare

if TYPE_CHECKING:
    from pathlib import Path

PEM = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
WANTED = Wanted(
    "http://authority.example",
    name="till $3",
    site="shop",
    level=Level.ASK,
    token=TOKEN,
    allows_http=True,
    certificates=PEM,
    more=(More("rate", "DPF_EDGE_RATE", "50"),),
)
TOLD = ("authority", "name", "site", "level", "ca_file", "fingerprint", "allow_http")
NOTHING: dict[str, str | bool | None] = dict.fromkeys(TOLD)
NO_FORM = dict.fromkeys(install_settings.FORM)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine to install on, whose settings file is looked for in its own folder."""
    prepare(tmp_path)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(places, "SETTINGS_FILE", f"{layout(tmp_path).settings}/node.toml")
    return tmp_path


def in_a_container(root: Path) -> None:
    """Install it as a container."""
    container(root)
    form = Form(Mode.MACVLAN, "x:1", Link("eth0", "192.168.0.0/24", "192.168.0.1", "192.168.0.7"))
    where = compose.Layout(settings=f"{root}/etc/dpf-edge")
    made = compose.recipe(WANTED, form, ("docker", "compose"), where)
    steps = tuple(
        step._replace(owner=None) if isinstance(step, File) else step for step in made.steps
    )
    said = (("mode", "macvlan"), ("image", "x:1"), ("address", "192.168.0.7"))
    install.install(ground(root), made._replace(steps=steps, form=said))


def as_a_service(root: Path) -> None:
    """Install it as a service."""
    from dpf_edge.deploy import systemd

    made = systemd.recipe(WANTED, systemd.Program(("/x",)), layout(root))
    install.install(ground(root), made._replace(form=(("mode", "native"),)))


@pytest.mark.parametrize("form", [in_a_container, as_a_service])
def test_what_is_not_told_anew_is_kept(root: Path, form: object) -> None:
    assert callable(form)
    form(root)

    kept = install_settings.wanted_of(ground(root), {**NOTHING, "level": "probe"}, None)

    assert kept == WANTED._replace(token=None, keeps_token=True, level=Level.PROBE)


def test_the_form_is_kept_until_another_mode_is_named(root: Path) -> None:
    in_a_container(root)
    place = ground(root)

    kept, said = install_settings.options_of(place, None, even_if_blind=False, given=NO_FORM)
    other, _ = install_settings.options_of(place, "native", even_if_blind=True, given=NO_FORM)
    moved, _ = install_settings.options_of(
        place, "macvlan", even_if_blind=False, given=NO_FORM | {"address": "192.168.0.8"}
    )

    assert (kept.mode, kept.image, kept.address) == (Mode.MACVLAN, "x:1", "192.168.0.7")
    assert said == {"mode": "macvlan", "image": "x:1", "address": "192.168.0.7"}
    assert (other.mode, other.address, other.even_if_blind) == (Mode.NATIVE, None, True)
    assert (moved.image, moved.address) == ("x:1", "192.168.0.8")


def test_a_first_install_is_told_all_of_it(root: Path) -> None:
    options, said = install_settings.options_of(
        ground(root), None, even_if_blind=False, given=NO_FORM
    )

    assert (options.mode, said) == (None, {})
