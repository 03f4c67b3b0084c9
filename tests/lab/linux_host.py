"""A Linux host on the LAN, with a native engine and one container of each kind of network."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import image, podman
from .engine import DATA_ROOT, ENVIRONMENT, PROGRAM, Engine, Stock, socket, start, wait_ready
from .lab import Place
from .lan import PREFIX_LENGTH, ROUTER, Lan
from .machine import Machine, machine
from .net import End, namespace, ping

NAME = "linux-host"
ADDRESS = "192.168.0.20"
MACVLAN = "192.168.0.60"

# Intel's, as a server's adapter has it.
_MAC = "a0:36:9f:10:00:20"

# Whoever takes a few neighbours with a MAC each for a LAN is wrong here: five of six are above any
# such count, and none of them is on one.
_SIBLINGS = 6

# What --privileged gives, spelled out: that option asks for every capability the kernel knows, and
# fails on a machine that is itself held to fewer (in a virtual machine without CAP_SYS_RESOURCE:
# "unable to apply caps: operation not permitted").
_PRIVILEGED = (
    "--cap-add=ALL",
    "--cap-drop=SYS_RESOURCE",
    "--security-opt=apparmor=unconfined",
    "--security-opt=seccomp=unconfined",
    "--security-opt=systempaths=unconfined",
    "--device-cgroup-rule=a *:* rwm",
)

# The rest of it: /sys and the control groups come read-only otherwise. And where these are of the
# second version, a group hands controllers on only while no process stands in it itself.
_NESTED_START = """\
mount -n -o remount,bind,rw /sys
while read -r _ path kind _; do
    case $kind in cgroup*) mount -n -o remount,bind,rw "$path" ;; esac
done < /proc/mounts
cd /sys/fs/cgroup
if [ -e cgroup.controllers ]; then
    mkdir init
    while read -r process; do echo "$process" > init/cgroup.procs; done < cgroup.procs
    for one in $(cat cgroup.controllers); do echo "+$one" > cgroup.subtree_control; done
fi
exec dockerd --storage-driver=overlay2
"""


def linux_host(lan: Lan) -> Machine:
    """The host itself, on the LAN and with a resolver, no engine yet."""
    net = namespace(NAME)
    lan.plug(End(net, "eth0", _MAC))
    net.ip(
        f"addr add {ADDRESS}/{PREFIX_LENGTH} brd + dev eth0",
        f"route add default via {ROUTER} dev eth0",
    )
    return machine(
        net,
        "srv-20",
        {"resolv.conf": f"nameserver {ROUTER}\n", **podman.ETC},
        [f"ln -s {socket(NAME)} /run/docker.sock"],
    )


def places(host: Machine, lan: Lan, stock: Stock) -> list[Place]:
    """Start the engine and its containers; give every place on this host but Podman's."""
    engine = start(host, NAME, stock.data_root(NAME))
    engine.network("user")
    engine.network("siblings")
    engine.network(
        "macvlan",
        *("--driver=macvlan", "--opt=parent=eth0"),
        *(f"--subnet=192.168.0.0/{PREFIX_LENGTH}", f"--gateway={ROUTER}"),
    )
    networks = {
        "host": ("--network=host",),
        "bridge": (),
        "user-bridge": ("--network=user",),
        "none": ("--network=none",),
        "macvlan": ("--network=macvlan", f"--ip={MACVLAN}"),
        "siblings": ("--network=siblings",),
    }
    # Two cores: more at once only wait for each other.
    with ThreadPoolExecutor(2) as pool:
        nested = pool.submit(_nested, engine, stock)
        waiting = [
            pool.submit(engine.container, name, *ENVIRONMENT, *options, mounts=stock.mounts)
            for name, options in networks.items()
        ]
        waiting += [
            pool.submit(engine.container, f"sibling-{number}", "--network=siblings")
            for number in range(2, _SIBLINGS + 1)
        ]
        for future in waiting:
            future.result()
        inner = nested.result()
    _talk(engine, host, lan)
    return [
        Place(NAME, "real", "A Linux host on the LAN, outside of any container.", host.argv),
        *(
            Place(f"{NAME}/{name}", "real", _SAYS[name], engine.inside(name), PROGRAM)
            for name in (*networks, "nested")
        ),
        *(
            Place(f"{NAME}/nested/{name}", "real", says, inner.inside(name), PROGRAM)
            for name, says in _NESTED_SAYS.items()
        ),
    ]


def _nested(outer: Engine, stock: Stock) -> Engine:
    """A second engine within a container of the first, with its own two containers."""
    outer.container(
        "nested",
        *_PRIVILEGED,
        f"--volume={stock.data_root('nested')}:{DATA_ROOT}",
        *ENVIRONMENT,
        mounts=stock.mounts,
        what=(image.NESTED_NAME, "sh", "-c", _NESTED_START),
    )
    inner = Engine("nested", (*outer.inside("nested"), "docker"))
    wait_ready(inner)
    # What the first engine shows the nested one it shows its containers in turn, by its own paths.
    onward = {Path(path): path for path in stock.mounts.values()}
    inner.container("host", "--network=host", *ENVIRONMENT, mounts=onward)
    inner.container("bridge", *ENVIRONMENT, mounts=onward)
    return inner


def _talk(engine: Engine, host: Machine, lan: Lan) -> None:
    """Exchange a few packets, so that the neighbour tables hold what they would on a busy LAN."""
    ping(host.argv, lan.addresses())
    # The host is not among what its macvlan container reaches: the kernel keeps the two apart.
    ping(engine.inside("macvlan"), lan.addresses())
    ping(engine.inside("siblings"), [f"sibling-{n}" for n in range(2, _SIBLINGS + 1)])


_SAYS = {
    "host": "A container with the host's own network: it sees what the host sees.",
    "bridge": "A container on the engine's default bridge, behind the host's NAT.",
    "user-bridge": "A container on a network of its user's, with the engine's own resolver.",
    "none": "A container without a network.",
    "macvlan": "A container with an address and a MAC of its own on the LAN.",
    "siblings": "A container that knows five neighbours, none of which is on the LAN.",
    "nested": "A container with all privileges, in which a second engine runs.",
}
_NESTED_SAYS = {
    "host": "A container with the network of the container that its engine runs in.",
    "bridge": "A container behind two NATs, its engine's and the outer engine's.",
}
