"""Advice for containers on an engine of their own machine. Pure."""

from __future__ import annotations

from dpf_edge.model import Advice, Answer, Reach, Severity, Vantage
from dpf_edge.vantage.advice.case import Case, blind

ROOTLESS = frozenset({Vantage.ROOTLESS_SLIRP, Vantage.ROOTLESS_PASTA, Vantage.ROOTLESS_VPNKIT})


CASES: tuple[Case, ...] = (
    Case(
        lambda _, verdict: verdict.vantage is Vantage.ENGINE_BRIDGE and blind(verdict),
        Advice(
            "engine-bridge",
            Severity.ERROR,
            "A bridge network hides the LAN from its containers",
            "The engine translates addresses between this container and its host: no ARP, no "
            "multicast, nothing inbound. On a Linux host start the container with host "
            "networking, or on a macvlan. On Windows and macOS run the node as a native program.",
            ("docker run --network host …",),
        ),
    ),
    Case(
        lambda sight, verdict: verdict.vantage is Vantage.ENGINE_NONE,
        Advice(
            "engine-none",
            Severity.ERROR,
            "This container was given no network",
            "It was started with network none. On a Linux host start it with host networking.",
            ("docker run --network host …",),
        ),
    ),
    Case(
        lambda _, verdict: (
            verdict.vantage is not Vantage.ENGINE_NONE and verdict.lan.reach is Reach.NONE
        ),
        Advice(
            "no-network",
            Severity.ERROR,
            "There is no network here but loopback",
            "Every other link is missing or down. In WSL this is what a failed mirrored mode "
            "leaves behind (a VPN, or IPv6 disabled in Windows); elsewhere check the cable and "
            "the namespace that this program was started in.",
        ),
    ),
    Case(
        lambda _, verdict: (
            verdict.vantage is Vantage.ENGINE_MACVLAN and verdict.lan.answer is Answer.YES
        ),
        Advice(
            "macvlan-own-host",
            Severity.INFO,
            "A macvlan cannot reach its own host",
            "The kernel keeps a macvlan and the card it hangs on apart. If the Authority runs on "
            "this same host, give the host a macvlan link of its own.",
        ),
    ),
    Case(
        lambda _, verdict: verdict.vantage is Vantage.ENGINE_IPVLAN_L3 and blind(verdict),
        Advice(
            "ipvlan-l3",
            Severity.ERROR,
            "ipvlan at layer 3 is routed, and hears nothing of the LAN",
            "Its host routes for it: connections to the LAN may work, ARP and multicast do not. "
            "Make the network ipvlan at layer 2, a macvlan, or use host networking.",
            ("docker network create -d ipvlan -o ipvlan_mode=l2 -o parent=eth0 …",),
        ),
    ),
    Case(
        lambda _, verdict: verdict.vantage in ROOTLESS and blind(verdict),
        Advice(
            "rootless-network",
            Severity.ERROR,
            "A rootless engine's network is a program, and has no LAN behind it",
            "slirp4netns, pasta and vpnkit carry connections for a user without privileges. pasta "
            "even shows the host's own interface name and address, and every host behind it may "
            "look alive. Run the node as a native program on the host, or start its container "
            "with Podman's host networking, which is the machine's even for a user, or with an "
            "engine that runs as root.",
            ("podman run --network host …",),
        ),
    ),
    Case(
        lambda _, verdict: verdict.vantage is Vantage.KUBERNETES_POD and blind(verdict),
        Advice(
            "kubernetes-pod",
            Severity.ERROR,
            "A pod's own network hides its node's LAN",
            "Give the pod its node's network (hostNetwork: true), on a node that stands on the "
            "LAN. On Docker Desktop's Kubernetes that does not help: its node is a virtual "
            "machine; run the node as a native program there.",
            ("kubectl explain pod.spec.hostNetwork",),
        ),
    ),
    Case(
        lambda _, verdict: verdict.vantage is Vantage.LXC_NAT and blind(verdict),
        Advice(
            "lxc-nat",
            Severity.ERROR,
            "The manager's own bridge hides the LAN from its system containers",
            "lxcbr0, lxdbr0 and incusbr0 translate addresses. Give the container a card on a "
            "bridge that has a card of the host in it, or a macvlan, or run the node on the host.",
            ("incus config device add C eth0 nic nictype=macvlan parent=eth0",),
        ),
    ),
)
