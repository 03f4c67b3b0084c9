"""What redaction leaves as it is: the numbers, names and words that tell a vantage and nobody.

One list, so that whoever wants to know what survives reads one file. Everything here is the same
on every machine of its kind: a product's own network, a stack's own MAC, a word that a detector
looks for. What :mod:`dpf_edge.vantage` looks for has to stand here, which tests check.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network

Network = IPv4Network | IPv6Network


def words(text: str) -> frozenset[str]:
    """The words of a list, blanks between them."""
    return frozenset(text.split())


def networks(text: str) -> tuple[Network, ...]:
    """The networks of a list, blanks between them."""
    return tuple(map(ip_network, text.split()))


# --- Addresses -----------------------------------------------------------------------------------

# Addresses change inside these blocks, and none leaves its block or comes in: RFC 1918, RFC 6598,
# RFC 3927, RFC 4193, RFC 4291 section 2.5.6, RFC 3879; and fd42::/16, which LXD and Incus draw
# their bridges' networks from.
BLOCKS = networks(
    "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16"
    " fc00::/8 fd00::/8 fd42::/16 fe80::/10 fec0::/10"
)
# No station's own: this host and OrbStack's resolver, loopback, groups, masks and the broadcast.
# Groups that are made out of an address (RFC 4291 section 2.7.1, RFC 3306) do change.
UNCHANGED = networks("0.0.0.0/8 127.0.0.0/8 224.0.0.0/4 255.0.0.0/8 ::/127 ff00::/8")
# Where public addresses go: RFC 5737 and RFC 3849; and where those are too small for a network, or
# full, RFC 2544's benchmarking block, RFC 1112's reserved one and RFC 9637.
DOCUMENTATION = networks(
    "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 198.18.0.0/15 240.0.0.0/4 2001:db8::/32 3fff::/20"
)
# A public network wider than this is no site's: half the internet, as VPN programs route it.
WIDEST_PUBLIC = {4: 8, 6: 20}

# Networks and addresses of products, the same on every machine that has them.
RANGES = networks(
    # Docker Desktop (192.168.65.0), its IPv6 network, and its old Hyper-V switch; macOS's vmnet,
    # which numbers from 192.168.64.0 up.
    "192.168.64.0/22 fdc4:f303:9324::/48 10.0.75.0/24"
    # WSL: its tunnelled resolver, and its relay with its gateway.
    " 10.255.255.254/32 169.254.73.0/24 fe80::500:4aef:feef:2aa2/128"
    # slirp, QEMU and VirtualBox; lxc-net, and VirtualBox's second; VirtualBox's host-only one.
    " 10.0.2.0/24 10.0.3.0/24 192.168.56.0/24 fd17:625c:f037::/48"
    # gvproxy (Podman's machine), Rancher Desktop, Lima and its further networks.
    " 192.168.127.0/24 192.168.143.0/24 192.168.205.0/24 192.168.5.0/24"
    " 192.168.104.0/24 192.168.105.0/24 192.168.106.0/24"
    # OrbStack's machines, and its engine's networks.
    " 198.19.248.0/23 192.168.138.0/23 fd07:b51a:cc66::/48"
    " 192.168.97.0/24 192.168.107.0/24 192.168.117.0/24 192.168.147.0/24 192.168.148.0/24"
    " 192.168.155.0/24 192.168.156.0/24 192.168.215.0/24"
    # libvirt, Parallels.
    " 192.168.122.0/24 10.211.55.0/24"
    # pasta's and Calico's gateways; the clouds' metadata and resolvers; Tailscale's resolver.
    " 169.254.1.1/32 169.254.1.2/32 169.254.169.253/32 169.254.169.254/32 168.63.129.16/32"
    " 100.100.100.100/32 100.100.100.200/32 fd00:ec2::/32"
    # Kubernetes: the pods' usual networks, and the two services that every cluster has. The whole
    # of 10.96.0.0/12 is too wide to be left alone: sites number themselves there.
    " 10.42.0.0/16 10.244.0.0/16 10.96.0.1/32 10.96.0.10/32 10.43.0.1/32 10.43.0.10/32"
    # Resolvers that engines fall back to, and the far end of the active check.
    " 8.8.8.8/32 8.8.4.4/32 1.1.1.1/32"
    # The link-local address that routers are given by hand.
    " fe80::1/128"
)
# Networks that engines hand out unasked, known by how they are cut (daemon.json's
# default-address-pools; Podman's default): each stays, and no other network becomes one.
POOLS: tuple[tuple[Network, int], ...] = (
    *((ip_network(f"172.{n}.0.0/16"), 16) for n in range(17, 32)),
    (ip_network("192.168.0.0/16"), 20),
    (ip_network("10.88.0.0/16"), 16),
)
# The first addresses of an IPv4 network stay the first of it: an engine's gateway is known by
# having the first of all, and VMware's NAT by having the second.
FIRST_HOSTS = 2

# --- MACs ----------------------------------------------------------------------------------------

# Whole MACs that a program has on every machine: those that stacks answer with, the host's ports
# of VMware and VirtualBox, vpnkit's client.
MACS = words(
    """
    00:00:00:00:00:00 00:11:22:33:44:55 00:00:00:00:01:00 f6:16:36:bc:f9:c6 5a:94:ef:e4:0c:dd
    5a:94:ef:e4:0c:ee 52:55:0a:00:02:02 52:54:00:12:35:02 12:34:56:78:9a:bc ee:ee:ee:ee:ee:ee
    00:50:56:c0:00:01 00:50:56:c0:00:08 0a:00:27:00:00:00 02:50:00:00:00:01 02:50:00:00:00:02
    """
)
# VPN programs' adapters: the first five bytes are the program's, and the last counts adapters.
MAC_PREFIXES = (
    "00:05:9a:3c:7a:",
    "00:09:0f:aa:00:",
    "00:09:0f:fe:00:",
    "02:05:85:7f:eb:",
    "02:50:41:00:00:",
)
# Docker before 28 wrote the container's IPv4 address into the four bytes behind these two; the
# first byte of its default networks' addresses makes a prefix that detectors know.
ADDRESS_MAC, ADDRESS_MAC_KNOWN = 0x0242, 172

# --- Names ---------------------------------------------------------------------------------------

# Host names that products give; behind one of the beginnings follows a name of the owner's.
HOSTS = words(
    """
    docker-desktop colima orbstack lima-default lima-docker lima-podman lima-rancher-desktop
    lima-k3s podman-machine-default rancher-desktop buildkitsandbox minikube localhost
    ip6-localhost ip6-loopback ip6-localnet ip6-mcastprefix ip6-allnodes ip6-allrouters
    """
)
HOST_PREFIXES = ("colima-", "lima-", "podman-machine-")
# Domains of products and clouds, and those of home networks (RFC 8375, RFC 6762, RFC 6761).
DOMAINS = words(
    """
    svc.cluster.local cluster.local mshome.net ec2.internal compute.internal google.internal
    internal.cloudapp.net oraclevcn.com docker.internal containers.internal lima.internal
    rancher-desktop.internal orb.internal orb.local lxd incus lxc lan local localdomain localhost
    home home.arpa internal fritz.box dns.podman in-addr.arpa ip6.arpa example example.com
    """
)
DISTRIBUTIONS = re.compile(
    r"Ubuntu(-(\d\d\.\d\d|Preview))?|Debian|kali-linux|docker-desktop(-data)?|Alpine"
    r"|podman-machine-default|podman-net-usermode|rancher-desktop(-data)?"
    r"|openSUSE-(Tumbleweed|Leap-\d\d\.\d)|SLES-\d\d|SUSE-Linux-Enterprise-\d\d(-SP\d)?"
    r"|OracleLinux_\d_\d\d?|AlmaLinux(-\d\d?)?|RockyLinux(-\d\d?)?|Fedora(Linux)?(-\d\d)?"
    r"|archlinux|Arch|NixOS|eLxr"
)
USERS = frozenset({"root", "public", "default", "default user", "all users", "shared"})
CONTEXTS = words(
    """
    default desktop-linux desktop-windows rootless colima orbstack rancher-desktop podman
    podman-machine-default
    """
)
# The programs that reach engines, and the option before a context's name.
CLIENTS = frozenset({"docker", "podman", "--context"})
# Images that are the same everywhere: our own, and distributions' with a release for a tag.
IMAGES = re.compile(
    r"(dpf-edge|(ghcr\.io/opendigitalproductfactory/)?dpf-edge-node|almalinux|alpine|busybox|debian"
    r"|fedora|python|rockylinux|ubuntu)(:(latest|stable|edge|bookworm|trixie|jammy|noble"
    r"|\d{1,4}(\.\d{1,4}){0,2})(-slim|-alpine|-bookworm)?)?"
)
# The Hyper-V firewall's name for WSL.
GUIDS = frozenset({"40e0ac32-46a5-438a-a0b2-2b479e8f2e90"})
# Asset tags of clouds, and of makers who wrote none; a firm writes its inventory number there.
ASSET_TAGS = frozenset(
    {
        *("7783-7084-3265-9085-8269-3286-77", "oraclecloud.com", "amazon ec2", "none", ""),
        *("no asset tag", "no asset information", "to be filled by o.e.m.", "default string"),
    }
)
# The words of runtimes, in the environment and in /run, and of hypervisors.
RUNTIMES = words(
    """
    docker podman oci lxc lxc-libvirt systemd-nspawn containerd wsl garden flatpak snap proot
    rkt crio buildah xen kvm microsoft vmware
    """
)

# Names that kernels, systemd, engines and hypervisors give to links.
LINKS = re.compile(
    r"lo\d{0,2}|(en|wl|ww|sl|ib)(P\d{1,5})?([pousfdicv]\d{1,5}|n[ps]?\d{1,3})+(\.\d{1,4})?"
    r"|(eth|en|em|lan|wan|wlan|wifi|ath|ra|mlan|usb|ib|br|bond|team|vlan|dummy|ifb|tun|tap|utun|wg"
    r"|ppp|wwan|rmnet|rmnet_data|ccmni|can|sit|tunl|gre|gretap|erspan|ip_vti|ip6_vti|ip6tnl"
    r"|ip6gre|teql|nlmon|vxlan|geneve|macvlan|macvtap|ipvlan|docker|podman|cni|cni-podman|virbr"
    r"|vnet|vmbr|vmnet|vboxnet|lxcbr|lxdbr|incusbr|venet|services|hvint|loopback|rd|col|lima"
    r"|tailscale|nordlynx|ipsec|vti|gpd|cscotun|proton|nebula|netbird|wt|awdl|llw|anpi|ap|gif"
    r"|stf|nan|pktap|iptap|feth|vmenet|XHC|bridge|vnic|p2p-dev-wlan|qmimux|swp"
    r")\d{1,4}([.:]\d{1,4})?"
    r"|docker_gwbridge|virbr0-nic|cilium_(host|net|vxlan)|lxc_health|kube-(ipvs0|bridge|dummy-if)"
    r"|nodelocaldns|flannel(\.\d{1,4}|-wg)|veth-rd-(ns|wsl)|br-(lan|wan|int|ex|guest|nat|mgmt)"
    r"|ovs-system|(tap|veth|fwbr|fwln|fwpr)\d{1,9}[ip]\d{1,3}"
)
# The beginnings by which links are known; what follows is replaced.
LINK_PREFIXES = re.compile(
    r"tailscale|wg|tun|utun|ppp|zt|nordlynx|ipsec|vti|gpd|cscotun|proton|nebula|netbird|wt"
    r"|feth_vpn|virbr|lxcbr|lxdbr|incusbr|vnet|tap|ifb|cni|flannel|cali|vmnet|vboxnet|veth|lxc"
    r"|enp|ww"
)
# Names that Windows gives to adapters, in some of its languages, and programs to theirs.
ADAPTERS = re.compile(
    r"Ethernet\d{1,3}|(Ethernet|Ethernet-Verbindung|以太网|イーサネット|이더넷|Wi-Fi|WLAN|Cellular|Mobilfunk"
    r"|Bluetooth Network Connection|Bluetooth-Netzwerkverbindung|Mobile Broadband Connection"
    r"|Network Bridge|Local Area Connection\*?|LAN-Verbindung\*?|本地连接\*?"
    r"|Conexión de área local\*?|Connexion au réseau local\*?|Loopback Pseudo-Interface"
    r"|Npcap Loopback Adapter|NordLynx|VirtualBox Host-Only (Ethernet Adapter|Network)"
    r"|VMware Network Adapter VMnet\d+|Tailscale|Teredo Tunneling Pseudo-Interface|6to4 Adapter"
    r"|Hamachi|Microsoft IP-HTTPS Platform Interface"
    r"|OpenVPN (TAP-Windows6|Data Channel Offload|Wintun))( #?\d{1,3})?"
    r"|vEthernet \((WSL|WSL \(Hyper-V firewall\)|Default Switch|nat|DockerNAT|FSE Switch|Ethernet"
    r"|Wi-Fi|External|External Switch)\)( \d{1,3})?"
)

# --- Words ---------------------------------------------------------------------------------------

# What detectors find inside a name, a description, a path or a kernel's release, whatever stands
# around it. A phrase stays whole, and its words by themselves do not.
INSIDE = re.compile(
    # adapters of Windows
    r"vethernet \((?:wsl|default switch|nat\)|dockernat|fse ?switch|fse hostvnic|minikube"
    r"|hns internal|container nic|podman)?|vmnet\d+|virtualbox host-only|vboxnet|npcap|loopback"
    r"|wi-fi direct|bluetooth|hosted network|kernel debug|teredo|6to4|isatap|ip-https"
    r"|parallels host|vmware virtual ethernet adapter|vmware network adapter"
    r"|hyper-v virtual ethernet adapter|hyper-v virtual switch|multiplexor|network bridge"
    r"|mac bridge|microsoft hyper-v network adapter|vmxnet|virtio|red hat|xen net|xensource"
    r"|vmware accelerated|vmware pci|virtual function|vf adapter|amazon elastic"
    # VPN programs
    r"|tailscale|wireguard|wintun|openvpn|tap-windows|tap-win32|\btap\b|zerotier|nordlynx|nordvpn"
    r"|anyconnect|cisco secure client|globalprotect|pangp|palo alto|forti|pulse secure|juniper"
    r"|check point|sonicwall|netextender|array networks|f5 networks|big-ip|hamachi|softether"
    r"|mullvad|proton|surfshark|expressvpn|windscribe|cloudflare|warp|netbird|nebula|twingate"
    r"|zscaler|l2tp|pptp|ikev2|sstp|wan miniport|\bvpn\b|netskope|ivanti|sophos|openconnect"
    r"|private internet access|cyberghost|radmin"
    # modems
    r"|mobile broadband|mobilfunk|wwan|remote ndis|rndis|apple mobile device|cellular|\blte\b"
    r"|\b[45]g\b|modem|hspa"
    # engines, their stores and their control groups
    r"|docker|containerd|podman|buildkit|kubepods|libpod|lxc|storage"
    # kernels, distributions, firmware and clouds
    r"|microsoft|wsl2|linuxkit|orbstack|rancher desktop|qemu|kvm|bochs|vmware|innotek|virtualbox"
    r"|xen|parallels|bhyve|amazon ec2|google|digitalocean|hetzner|alibaba cloud|openstack"
    r"|apple virtualization|firecracker|nutanix|oraclecloud|scaleway|linode|akamai|vultr|upcloud"
    r"|exoscale|tencent cloud",
    re.IGNORECASE,
)
# Words that machines everywhere use, in lower case.
WHOLE = words(
    # Paths, of systems and of engines' stores.
    """
    app appdata application applications apps backend bin binfmt boot builder cache cached cgroup
    cgroup2 com common conf config container containers core data default desktop dev devices
    devpts diff dir disk disks distro downloads drive drivers efi entries etc exe files fs group
    guest home host hostname hosts id image images incus init initrd internal io json k3s kernel
    kernels kubelet kubernetes lib lib64 libexec library linux local localstate lock log logs
    lower lxd machine machines main mapper mark media merged misc mnt modules monitor mount mounts
    net netns nix none npipe opt overlay overlay2 overlayfs overlays packages pipe pipes pods
    private proc program programdata programs pts rancher raw registry release resolv resolvconf
    resolve resources roaming root rootfs run sandboxes sbin secrets self service serviceaccount
    services settings sh share shared shm snap snapshot snapshots snapshotter so sock socket
    sockets src srv stable state store stub support sys sysroot system systemd temp tmp tools txt
    unix upper userdata users usr var version vhdx virt vm vms volumes windows work workdir wsl
    wslconfig wslg
    """
    # File systems and their options.
    """
    9p access acl aname async atime attr aufs auto bind bpf btrfs cifs client clone codepage
    compress confidential configfs cdrom debugfs devtmpfs dfltuid dirsync discard dmask drvfs
    ecryptfs efivarfs errors ext2 ext3 ext4 f2fs fakeowner fat fd fmask force fscache fuse fuseblk
    fusectl gid grpcfuse hostfs hugetlbfs inode inode64 inodes iso9660 journal lazytime loose
    lowerdir lxcfs lz4 mand mask master max memory metacopy metadata minorversion mmap mode mqueue
    msize name native nfs nfs4 noacl noatime nobarrier nodev nodiratime noexec nosuid nosymfollow
    nr ns nsdelegate ntfs ntfs3 off on options ordered path permissions posixacl prjquota propagate
    proto pstore ptmxmode quota ramfs rdma rdonly recursiveprot redirect relatime remount retrans
    rfd ro rprivate rshared rslave rw sec seclabel securityfs selinux size slave source squashfs
    ssd subvol subvolid sunrpc swap symlinkroot sync sysfs tcp timeo tmpfs trans tracefs type uid
    umask unbindable uncached upperdir user userxattr utf8 vers vfat virtio virtiofs volatile wfd
    wsize xattr xfs xino zfs zstd
    """
    # Control groups and what runs in them.
    """
    actions agent besteffort blkio burstable cls cpu cpuacct cpuinfo cpuset cri crio diskstats
    elogind event freezer guaranteed hugetlb loadavg meminfo online openrc payload perf pid pids
    pod prio scope session slabinfo slice stat supervise swaps unified unit uptime
    """
    # Engines, what they and WSL are set to, and what wsl.exe prints.
    """
    address apparmor automount bridged builtin cgroupns cli confined consomme context direct3d
    disabled distribution distributions dropcache dual dxcore enabled endpoint engine experimental
    false fileserver gb general gradual info interop ipv4only ipv6only kb labels locked mb
    mirrored msrdc nat network new no nodefault os privileges profile rootless runc running
    runtime seccomp server stopped true unconfined value virtioproxy windowsfilter
    """
)

# What else stands in the errors of engines, of wsl.exe and of this program, in lower case.
SAID = words(
    """
    an and another answer answers any api are argument array as asked at attach attempt be
    because been bios bool but by byte bytes call came can canceled cannot capture catastrophic
    caused character characters closed code command connect connection contexts could create
    created createinstance daemon deadline denied detach dial did directory does during either
    ended error exceeded exec executable exist exists exited expected expired failed failure
    field file find first for found from get got has have here http https if in indicate input
    inside install installed instance int interface interfaces invalid is issue it its key
    length line lists long longer lookup made malformed manifest may might missing more must
    named names needs node not nothing null object occurred oci of old one only open operation
    or other out over permission ping platform please post printed process pull pulled reads
    refused registered remove reply request required reset response runs seconds shim space
    specified ssh stands start started starting status still str string subsystem such supplied
    supported task terminated than that the there this timed timeout tls to too took truncated
    trying twice unable unexpected unknown unreachable unsupported until up update virtual was
    while whose with within without you your
    """
)

# --- Texts ---------------------------------------------------------------------------------------

# The comments of a resolv.conf that say who wrote it; all others may say anything.
RESOLVER_COMMENTS = (
    "This file was automatically generated by WSL. To stop automatic generation of this file, add"
    " the following entry to /etc/wsl.conf:",
    "automatically generated by WSL",
    "DNS requests are forwarded to the host. DHCP DNS options are ignored.",
    "DNS requests are forwarded to the host",
    "[network]",
    "generateResolvConf = false",
    "Generated by Docker Engine.",
    "Generated by NetworkManager",
    "Based on host file: '/etc/resolv.conf' (internal resolver)",
    "Based on host file: '/etc/resolv.conf' (legacy)",
    "Option ndots from: internal",
)
OS_RELEASE = words(
    """
    NAME ID ID_LIKE PRETTY_NAME VERSION VERSION_ID VERSION_CODENAME VARIANT VARIANT_ID
    UBUNTU_CODENAME PLATFORM_ID
    """
)
# Of a processor's flags, those that tell a virtual machine and a family; all of them together
# would tell the processor.
CPU_FLAGS = words("fpu hypervisor vmx svm lm fp asimd")
# The keys of .wslconfig, wsl.conf and Docker Desktop's settings, in lower case.
SETTINGS = words(
    """
    networkingmode firewall dnstunneling autoproxy localhostforwarding dnsproxy safemode vmswitch
    macaddress dhcp dhcptimeout ipv6 virtio virtio9p virtiofs kernel kernelmodules memory
    processors swap swapfile guiapplications debugconsole nestedvirtualization vmidletimeout
    hostaddressloopback ignoredports besteffortdnsparsing
    dnstunnelingipaddress initialautoproxytimeout automemoryreclaim sparsevhd usewindowsdnscache
    enabled root mountfstab appendwindowspath generatehosts generateresolvconf hostname
    usewindowstimezone default systemd protectbinfmt
    hostnetworkingenabled defaultnetworkingmode vpnkitcidr networkcidr kernelforudp
    wslengineenabled vm network hostnetworking value locked usevpnkit
    """
)
# Values of Windows' registry that are kept, by the ends of their keys.
REGISTRY = re.compile(
    r"(?i:HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Lxss(\\\{[^{}\\]{1,64}\})?"
    r"\\(DefaultDistribution|DistributionName|BasePath|Version|State|Flags|DefaultUid"
    r"|PackageFamilyName|VhdFileName|Flavor|OsVersion|Modern|RunOOBE|NatIpAddress)"
    r"|HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Lxss"
    r"\\(NatNetwork|NatGatewayIpAddress|ExternalInterfaceConstraint)"
    r"|HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
    r"\\(CurrentBuild|CurrentBuildNumber|UBR|ProductName|DisplayVersion|ReleaseId|EditionID"
    r"|InstallationType)"
    r"|HKLM\\Software\\Policies\\WSL\\[A-Za-z\d]{1,40}"
    r"|HKLM\\HARDWARE\\DESCRIPTION\\System\\BIOS"
    r"\\(SystemManufacturer|SystemProductName|BIOSVendor|BaseBoardManufacturer))"
)
# What PowerShell is asked for network facts by, and the properties of its answers, in lower case.
CMDLETS = re.compile(r"Get-Net\w{1,40}|Get-VMSwitch|ConvertTo-Json")
PROPERTIES = words(
    """
    name interfacealias interfacedescription interfaceindex ifindex macaddress status
    hardwareinterface virtual linkspeed mediatype physicalmediatype ipaddress prefixlength
    addressfamily type prefixorigin suffixorigin addressstate nexthop destinationprefix
    routemetric interfacemetric linklayeraddress state networkcategory ipv4connectivity
    ipv6connectivity defaultinboundaction defaultoutboundaction loopbackenabled
    allowhostpolicymerge enabled switchtype dhcp connectionstate vmcreatorid
    """
)
# Words that an answer of PowerShell's, Docker's or WSL's says one thing by, in lower case.
ANSWERS = words(
    """
    up down disconnected connected notpresent external internal private public allow block
    notconfigured domainauthenticated reachable stale delay probe incomplete failed unreachable
    permanent noarp unicast dhcp manual wellknown routeradvertisement link random preferred
    deprecated tentative duplicate invalid ipv4 ipv6 internet localnetwork notraffic subnet
    """
)
# Protocols, tables and scopes of routes and rules as iproute2 names them.
ROUTING = words(
    """
    kernel boot static dhcp ra redirect unspec bird babel bgp isis ospf rip eigrp zebra gated
    mrouted
    keepalived xorp ntk ovn openr dnrouted host link global site nowhere local main default all
    tcp udp icmp icmpv6 ipv6-icmp sctp gre esp ah
    """
)
