"""Names and texts lose what is their owner's and keep what they are known by."""

from __future__ import annotations

import json
import re

import pytest

from dpf_edge.host import capture, signatures
from dpf_edge.host.capture import Capture
from dpf_edge.host.redact import redact
from dpf_edge.model import Machine, Ran
from tests.test_cases import CASES

from .test_redact import KEY, judged, of, owned

LINKS = sorted(
    signatures.words(
        """
lo lo0 eth0 eth9.10 en0 eno1 ens33 ens160 enp3s0 enp0s31f6 enp5s0f0np0 enP38159p0s0 end0 wlan0
wlp2s0 wwan0 bond0 vlan10 team0 dummy0 ifb0 docker0 docker_gwbridge podman0 cni0 cni-podman0 virbr0
virbr0-nic vnet3 vmbr0 lxcbr0 lxdbr0 incusbr0 tap0 tun0 wg0 ppp0 tailscale0 nordlynx0 utun3
bridge100 vmenet0 awdl0 llw0 anpi0 ap1 gif0 stf0 loopback0 services1 hvint0 rd0 col0 lima0
veth-rd-ns veth-rd-wsl flannel.1 cilium_host cilium_net kube-ipvs0 tunl0 gretap0 erspan0 ip_vti0
ip6_vti0 sit0 ip6tnl0 ip6gre0 teql0 fwbr101i0 tap101i0 br0 br-lan
"""
    )
)


@pytest.mark.parametrize("name", LINKS)
def test_a_well_known_link_keeps_its_name(name: str) -> None:
    assert name == of().link(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Ethernet", "Ethernet 2", "Wi-Fi", "Local Area Connection* 2", "Tailscale", "以太网"),
        *("vEthernet (WSL)", "vEthernet (WSL (Hyper-V firewall))", "vEthernet (Default Switch)"),
        *("VMware Network Adapter VMnet8", "Loopback Pseudo-Interface 1", "Ethernet0"),
        *("Bluetooth Network Connection", "VirtualBox Host-Only Network", "vEthernet (nat)"),
    ],
)
def test_a_well_known_adapter_keeps_its_name(name: str) -> None:
    assert name == of().link(name)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("vEthernet (Contoso LAN)", r"vEthernet \(\w{9} \w{9}\)"),
        ("vEthernet (WSLContoso)", r"vEthernet \(WSL\w{9}\)"),
        ("Contoso VPN 2", r"\w{9} VPN 2"),
        ("Contoso WireGuard", r"\w{9} WireGuard"),
        ("wg-contoso", r"wg-x[0-9a-f]{8}"),
        ("tuncontoso", r"tunx[0-9a-f]{8}"),
        ("zt5contoso", r"ztx[0-9a-f]{8}"),
        ("contoso0", r"c[0-9a-f]{8}"),
        ("enx3ca62f5a6b7c", r"enx3ca62f[0-9a-f]{6}"),
        ("br-0f1e2d3c4b5a", r"br-[0-9a-f]{12}"),
        ("veth0a1b2c3", r"veth[0-9a-f]{7}"),
        ("cali0a1b2c3d4e5", r"cali[0-9a-f]{11}"),
        ("ZeroTier One [0a1b2c3d4e5f6789]", r"ZeroTier \w{9} \[[0-9a-f]{16}\]"),
    ],
)
def test_a_name_of_the_owners_keeps_only_what_tells_its_sort(name: str, form: str) -> None:
    told = of().link(name)

    assert re.fullmatch(form, told)
    assert told != name


@pytest.mark.parametrize(
    ("name", "form"),
    [
        *((name, re.escape(name)) for name in sorted(signatures.HOSTS)),
        ("", ""),
        ("DESKTOP-AB12CD3", r"host-[0-9a-f]{8}"),
        ("0a1b2c3d4e5f", r"[0-9a-f]{12}"),
        ("colima-contoso", r"colima-x[0-9a-f]{8}"),
        ("lima-contoso", r"lima-x[0-9a-f]{8}"),
        ("podman-machine-contoso", r"podman-machine-x[0-9a-f]{8}"),
        ("ip-10-31-7-9.eu-west-9.compute.internal", r"host-\w{8}\.x\w+-x\w+-9\.compute\.internal"),
        ("nas.contoso.example.org", r"host-[0-9a-f]{8}\.x[0-9a-f]{8}\.example"),
        ("linuxkit-00155d019c07", r"linuxkit-00155d[0-9a-f]{6}"),
    ],
)
def test_hosts_are_renamed_but_for_products(name: str, form: str) -> None:
    told = of().host(name)

    assert re.fullmatch(form, told)
    assert (told == name) == (not name or name in signatures.HOSTS)


def test_a_containers_short_identifier_is_the_beginning_of_the_long_one() -> None:
    names = of()
    whole = "3f4e9a1b2c3d4e5f60718293a4b5c6d7e8f90123456789abcdef0123456789ab"

    assert names.spelled(f"/containers/{whole}/").startswith(
        f"/containers/{names.host(whole[:12])}"
    )
    assert 64 == len(names.identifier(whole))


@pytest.mark.parametrize(
    "name", ["Ubuntu", "Ubuntu-24.04", "Debian", "kali-linux", "docker-desktop", "rancher-desktop"]
)
def test_a_well_known_distribution_keeps_its_name(name: str) -> None:
    assert name == of().distribution(name)


def test_another_distribution_is_renamed() -> None:
    assert re.fullmatch("distribution-[0-9a-f]{8}", of().distribution("Ubuntu-contoso"))


@pytest.mark.parametrize(
    "name", ["docker", "overlay", "microsoft", "linux", "hypervisor", "containers", "rw", "data"]
)
def test_a_machine_named_like_a_sign_is_judged_as_before(name: str) -> None:
    """Its name goes where it is a name, and stays where it is a word of the system's."""
    for case in ("docker-desktop-bridge", "engine-bridge-podman", "wsl2-nat", "wsl1"):
        taken = capture.load(str(CASES / case / "capture.json"))
        files = {
            path: text.replace("/home/u/", f"/home/{name}/") if isinstance(text, str) else text
            for path, text in taken.files.items()
        }
        named = type(taken)(
            **{
                **{field: getattr(taken, field) for field in taken.__struct_fields__},
                "machine": Machine("Linux", taken.machine.release, hostname=name),
                "files": files,
            }
        )

        told = redact(named, KEY)

        assert judged(named) == judged(told)
        assert told.machine.hostname != name


def file(path: str, text: str) -> str:
    """What becomes of one file."""
    made = Capture(capture=1, machine=Machine("Linux"), interfaces=(), files={path: text})
    told = redact(made, KEY).files[path]
    assert isinstance(told, str)
    return told


UNCHANGED = {
    "/proc/version": "Linux version 6.6.87.2-microsoft-standard-WSL2 (gcc 11.2.0) #1 SMP\n",
    "/proc/sys/kernel/osrelease": "6.6.87.2-microsoft-standard-WSL2\n",
    "/proc/self/mountinfo": "800 700 0:62 / / rw,relatime - overlay overlay rw,lowerdir="
    "/var/lib/docker/overlay2/l/A,workdir=/var/lib/docker/overlay2/work\n"
    "75 70 0:40 / /mnt/c rw,noatime - 9p C:\\134 rw,aname=drvfs;path=C:\\;uid=1000;gid=1000;"
    "symlinkroot=/mnt/,cache=0x5,access=client,msize=65536,trans=fd,rfd=6,wfd=6\n"
    "76 70 0:41 / /Docker/host rw - 9p C:\\134Program\\040Files\\134Docker\\134Docker"
    "\\134resources rw,path=C:\\Program Files\\Docker\\Docker\\resources\n"
    "77 70 254:1 /run/host_mark/Users /Users rw - fakeowner /run/host_mark/Users rw\n"
    "78 70 0:50 /proc/cpuinfo /proc/cpuinfo rw - fuse.lxcfs lxcfs rw\n",
    "/proc/self/uid_map": "         0       1000          1\n         1     100000      65536\n",
    "/proc/1/cgroup": "0::/user.slice/user-1000.slice/session-3.scope\n12:cpu,cpuacct:/docker/\n",
    "/proc/1/environ": "container=lxc",
    "/proc/cpuinfo": "flags\t\t: fpu hypervisor\n",
    "/etc/os-release": 'PRETTY_NAME="Docker Desktop"\nID=alpine\n',
    "/etc/hosts": "127.0.0.1 localhost\n::1 ip6-localhost ip6-loopback\n"
    "192.168.65.254 host.docker.internal\n",
    "/etc/resolv.conf": "# This file was automatically generated by WSL. To stop automatic"
    " generation of this file, add the following entry to /etc/wsl.conf:\n# [network]\n"
    "# generateResolvConf = false\nnameserver 10.255.255.254\nsearch mshome.net\n"
    "# ExtServers: [host(192.168.65.7) 8.8.8.8]\n# Overrides: [nameservers]\n",
    "/etc/wsl.conf": "[boot]\nsystemd=true\n[automount]\nroot=/mnt/\n",
    "/run/.containerenv": 'engine="podman-5.2.5"\nrootless=1\n',
    "/run/systemd/container": "docker\n",
    "/run/host/container-manager": "lxc",
    "/proc/sys/fs/binfmt_misc/WSLInterop": "enabled\ninterpreter /init\nflags: PF\noffset 0\n",
    "/sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n",
    "/sys/class/dmi/id/product_name": "Virtual Machine\n",
    "/sys/class/dmi/id/chassis_asset_tag": "7783-7084-3265-9085-8269-3286-77\n",
    "/sys/hypervisor/type": "xen\n",
}


@pytest.mark.parametrize("path", UNCHANGED)
def test_a_file_of_signs_alone_stays_as_it_is(path: str) -> None:
    assert UNCHANGED[path] == file(path, UNCHANGED[path])


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/.dockerenv", "hunter2"),
        ("/etc/resolv.conf", "# hunter2\nhunter2 10.0.0.1\noptions hunter2=x\n; hunter2\n"),
        ("/etc/resolv.conf", "# ExtServers: [host(hunter2) hunter2]\n# Overrides: [hunter2]\n"),
        ("/etc/resolv.conf", "nameserver hunter2\nsearch hunter2.org\n"),
        ("/etc/os-release", "# hunter2\nHUNTER=hunter2\nexport x=hunter2\nHOME_URL=hunter2\n"),
        ("/etc/wsl.conf", "# hunter2\n[hunter2]\nhunter2=1\n[boot]\ncommand=hunter2\n"),
        ("/etc/wsl.conf", "[user]\ndefault=hunter2\n[network]\nhostname=hunter2\nhunter2\n"),
        ("/etc/hosts", "10.0.0.9 hunter2 # hunter2\nhunter2 x\n"),
        ("/proc/cpuinfo", "flags : hunter2\nSerial : hunter2\n"),
        ("/proc/1/environ", "TOKEN=hunter2\0container=hunter2"),
        ("/proc/1/environ", "container=hunter2\0TOKEN=hunter2"),
        ("/proc/1/cgroup", "0::/hunter2/docker-hunter2.scope/my-hunter2_x\n"),
        ("/proc/self/uid_map", "hunter2"),
        ("/proc/self/mountinfo", "1 2 0:3 /hunter2 /hunter2 hunter2 - hunter2 hunter2 x=hunter2\n"),
        ("/proc/self/mountinfo", "1 2 0:3 / / rw - cifs //me:hunter2@nas/x rw,password=hunter2\n"),
        ("/proc/sys/fs/binfmt_misc/WSLInterop", "hunter2\ninterpreter /hunter2\n"),
        ("/run/.containerenv", 'name="hunter2"\nhunter2\nsecret="hunter2"\nrootless=hunter2\n'),
        ("/run/systemd/container", "hunter2"),
        ("/sys/hypervisor/type", "hunter2"),
        ("/sys/class/dmi/id/chassis_asset_tag", "hunter2"),
        ("/proc/version", "Linux version 6.1 (hunter2@hunter2.org) ghp_hunter2abcdefghijklmnop\n"),
        ("/proc/sys/kernel/osrelease", "6.1.0 /home/hunter2/x C:\\Users\\hunter2\\x\n"),
    ],
)
def test_what_a_file_should_not_hold_does_not_survive(path: str, text: str) -> None:
    assert "hunter2" not in file(path, text)


def test_a_path_keeps_its_form_and_loses_its_names() -> None:
    told = of().spelled(
        "/srv/contoso/docker-data/overlay2/l/ABCDEF,gid=1000 /home/jdoe/.local/share"
    )

    form = r"/srv/x\w{8}/docker-data/overlay2/l/x\w{8},gid=1000 /home/user-\w{8}/.local/share"
    assert re.fullmatch(form, told)


def test_accounts_of_every_machine_stay() -> None:
    text = "C:\\Users\\Public\\x /home/root/x /Users/Shared/x"

    assert text == of().scanned(text)


def test_a_word_that_detectors_look_for_stays_inside_another() -> None:
    told = of().spelled("/srv/contosodockerdata/containers/storagecontoso")

    assert re.fullmatch(r"/srv/x\w{8}dockerdata/containers/storagex\w{8}", told)


def test_versions_are_no_addresses_and_private_addresses_are_no_versions() -> None:
    names = of("10.31.7.9")

    assert "kernel 6.6.87.2 and 2.6.3.0" == names.scanned("kernel 6.6.87.2 and 2.6.3.0")
    assert "10.31.7.9" not in names.scanned("tunnel to 10.31.7.9")


def output(*argv: str, stdout: str) -> Ran | None:
    """What becomes of one command."""
    ran = Ran(argv, 0, stdout)
    made = Capture(capture=1, machine=Machine("Windows"), interfaces=(), commands=(ran,))
    told = redact(made, KEY).commands
    return told[0] if told else None


def test_wsls_outputs_keep_versions_and_states() -> None:
    version = output(
        "wsl.exe",
        "--version",
        stdout="WSL version: 2.6.3.0\nDirect3D 版本： 1.611.1\nfoo: hunter2\n",
    )
    status = output(
        "wsl.exe",
        "--status",
        stdout="Default Distribution: hunter2\nDefault Version: 2\nhunter2 is not a line\n",
    )
    listed = output(
        "wsl.exe",
        "-l",
        "-v",
        stdout="  NAME    STATE    VERSION\n* Ubuntu    Running    2\n  hunter2    Stopped    1\n",
    )

    assert version is not None
    assert status is not None
    assert listed is not None
    assert re.fullmatch(
        r"wsl version: 2\.6\.3\.0\nDirect3D x\w{8}: 1\.611\.1\n", version.stdout, re.IGNORECASE
    )
    assert re.fullmatch(
        r"Default Distribution: distribution-\w{8}\nDefault Version: 2\n", status.stdout
    )
    assert re.fullmatch(
        r"\* Ubuntu    Running    2\n  distribution-\w{8}    Stopped    1\n", listed.stdout
    )


@pytest.mark.parametrize("word", ["nat\n", "Mirrored\n", "wsl1", "2.6.3\n", "", "\n"])
def test_wslinfos_own_words_stay(word: str) -> None:
    told = output("wslinfo", "--networking-mode", stdout=word)

    assert told is not None
    assert word == told.stdout


@pytest.mark.parametrize(
    ("argv", "stdout"),
    [
        (("wslinfo", "--networking-mode"), "hunter2"),
        (("docker", "info", "--format", "json"), '{"Name":"hunter2","Labels":["hunter2"]}'),
        (("docker", "info", "--format", "json"), "hunter2"),
        (("docker", "info", "--format", "{{json .}}"), '{"OSType":"hunter2"}'),
        (("docker", "context", "ls", "--format", "json"), '{"Name":"hunter2"}\nhunter2\n'),
        (
            ("docker", "context", "ls", "--format", "json"),
            '{"Name":"hunter2","DockerEndpoint":"ssh://hunter2@hunter2","Error":"hunter2"}',
        ),
        (("docker", "--context", "hunter2", "info", "--format", "json"), '{"Name":"hunter2"}'),
        (("wsl.exe", "--version"), "hunter2: 1.2.3\nhunter2\n"),
        (("wsl.exe", "-l", "-v"), "hunter2 hunter2 2\nhunter2\n"),
        (("wsl.exe", "-d", "hunter2", "--", "wslinfo", "--networking-mode"), "hunter2"),
        (("wsl.exe", "-d", "hunter2", "--", "cat", "/etc/hunter2"), "hunter2"),
        (("wsl.exe", "-d", "hunter2"), "hunter2"),
        (("powershell.exe", "-Command", "Get-NetAdapter"), "hunter2"),
        (("powershell.exe", "-Command", "Get-NetRoute"), '{"hunter2":1,"Name":"hunter2"}'),
        (("powershell.exe", "-Command", "Get-NetRoute hunter2"), "{}"),
        (("powershell.exe", "-Command", "Get-Content hunter2"), '{"Name":1}'),
        (("cat", "/etc/shadow"), "hunter2"),
        (("hunter2",), ""),
        ((), "hunter2"),
    ],
)
def test_what_a_command_should_not_print_does_not_survive(
    argv: tuple[str, ...], stdout: str
) -> None:
    assert "hunter2" not in str(output(*argv, stdout=stdout))


def test_powershells_answers_keep_their_known_properties() -> None:
    told = output(
        "powershell.exe",
        "-NoProfile",
        "-Command",
        "Get-NetAdapter | ConvertTo-Json",
        stdout=json.dumps(
            [{"Name": "Wi-Fi", "MacAddress": "00-15-5D-01-02-03", "ifIndex": 7, "Status": "Up"}]
        ),
    )

    assert told is not None
    (adapter,) = json.loads(told.stdout)
    assert ("Wi-Fi", 7, "Up") == (adapter["Name"], adapter["ifIndex"], adapter["Status"])
    assert re.fullmatch("00-15-5d-.{8}", adapter["MacAddress"])
    assert "01-02-03" not in adapter["MacAddress"]


def test_the_registry_keeps_builds_and_loses_names() -> None:
    told = owned().registry

    assert "22631" == told["HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\CurrentBuild"]
    names = [value for key, value in told.items() if key.endswith("\\DistributionName")]
    assert [owned().env["WSL_DISTRO_NAME"]] == names
    paths = [value for key, value in told.items() if key.endswith("\\BasePath")]
    assert re.fullmatch(r"C:\\Users\\user-\w{8}\\x\w{8}", str(paths[0]))


def test_docker_desktops_settings_and_wslconfig_keep_their_known_keys() -> None:
    told = {path.rpartition("/")[2]: text for path, text in owned().files.items()}
    wsl = next(text for path, text in owned().files.items() if path.endswith(".wslconfig"))

    store = json.loads(str(told["settings-store.json"]))
    assert {"HostNetworkingEnabled", "vpnkitCIDR"} == store.keys()
    assert store["HostNetworkingEnabled"] is True
    assert "networkingMode=mirrored\n" in str(wsl)
    assert "kernelCommandLine" not in str(wsl)
