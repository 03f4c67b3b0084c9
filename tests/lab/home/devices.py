"""What runs on each device of the office: real daemons, each with its files and its start."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.lab.state import CHECKOUT

from .certificate import pem
from .truth import (
    DESK_PHONE,
    DOMAIN,
    NAS_UUID,
    PC_UUID,
    PRINTER_PORTS,
    THINGS,
    TV_UUID,
    engine,
)

if TYPE_CHECKING:
    from collections.abc import Callable

COMMUNITY, BRANCH_COMMUNITY = "office-read", "branch-read"
SNMP_USER, SNMP_AUTH, SNMP_PRIV = "auditor", "Nine lives suffice", "No cat needs ten"

# Seconds between what a device says unasked: real ones take 30 (LLDP) to 900 (UPnP), a test cannot.
CHATTER_SECONDS = 1


@dataclass(frozen=True)
class Runs:
    """What a device runs: its files, by their name in its own /run, and shell lines.

    ``ports``: where it is to be heard before the office stands, ``tcp/22``.
    """

    start: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()

    def __add__(self, other: Runs) -> Runs:
        return Runs(
            self.start + other.start, {**self.files, **other.files}, self.ports + other.ports
        )


def daemon(name: str, command: str) -> str:
    """The line that starts a daemon in the background, its words in its own file."""
    return f"{command} </dev/null >>/run/{name}.log 2>&1 &"


def avahi(name: str, *services: str, v4: bool = True) -> Runs:
    """A multicast DNS responder with some services, each the inside of a service group."""
    config = (
        f"[server]\nhost-name={name}\nuse-ipv4={'yes' if v4 else 'no'}\nuse-ipv6=yes\n"
        "allow-interfaces=eth0\nenable-dbus=no\nratelimit-interval-usec=0\n"
        "[publish]\npublish-hinfo=no\npublish-workstation=no\n"
    )
    groups = {
        f"avahi-services/{number}.service": f"<service-group>{service}</service-group>\n"
        for number, service in enumerate(services)
    }
    return Runs(
        (
            "mount -n --bind /run/avahi-services /etc/avahi/services",
            daemon(
                "avahi",
                "avahi-daemon -f /run/avahi.conf --no-drop-root --no-chroot --no-rlimits",
            ),
        ),
        {"avahi.conf": config, "avahi-services/.keep": "", **groups},
        ("udp/5353",),
    )


def service(kind: str, port: int, *txt: str, name: str = "%h") -> str:
    """The inside of avahi's service group."""
    records = "".join(f"<txt-record>{record}</txt-record>" for record in txt)
    return (
        f'<name replace-wildcards="yes">{name}</name>'
        f"<service><type>{kind}</type><port>{port}</port>{records}</service>"
    )


def snmpd(name: str, *lines: str) -> Runs:
    """A device's SNMP agent by the lines of its configuration."""
    lines = (f"exactEngineID 0x{engine(name)}", *lines)
    return Runs(
        (
            daemon(
                "snmpd",
                # Without the files of MIBs that are not there to be looked for.
                "MIBS= SNMP_PERSISTENT_DIR=/run/snmp-state"
                " snmpd -f -Lo -C -c /run/snmpd.conf udp:161",
            ),
        ),
        {"snmpd.conf": "\n".join(lines) + "\n", "snmp-state/.keep": ""},
        ("udp/161",),
    )


def lldpd(options: str, *lines: str) -> Runs:
    """A speaker of LLDP, or by its options of CDP; `lines` are lldpcli's."""
    settings = [f"configure lldp tx-interval {CHATTER_SECONDS}", *lines]
    return Runs(
        (
            "mkdir -p /run/lldpd",
            daemon("lldpd", f"lldpd -d -u /run/lldpd.socket -O /run/lldpd.conf {options}"),
        ),
        {"lldpd.conf": "\n".join(settings) + "\n"},
    )


def sshd() -> Runs:
    """A secure shell server with a key of its own."""
    return Runs(
        (
            "mkdir -p /run/sshd",
            "ssh-keygen -q -t ed25519 -N '' -f /run/ssh_key",
            daemon("sshd", "/usr/sbin/sshd -D -e -f /run/sshd.conf"),
        ),
        {"sshd.conf": "HostKey /run/ssh_key\nPidFile none\nUsePAM no\n"},
        ("tcp/22",),
    )


def nginx(pages: dict[int, str], *, tls: str | None = None) -> Runs:
    """A web server: port to title; with ``tls``, port 443 by a certificate for that name."""
    servers = [
        f"server {{ listen {port}; listen [::]:{port}; default_type text/html;"
        f" return 200 '<!doctype html><title>{title}</title>'; }}"
        for port, title in pages.items()
    ]
    files: dict[str, str] = {}
    if tls is not None:
        files["tls.pem"] = pem(tls)
        servers.append(
            "server { listen 443 ssl; listen [::]:443 ssl; default_type text/html;"
            " ssl_certificate /run/tls.pem; ssl_certificate_key /run/tls.pem;"
            f" return 200 '<title>{next(iter(pages.values()))}</title>'; }}"
        )
    files["nginx.conf"] = (
        "daemon off; worker_processes 1; pid /run/nginx.pid; user root;\n"
        "events { worker_connections 512; }\n"
        f"http {{ access_log off; {' '.join(servers)} }}\n"
    )
    ports = (*(f"tcp/{port}" for port in pages), *(("tcp/443",) if tls else ()))
    return Runs(
        (daemon("nginx", "nginx -c /run/nginx.conf -e /run/nginx-error.log"),), files, ports
    )


def nmbd(name: str) -> Runs:
    """A NetBIOS name server."""
    folders = "".join(
        f"{what} directory = /run/samba\n" for what in ("lock", "state", "cache", "pid", "private")
    )
    config = (
        f"[global]\nnetbios name = {name}\nworkgroup = OFFICE\ninterfaces = eth0\n"
        f"bind interfaces only = yes\nlog file = /run/nmbd.log\nlocal master = no\n{folders}"
    )
    return Runs(
        (daemon("nmbd", "nmbd -F --no-process-group -s /run/smb.conf"),),
        {"smb.conf": config, "samba/.keep": ""},
        ("udp/137",),
    )


def program(module: str, *arguments: str) -> str:
    """The command line of one of the lab's own programs."""
    words = shlex.join(arguments)
    return f"PYTHONPATH={CHECKOUT} {sys.executable} -m tests.lab.home.{module} {words}"


def _router() -> Runs:
    own = THINGS["router"].address
    hosts = {
        "gw": own,
        "sw-office": THINGS["switch"].address,
        "nas": THINGS["nas"].address,
        "printer": THINGS["printer"].address,
        "shop": THINGS["web"].address,
        "till-1": THINGS["behind"].address,
    }
    lines = [
        *("user=root", "no-resolv", "no-hosts", "bind-interfaces", "interface=eth0"),
        *("no-daemon", "dhcp-authoritative", "dhcp-leasefile=/run/leases", "log-facility=-"),
        *(f"domain={DOMAIN}", f"local=/{DOMAIN}/", "pid-file="),
        *(f"host-record={name}.{DOMAIN},{address}" for name, address in hosts.items()),
        # Two hosts of one name: the first has the name's own record, both have theirs back.
        *(
            f"ptr-record={'.'.join(reversed(THINGS[lamp].address.split('.')))}.in-addr.arpa,"
            f"lamp.{DOMAIN}"
            for lamp in ("lamp-one", "lamp-two")
        ),
        # It would look for 3 s whether an address that it is about to give is taken, and meanwhile
        # answer nobody: who asks for many keeps all others from getting any.
        "no-ping",
        "dhcp-range=192.168.40.100,192.168.40.120,2m",
        f"dhcp-host={THINGS['phone'].mac},{THINGS['phone'].address}",
        "enable-ra",
        "dhcp-range=fd00:40::,ra-only",
        "ra-param=eth0,4,1800",
    ]
    return Runs(
        (daemon("dnsmasq", "dnsmasq -C /run/dnsmasq.conf"),),
        {"dnsmasq.conf": "\n".join(lines) + "\n"},
        ("udp/53", "udp/67", "tcp/53"),
    )


def _switch() -> Runs:
    thing = THINGS["switch"]
    agent = snmpd(
        "switch",
        f"rocommunity {COMMUNITY}",
        "sysName sw-office",
        "sysDescr NETGEAR GS724Tv4 ProSafe 24-port Gigabit Smart Switch, software 6.3.1.43",
        "sysObjectID 1.3.6.1.4.1.4526.100.4.35",
        "sysLocation Back office, rack 1",
        "sysContact facilities",
        "sysServices 2",
        "master agentx",
        "agentXSocket /run/agentx",
        f"pass_persist .1.3.6.1.2.1.17 /usr/bin/env {program('bridge_mib', 'br-office')}",
    )
    speaker = lldpd(
        f"-x -X /run/agentx -I 'port*' -C port1 -m {thing.address}"
        " -S 'NETGEAR GS724Tv4 ProSafe 24-port Gigabit Smart Switch'",
        "configure system hostname sw-office",
        "configure system capabilities enabled bridge",
    )
    # It tries its agent once and then not for 15 s.
    wait = "for _ in $(seq 100); do [ -S /run/agentx ] && break; sleep 0.05; done"
    return agent + Runs((wait,)) + speaker


def _branch_router() -> Runs:
    return snmpd(
        "branch-router",
        f"rocommunity {BRANCH_COMMUNITY}",
        "sysName branch-gw",
        "sysDescr TP-LINK TL-ER6020 Gigabit Dual-WAN VPN Router",
        "sysObjectID 1.3.6.1.4.1.11863.1.1.2",
        "sysLocation Branch cabinet",
        "sysServices 4",
    )


def _server() -> Runs:
    agent = snmpd(
        "server",
        "sysName srv-files",
        "sysDescr Linux srv-files 6.1.0-28-amd64 SMP x86_64",
        "sysObjectID 1.3.6.1.4.1.8072.3.2.10",
        "sysLocation Back office, rack 1, unit 7",
        "sysServices 72",
        f'createUser {SNMP_USER} SHA-256 "{SNMP_AUTH}" AES "{SNMP_PRIV}"',
        f"rouser {SNMP_USER} priv",
    )
    return agent + sshd()


def _nas() -> Runs:
    config = (
        "media_dir=/run/media\ndb_dir=/run/minidlna\nlog_dir=/run/minidlna\nport=8200\n"
        f"network_interface=eth0\nfriendly_name=Office NAS\nuuid={NAS_UUID}\n"
        "model_name=DS220+\nmodel_number=DS220+\nserial=2060QWR400010\n"
        f"notify_interval={CHATTER_SECONDS}\ninotify=no\nuser=root\n"
    )
    media = Runs(
        ("mkdir -p /run/media", daemon("minidlna", "minidlnad -S -f /run/minidlna.conf")),
        {"minidlna.conf": config, "minidlna/.keep": ""},
        ("tcp/8200", "udp/1900"),
    )
    names = avahi(
        "nas",
        service("_smb._tcp", 445),
        service("_http._tcp", 5000, "vendor=Synology", "model=DS220+", name="Office NAS"),
        service("_device-info._tcp", 0, "model=RackMac"),
    )
    return names + media + nmbd("NAS") + nginx({5000: "Office NAS"})


def _printer() -> Runs:
    about = ("ty=HP LaserJet 400 M401dn", "note=Hall", "product=(HP LaserJet 400 M401dn)")
    name = "HP LaserJet 400 M401"
    names = avahi(
        "printer",
        service("_ipp._tcp", 631, *about, "rp=ipp/print", name=name),
        service("_pdl-datastream._tcp", 9100, *about, name=name),
    )
    prints = Runs(
        (daemon("prints", program("prints", "/run/printed")),),
        {"printed": ""},
        tuple(f"tcp/{port}" for port in PRINTER_PORTS),
    )
    pages = nginx({80: "HP LaserJet 400 M401dn", 631: "HP LaserJet 400 M401dn"})
    return names + pages + prints


def _speaker() -> Runs:
    # Killed, it says no goodbye; each new start announces what it has once more.
    runs = avahi("speaker", service("_sonos._tcp", 1443, "vers=3", "model=S12"))
    *before, start = runs.start
    again = start.removesuffix("</dev/null >>/run/avahi.log 2>&1 &")
    loop = f"while :; do rm -f /run/avahi-daemon/pid; timeout -s KILL 4 {again}; done"
    return Runs((*before, daemon("avahi", f"sh -c '{loop}'")), runs.files, runs.ports)


def _pc() -> Runs:
    wsdd = Runs(
        (daemon("wsdd", f"wsdd -i eth0 -p -n DESKTOP-ANNA -w OFFICE -U {PC_UUID}"),),
        {},
        ("udp/3702", "tcp/5357"),
    )
    return wsdd + nmbd("DESKTOP-ANNA")


def _broker() -> Runs:
    config = "listener 1883\nallow_anonymous true\nuser root\n"
    mqtt = Runs(
        (daemon("mosquitto", "mosquitto -c /run/mosquitto.conf"),),
        {"mosquitto.conf": config},
        ("tcp/1883",),
    )
    return avahi("broker", service("_mqtt._tcp", 1883)) + mqtt + sshd()


def _phone() -> Runs:
    # A client that asks for its lease again and again, by broadcast, as one that has just woken up.
    script = '[ "$1" = bound ] && ip addr replace "$ip/24" brd + dev eth0; exit 0'
    ask = (
        "busybox udhcpc -i eth0 -f -q -n -B -t 3 -T 1 -x hostname:Annas-Phone"
        " -V android-dhcp-14 -s /run/lease.sh"
    )
    loop = f"while :; do {ask}; sleep {CHATTER_SECONDS}; done"
    return Runs(
        ("chmod 755 /run/lease.sh", daemon("udhcpc", f"sh -c '{loop}'")),
        {"lease.sh": f"#!/bin/sh\n{script}\n"},
    )


def _only(*answers: str) -> Runs:
    """Nothing runs, and the kernel itself answers only to what is said."""
    lines = [f"{tool} -P INPUT DROP" for tool in ("iptables", "ip6tables")]
    return Runs((*lines, *(f"{answer} -j ACCEPT" for answer in answers)))


RUNS: dict[str, Callable[[], Runs]] = {
    "router": _router,
    "switch": _switch,
    "branch-router": _branch_router,
    "access-point": lambda: (
        lldpd(
            f"-I eth0 -m {THINGS['access-point'].address} -S 'Ubiquiti UAP-AC-Pro'",
            "configure system hostname ap-hall",
            "configure system capabilities enabled wlan",
        )
        + sshd()
    ),
    "nas": _nas,
    "server": _server,
    "speaker": _speaker,
    "printer": _printer,
    "tv": lambda: Runs(
        (daemon("upnp", program("upnp_device", THINGS["tv"].address, TV_UUID)),),
        {},
        ("udp/1900", "tcp/9197"),
    ),
    "pc": _pc,
    "web": lambda: nginx({80: "Corner shop", 8443: "Admin"}, tls="shop.example") + sshd(),
    "broker": _broker,
    "phone": _phone,
    "desk-phone": lambda: lldpd(
        f"-I eth0 -ll -ccccc -m {THINGS['desk-phone'].address} -S 'Cisco IP Phone 7960, P0S3-8-12'"
        " -P 'Cisco IP Phone 7960'",
        f"configure system hostname {DESK_PHONE}",
    ),
    "camera": lambda: _only(),
    "gate": lambda: _only(
        "iptables -A INPUT -p icmp",
        "ip6tables -A INPUT -p icmpv6",
    ),
    "hub": lambda: avahi("hub", service("_hue._tcp", 443, "modelid=BSB002"), v4=False),
    "behind": lambda: nginx({80: "Till 1"}) + sshd(),
}
