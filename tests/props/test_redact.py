"""Whatever networks and names a capture holds, their relations stay and they themselves do not."""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dpf_edge import macs
from dpf_edge.host import capture, signatures
from dpf_edge.host.capture import Capture
from dpf_edge.host.redact import redact
from dpf_edge.host.redact_macs import Macs
from dpf_edge.host.redact_names import Names
from dpf_edge.host.redact_numbers import Numbers
from dpf_edge.model import Address, Interface, Machine, Neighbour, Probe, Ran, Route
from tests.props.test_diagnosis import captures
from tests.props.test_host_capture import CAPTURES
from tests.test_cases import schema
from tests.unit.host.test_redact import judged

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Interfaced = ipaddress.IPv4Interface | ipaddress.IPv6Interface

KEYS = st.binary(min_size=16, max_size=16)


@st.composite
def places(draw: st.DrawFn) -> str:
    """An address with its prefix length, of any kind of network that a machine may stand on."""
    base, shortest, longest = draw(
        st.sampled_from(
            [
                ("10.0.0.0", 8, 30),
                ("172.16.0.0", 12, 30),
                ("192.168.0.0", 16, 30),
                ("100.64.0.0", 10, 32),
                ("169.254.0.0", 16, 16),
                ("0.0.0.0", 0, 32),  # noqa: S104 -- any network, and no socket
                ("fd80::", 9, 64),
                ("fd42::", 16, 64),
                ("2000::", 3, 64),
                ("fe80::", 64, 64),
            ]
        )
    )
    first = ipaddress.ip_address(base)
    length = draw(st.integers(max(shortest, 1), longest))
    host = draw(st.integers(0, (1 << first.max_prefixlen - shortest) - 1) | st.integers(0, 3))
    # Networks that meet and nest are the ones to look at, and random ones hardly ever do.
    if draw(st.booleans()) and shortest:
        host &= (1 << max(first.max_prefixlen - shortest - 10, 1)) - 1
    return f"{ipaddress.ip_address(int(first) | host)}/{length}"


PLACES = st.lists(
    places()
    | st.sampled_from(
        [
            *("10.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "10.0.2.15/24", "10.88.0.3/16"),
            *("192.168.65.3/24", "192.168.64.9/22", "172.17.0.2/16", "172.18.5.0/24", "8.8.8.8/32"),
            *("169.254.73.153/30", "10.255.255.254/32", "192.168.16.7/20", "192.168.1.1/24"),
        ]
    ),
    max_size=20,
)


def mapped(found: list[str], key: bytes) -> dict[str, str]:
    """What each of some addresses becomes."""
    numbers = Numbers(key, found)
    return {each: str(numbers.address(each)) for each in found}


def parsed(told: dict[str, str]) -> list[tuple[Interfaced, Interfaced]]:
    """The addresses of a mapping, before and after."""
    return [(ipaddress.ip_interface(a), ipaddress.ip_interface(b)) for a, b in told.items()]


def is_network(each: Interfaced) -> bool:
    """Whether it is a network's own number, which every network that begins there has."""
    return each.ip == each.network.network_address and each.network.prefixlen < each.max_prefixlen


def is_wide(each: Interfaced) -> bool:
    """Whether a network is none of anybody's but a route to half the internet."""
    return each.network.prefixlen < signatures.WIDEST_PUBLIC[each.version] and not any(
        each.ip in block for block in signatures.BLOCKS if block.version == each.version
    )


@given(PLACES, KEYS)
@settings(max_examples=300, deadline=None)
def test_two_addresses_are_one_afterwards_if_they_were_one_before(
    found: list[str], key: bytes
) -> None:
    pairs = parsed(mapped(found, key))

    for before, after in pairs:
        assert before.network.prefixlen == after.network.prefixlen
        assert before.version == after.version
        for other, its in pairs:
            if before.version == other.version:
                if not is_network(before) and not is_network(other):
                    assert (before.ip == other.ip) == (after.ip == its.ip)
                if is_wide(before) or is_wide(other):
                    continue
                assert (before.network == other.network) == (after.network == its.network)


@given(PLACES, KEYS)
@settings(max_examples=300, deadline=None)
def test_an_address_is_on_a_network_afterwards_if_it_was_before(
    found: list[str], key: bytes
) -> None:
    pairs = parsed(mapped(found, key))

    for before, after in pairs:
        for other, its in pairs:
            if before.version == other.version:
                if is_wide(before) or is_wide(other):
                    continue
                if not is_network(before):
                    assert (before.ip in other.network) == (after.ip in its.network)
                assert before.network.overlaps(other.network) == after.network.overlaps(its.network)


@given(PLACES, KEYS)
@settings(max_examples=300, deadline=None)
def test_no_address_goes_into_or_out_of_a_range_that_tells_something(
    found: list[str], key: bytes
) -> None:
    pairs = parsed(mapped(found, key))

    for before, after in pairs:
        for known in (*signatures.BLOCKS, *signatures.RANGES, *signatures.UNCHANGED):
            if known.version == before.version:
                assert (before.ip in known) == (after.ip in known)
        for pool, cut in signatures.POOLS:
            if before.version == 4 and before.network.prefixlen == cut:
                assert (before.ip in pool) == (after.ip in pool)


@given(PLACES, KEYS)
@settings(max_examples=300, deadline=None)
def test_a_host_stays_a_host_and_a_gateway_stays_first(found: list[str], key: bytes) -> None:
    pairs = parsed(mapped(found, key))

    for before, after in pairs:
        if before.version == 6 or before.network.prefixlen > 29:
            continue
        places = [0, 1, 2, before.network.num_addresses - 1]
        was = [place for place in places if before.network[place] == before.ip]
        inner = [
            its for other, its in pairs if other.version == 4 and before.network != other.network
        ]
        # A network inside another has first addresses of its own, which need not be the other's.
        if not any(after.ip in its.network for its in inner):
            assert was == [place for place in places if after.network[place] == after.ip]


@given(PLACES, KEYS)
@settings(max_examples=300, deadline=None)
def test_where_a_network_moved_no_address_of_it_is_left(found: list[str], key: bytes) -> None:
    pairs = parsed(mapped(found, key))

    left = {after.ip for _, after in pairs}
    moved = [before for before, after in pairs if before.network != after.network]
    stays = [before for before, after in pairs if before.network == after.network]
    for before in moved:
        if not any(
            before.ip in other.network for other in stays if before.version == other.version
        ):
            assert before.ip not in left


@given(PLACES, KEYS, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_of_a_capture_does_not_matter(
    found: list[str], key: bytes, shuffled: random.Random
) -> None:
    other = [*found, *found]
    shuffled.shuffle(other)

    assert mapped(found, key) == mapped(other, key)


FIRST = st.sampled_from(
    [*macs.MAKERS_OF_VIRTUAL_CARDS, "3c:a6:2f", "02:42:0a", "02:42:00", "9a:00:01", "33:33:ff"]
)
MACS = st.one_of(
    st.tuples(FIRST, st.binary(min_size=3, max_size=3)).map(lambda it: f"{it[0]}:{it[1].hex(':')}"),
    st.binary(min_size=6, max_size=6).map(lambda it: it.hex(":")),
    st.sampled_from(sorted(signatures.MACS)),
)
IPV4 = st.integers(0, (1 << 32) - 1)


@given(st.lists(MACS, max_size=30), KEYS, st.dictionaries(IPV4, IPV4, max_size=5))
@settings(max_examples=300, deadline=None)
def test_macs_stay_as_many_and_of_their_makers(
    found: list[str], key: bytes, made: dict[int, int]
) -> None:
    addresses = {old: new for new, old in {new: old for old, new in made.items()}.items()}
    told = {each: Macs(key, addresses).text(each) for each in found}

    assert len(set(found)) == len(set(told.values()))
    for before, after in told.items():
        kept = 6 if before.startswith("02:42:") else 9
        assert before[:kept] == after[:kept]
        assert macs.kind(before) is macs.kind(after)
        assert (before in signatures.MACS) == (after in signatures.MACS)


@given(KEYS, st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 32) - 1))
@settings(max_examples=50, deadline=None)
def test_every_one_of_dockers_old_macs_has_one_image(key: bytes, old: int, new: int) -> None:
    """Over all of them by whole cycles: what follows from one another comes back to it."""
    held = Macs(key, {old: new})
    near = {
        0x0242 << 32 | (each + step) % (1 << 32) for each in (old, new) for step in range(-9, 9)
    }

    images = {held.value(each) for each in near}

    assert len(near) == len(images)


# Words without a vowel are none of anybody's vocabulary.
OWN = st.from_regex(r"q[bcdfghjklmnpqrstvwxz]{5,9}z", fullmatch=True)


@given(st.lists(OWN, min_size=6, max_size=6, unique=True), KEYS, st.integers(100, 200))
@settings(max_examples=100, deadline=None)
def test_no_word_of_an_owners_is_left(own: list[str], key: bytes, last: int) -> None:
    host, user, domain, place, distribution, secret = own
    address = f"10.{last}.{255 - last}.77"
    taken = Capture(
        capture=1,
        note=secret,
        machine=Machine("Linux", hostname=f"{host}.{domain}.org", version=f"({user}@{host})"),
        interfaces=(
            Interface(f"vEthernet ({place})", (Address(f"{address}/24"),), f"Card of {host}"),
            Interface(f"wg-{place}", ()),
            Interface(place, (), mac="3c:a6:2f:5a:6b:7c", master=f"wg-{place}"),
        ),
        env={"WSL_DISTRO_NAME": distribution, "container": secret, secret: secret},
        files={
            "/etc/hostname": host,
            "/etc/resolv.conf": f"search {domain}.org {place}\n# {secret}\nnameserver {address}\n",
            "/etc/hosts": f"{address} {host}.{domain}.org {place}\n",
            "/proc/self/mountinfo": f"1 2 0:3 /{place} /{user} rw - ext4 {secret} rw,{secret}\n"
            f"1 2 0:3 / /home/{user}/x rw - 9p C:\\134Users\\134{user} path=C:\\Users\\{user}\n",
            "/proc/1/cgroup": f"0::/docker/{secret}/lxc.payload.{place}\n",
            f"C:\\Users\\{user}\\.wslconfig": f"[wsl2]\nkernel=C:\\{place}\n# {secret}\n",
            f"/{secret}": secret,
        },
        routes=(Route(secret, via=secret, dev=place, table=secret, protocol=secret, scope=secret),),
        neighbours=(Neighbour(f"fe80::1%{place}", secret, place, secret),),
        probes=(Probe("arp", "silent", secret, secret, secret),),
        names={"host.docker.internal": (address, secret), secret: (secret,)},
        commands=(
            Ran(("docker", "info", "--format", "json"), 0, json.dumps({"Name": host}), secret),
            Ran(("wsl.exe", "-l", "-v"), 0, f"* {distribution} Running 2\n{secret}\n", secret),
            Ran((secret,), 0, secret),
        ),
        registry={secret: secret},
    )  # fmt: skip

    text = capture.encode(redact(taken, key)).decode().lower()

    assert [] == [word for word in own if word in text]
    assert address not in text
    assert "5a:6b:7c" not in text


@given(st.lists(OWN, min_size=2, max_size=20, unique=True), KEYS)
@settings(max_examples=100, deadline=None)
def test_names_stay_as_many(own: list[str], key: bytes) -> None:
    names = Names(key, Numbers(key, ()))
    kinds: list[Callable[[str], str]] = [
        *(names.host, names.user, names.distribution, names.link, names.domain, names.context),
        names.spelled,
    ]

    for kind in kinds:
        assert len(own) == len({kind(each) for each in own})
        assert [kind(each) for each in own] == [kind(each) for each in own]


@given(CAPTURES, KEYS)
@settings(max_examples=200, deadline=None)
def test_any_capture_is_redacted_to_one_that_fits(taken: Capture, key: bytes) -> None:
    told = redact(taken, key)

    text = capture.encode(told)
    schema("capture-1").validate(json.loads(text))
    assert told == capture.decode(text, "redacted")
    assert told == redact(taken, key)
    assert len(taken.interfaces) == len(told.interfaces)
    assert msgspec.structs.asdict(taken).keys() == msgspec.structs.asdict(told).keys()


@given(captures, KEYS)
@settings(max_examples=300, deadline=None)
def test_any_capture_is_judged_as_before(taken: Capture, key: bytes) -> None:
    assert judged(taken) == judged(redact(taken, key))
