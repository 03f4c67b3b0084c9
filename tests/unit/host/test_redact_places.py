"""What stands beside several captures loses its owner's names, and still says what went wrong."""

from __future__ import annotations

import re

import pytest

from dpf_edge.host import signatures
from dpf_edge.host.capture import Capture
from dpf_edge.host.engines import NODE_IMAGES
from dpf_edge.host.looked import Place
from dpf_edge.host.redact_places import MOST_SAID, Redacted
from dpf_edge.model import Address, Interface, Machine, Neighbour

from .test_redact import KEY, of


def beside(place: Place) -> Place:
    """A place, redacted."""
    return Redacted([place], {}, KEY).places[0]


@pytest.mark.parametrize(
    "error",
    [
        "docker info: no answer within 10 s",
        "it runs Windows containers",
        "its engine is on another machine (ssh)",
        "its answer is no JSON",
        "lists no contexts",
        "the node's image is not there; --image names another that is",
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock."
        " Is the docker daemon running?",
        "docker: Error response from daemon: failed to create task for container: failed to create"
        " shim task: OCI runtime create failed: runc create failed: unable to start container"
        ' process: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown.',
        "error during connect: this error may indicate that the docker daemon is not running:"
        " open //./pipe/docker_engine: The system cannot find the file specified.",
        "There is no distribution with the supplied name."
        " Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND",
    ],
)
def test_an_error_of_known_words_stays_as_it_is(error: str) -> None:
    assert error == of().told(error)


@pytest.mark.parametrize(
    ("error", "form"),
    [
        ("dial ssh://jdoe@nas.contoso:22", r"dial ssh://x\w{8}@x\w{8}\.x\w{8}:22"),
        ("C:\\Users\\jdoe\\plant.vhdx failed", r"C:\\Users\\user-\w{8}\\x\w{8}\.vhdx failed"),
        ("10.31.7.9 refused", r"10\.(?!31\.)[\d.]+ refused"),
        ("Zugriff auf Werk7 verweigert", r"(x\w{8} ){3}x\w{8}"),
        ("token hunter2hunter2hunter2", r"x\w{8} x\w{8}"),
    ],
)
def test_every_other_word_of_an_error_is_replaced(error: str, form: str) -> None:
    told = beside(Place("here", error=error)).error

    assert re.fullmatch(form, str(told))


def test_an_error_begins_with_its_places_name_whatever_word_that_is() -> None:
    place = Place("unasked", "agent", ("docker", "--context", "agent"), error="agent: not found")

    told = beside(place)

    assert told.name.startswith("context-")
    assert f"{told.name}: not found" == told.error
    assert ("docker", "--context", told.name, "info") == told.reached_by


def test_a_long_error_is_cut() -> None:
    assert len(str(beside(Place("here", error="no " * 1000)).error)) <= MOST_SAID


@pytest.mark.parametrize("name", ["docker", "podman", "default", "desktop-linux"])
def test_an_engine_that_is_everywhere_keeps_its_name(name: str) -> None:
    assert name == beside(Place("unasked", name, (name,))).name


@pytest.mark.parametrize("image", [*NODE_IMAGES, "debian:bookworm-slim", "alpine", "ubuntu:24.04"])
def test_an_image_that_is_everywhere_keeps_its_name(image: str) -> None:
    assert image == of().image(image)


@pytest.mark.parametrize(
    "image",
    [
        *("reg.contoso.example/dpf-edge:latest", "debian:contoso", "contoso", "10.31.7.9:5000/x"),
        *("debian@sha256:0f1e2d", "debian:12-contoso", "alpine:123456"),
    ],
)
def test_an_image_of_the_owners_is_renamed(image: str) -> None:
    assert re.fullmatch(r"image-[\da-f]{8}", of().image(image))


def test_a_placeholder_for_an_image_and_our_own_words_are_no_names() -> None:
    told = beside(Place("engine", "default", ("docker", "--context", "default"), error="no"))

    assert ("docker", "--context", "default", "run") == told.reached_by[:4]
    assert ("host", "IMAGE", "sh") == told.reached_by[-3:]


def test_versions_lose_the_names_that_are_known() -> None:
    here = Capture(capture=1, machine=Machine("Linux", hostname="plc-gw-07"), interfaces=())
    versions = {"engine": "docker 27.3.1 of plc-gw-07", "wsl": "2.6.3.0", "windows": None}

    told = Redacted([Place("here", capture=here)], versions, KEY).versions

    assert re.fullmatch(r"docker 27\.3\.1 of host-\w{8}", str(told["engine"]))
    assert ("2.6.3.0", None) == (told["wsl"], told["windows"])


def test_what_one_place_knows_by_name_no_other_one_tells() -> None:
    """A host's name in the text of a container that has another."""
    machine = Machine("Linux", hostname="plc-gw-07")
    held = Capture(
        capture=1,
        machine=Machine("Linux", hostname="0f1e2d3c4b5a"),
        interfaces=(Interface("eth0", (), description="Bridge to plc-gw-07"),),
    )

    one, two = Redacted(
        [
            Place("here", capture=Capture(capture=1, machine=machine, interfaces=())),
            Place("bridge", "default", ("docker",), capture=held),
        ],
        {},
        KEY,
    ).places

    assert one.capture is not None
    assert two.capture is not None
    assert f"Bridge to {one.capture.machine.hostname}" == two.capture.interfaces[0].description


def test_the_gateway_of_one_place_is_the_neighbour_of_another() -> None:
    def taken(address: str, *neighbours: Neighbour) -> Capture:
        return Capture(
            capture=1,
            machine=Machine("Linux"),
            interfaces=(Interface("eth0", (Address(address),), mac="3c:a6:2f:5a:6b:7c"),),
            neighbours=neighbours,
        )

    router = Neighbour("192.168.7.1", "3c:a6:2f:77:88:99", "eth0")
    one, two = (
        each.capture
        for each in Redacted(
            [
                Place("here", capture=taken("192.168.7.9/24", router)),
                Place("distribution", "q", capture=taken("192.168.7.9/24", router)),
            ],
            {},
            KEY,
        ).places
    )

    assert one is not None
    assert one == two
    assert one.neighbours[0].address.endswith(".1")
    assert router.mac != one.neighbours[0].mac
    assert "192.168.7." not in str(one)


def test_the_words_of_errors_are_in_lower_case_and_no_vocabulary_of_files() -> None:
    assert signatures.SAID == {word.lower() for word in signatures.SAID}
    assert not signatures.SAID & signatures.WHOLE
