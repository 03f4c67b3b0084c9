# dpf-edge probe: prints one capture (capture-1) of the place it runs in, as JSON on stdout.
#
# For POSIX sh: dash, busybox ash and bash alike, with or without ip(8). It reads what the list
# below names, sends nothing, writes nothing and starts nothing but sed, tr, cat, ip and uname.
# What could not be read is null or left out; a file that may not be read is {"denied": true}.
LC_ALL=C
export LC_ALL
tab=$(printf '\t')

# One text as the inside of a JSON string: control characters go, other bytes than ASCII become ?.
escape() {
    tr -d '\000-\010\013-\037\177' | tr '\200-\377' '?' |
        sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e "s/$tab/\\\\t/g" |
        while IFS= read -r line || [ -n "$line" ]; do printf '%s\\n' "$line"; done
}
text() { printf '"%s"' "$(escape)"; }
# A single line: without the line end that escape adds.
word() {
    if [ -z "$1" ]; then printf null; return; fi
    escaped=$(printf '%s\n' "$1" | escape)
    printf '"%s"' "${escaped%\\n}"
}
number() { case $1 in '' | *[!0-9]*) printf null ;; *) printf '%s' "$1" ;; esac; }
first() { IFS= read -r got 2>/dev/null <"$1" || [ -n "$got" ] || got=; printf '%s' "$got"; }
# Commas between the members of whatever is open: call `open` before, `next` before each.
open() { comma=; }
next() { printf '%s' "$comma"; comma=,; }

has_ip=; command -v ip >/dev/null 2>&1 && has_ip=1

file() {
    path=$1; shift
    if cat "$path" >/dev/null 2>&1; then
        next; printf '\n"%s":' "$path"; "$@" <"$path" | text
    elif [ -e "$path" ]; then
        next; printf '\n"%s":{"denied":true}' "$path"
    fi
}
whole() { cat; }
container_entry() { tr '\000' '\n' | sed -n '/^container=/p'; }
flags_line() { sed -n -e '/^flags/{p;q;}' -e '/^Features/{p;q;}'; }
telling_mounts() {
    while read -r id parent device root point rest; do
        case $point in
            / | /etc/hosts | /etc/hostname | /etc/resolv.conf | /Docker/host) ;;
            *) case " $rest" in
                *' - 9p '* | *' - drvfs '* | *' - virtiofs '* | *' - fakeowner '*) ;;
                *' - fuse.lxcfs '* | *' - fuse.grpcfuse '*) ;;
                *) continue ;;
            esac ;;
        esac
        printf '%s\n' "$id $parent $device $root $point $rest"
    done
}

# /sys may show another namespace's cards (nsenter keeps the old one): a link there is believed
# only where its packet counters are those that /proc/net/dev gives for this namespace, before
# and after.
received() { sed -n "s/^ *$1: *[0-9]* *\([0-9]*\) .*/\1/p" /proc/net/dev; }
is_mine() {
    dir=/sys/class/net/$1
    [ -r "$dir/statistics/rx_packets" ] || return 1
    if [ -n "$has_ip" ]; then
        case $(ip -o link show dev "$1" 2>/dev/null) in
            "$(first "$dir/ifindex"): "*" $(first "$dir/address") "*) ;;
            *) return 1 ;;
        esac
    fi
    before=$(received "$1"); there=$(first "$dir/statistics/rx_packets"); after=$(received "$1")
    [ -n "$before" ] && [ "$before" -le "$there" ] && [ "$there" -le "$after" ]
}

kind_by_ip() {
    case $1 in
        *' veth '* | *' veth') echo veth ;;
        *' macvlan '* | *' macvtap '*) echo macvlan ;;
        *' ipvlan '* | *' ipvtap '*) echo ipvlan ;;
        *' tun type tun '*) echo tun ;;
        *' tun type tap '*) echo tap ;;
        *' bridge '*) echo bridge ;;
        *' bond '*) echo bond ;;
        *' vlan protocol '*) echo vlan ;;
        *' dummy '*) echo dummy ;;
        *' wireguard '*) echo wireguard ;;
    esac
}
# Only what /sys says outright; a pair's half and a macvlan look alike there.
kind_by_sys() {
    dir=/sys/class/net/$1
    case $(sed -n 's/^DEVTYPE=//p' "$dir/uevent" 2>/dev/null) in
        wlan) echo wifi; return ;;
        bridge) echo bridge; return ;;
        bond) echo bond; return ;;
        vlan) echo vlan; return ;;
        macvlan) echo macvlan; return ;;
        ipvlan) echo ipvlan; return ;;
        wireguard) echo wireguard; return ;;
    esac
    if [ -r "$dir/tun_flags" ]; then
        case $(first "$dir/tun_flags") in *[13579bdfBDF]) echo tun ;; *) echo tap ;; esac
    elif [ -e "$dir/device" ] && [ "$(first "$dir/type")" = 1 ]; then
        echo ether
    fi
}

target() { readlink "$1" 2>/dev/null | sed 's|.*/||'; }

interface() {
    name=$1
    index= mac= mtu= up=null kind= driver= bus= peer= elsewhere= master= hardware=null
    if [ "$name" = lo ]; then kind=loopback; up=true; hardware=false; fi
    if is_mine "$name"; then
        dir=/sys/class/net/$name
        index=$(first "$dir/ifindex"); mac=$(first "$dir/address"); mtu=$(first "$dir/mtu")
        [ -n "$kind" ] || kind=$(kind_by_sys "$name")
        link=$(first "$dir/iflink"); [ "$link" = "$index" ] || [ "$link" = 0 ] || peer=$link
        case $(first "$dir/operstate") in
            up | unknown) up=true ;;
            down | notpresent | lowerlayerdown) up=false ;;
        esac
        if [ -e "$dir/device" ]; then
            hardware=true
            driver=$(target "$dir/device/driver"); bus=$(target "$dir/device/subsystem")
        else
            hardware=false
        fi
        case $bus in pci | usb | vmbus | virtio | platform) ;; *) bus= ;; esac
        master=$(target "$dir/master")
    fi
    if [ -n "$has_ip" ]; then
        details=$(ip -d -o link show dev "$name" 2>/dev/null)
        found=$(kind_by_ip "$details"); [ -z "$found" ] || kind=$found
        case $details in *' link-netnsid '*) elsewhere=1 ;; esac
        case $details in *"$name@if"*) [ -n "$peer" ] || elsewhere=1 ;; esac
    fi
    case $mac in ??:??:??:??:??:??) ;; *) mac= ;; esac
    next; printf '\n{"name":'; word "$name"
    printf ',"index":'; number "$index"; printf ',"mac":'; word "$mac"
    printf ',"mtu":'; number "$mtu"; printf ',"up":%s,"kind":' "$up"; word "$kind"
    printf ',"driver":'; word "$driver"; printf ',"bus":'; word "$bus"
    printf ',"peer_index":'; number "$peer"
    [ -z "$elsewhere" ] || printf ',"peer_elsewhere":true'
    printf ',"master":'; word "$master"; printf ',"hardware":%s,"addresses":[' "$hardware"
    outer=$comma; open; addresses "$name"; comma=$outer; printf ']}'
}

addresses() {
    if [ -n "$has_ip" ]; then
        ip -o addr show dev "$1" 2>/dev/null | {
            while read -r _ _ family address rest; do
                case $family in inet | inet6) ;; *) continue ;; esac
                case $address in */*) ;; *:*) address=$address/128 ;; *) address=$address/32 ;; esac
                next; printf '{"address":"%s"' "$address"
                case " $rest" in *' dynamic '*) printf ',"dynamic":true' ;; esac
                case " $rest" in *' noprefixroute '*) printf ',"noprefixroute":true' ;; esac
                case " $rest" in *' deprecated '*) printf ',"deprecated":true' ;; esac
                printf '}'
            done
        }
        return
    fi
    [ "$1" != lo ] || { next; printf '{"address":"127.0.0.1/8"}'; }
    # Without ip: the kernel's table of its own addresses, each put on the link whose network
    # holds it. /proc/net/route writes addresses in hexadecimal, the last byte first.
    own=$(sed -n -e '/^Local:/,$!d' -e '/|-- /{s/.*|-- //;h;}' -e '/host LOCAL/{g;p;}' \
        /proc/net/fib_trie 2>/dev/null)
    for address in $own; do
        case $address in 127.*) continue ;; esac
        oldifs=$IFS; IFS=.; set -- "$1" $address; IFS=$oldifs
        value=$((($2 << 24) + ($3 << 16) + ($4 << 8) + $5))
        while read -r dev to via _ _ _ _ mask _; do
            { [ "$dev" = "$1" ] && [ "$via" = 00000000 ] && [ "$mask" != 00000000 ]; } || continue
            if [ $((value & $(turned "$mask"))) -eq "$(turned "$to")" ]; then
                next; printf '{"address":"%s/%s"}' "$address" "$(bits "$mask")"; break
            fi
        done </proc/net/route
    done
    while read -r hex _ length _ _ dev; do
        [ "$dev" = "$1" ] || continue
        next
        printf '{"address":"%s/%d"}' "$(printf '%s' "$hex" | sed 's/..../&:/g;s/:$//')" "0x$length"
    done 2>/dev/null </proc/net/if_inet6
}
turned() {
    rest=$1; d=${rest%??????}; rest=${rest#??}; c=${rest%????}; rest=${rest#??}
    printf '%d' $(((0x${rest#??} << 24) + (0x${rest%??} << 16) + (0x$c << 8) + 0x$d))
}
dotted() { v=$(turned "$1"); printf '%d.%d.%d.%d' $((v >> 24)) $((v >> 16 & 255)) $((v >> 8 & 255)) $((v & 255)); }
bits() { v=$(turned "$1"); n=0; while [ "$v" -gt 0 ]; do n=$((n + 1)); v=$((v << 1 & 0xffffffff)); done; printf '%d' "$n"; }

route() {
    to=$1; shift
    via= dev= table=main metric= protocol= scope=
    while [ $# -gt 1 ]; do
        case $1 in
            via) case $2 in inet | inet6) via=$3; shift ;; *) via=$2 ;; esac; shift ;;
            dev) dev=$2; shift ;;
            table) table=$2; shift ;;
            metric) metric=$2; shift ;;
            proto) protocol=$2; shift ;;
            scope) scope=$2; shift ;;
        esac
        shift
    done
    [ "$table" != local ] || return 0
    case $to in default | */*) ;; *:*) to=$to/128 ;; *) to=$to/32 ;; esac
    next; printf '\n{"to":"%s","via":' "$to"; word "$via"; printf ',"dev":'; word "$dev"
    printf ',"table":'; case $table in *[!0-9]*) word "$table" ;; *) number "$table" ;; esac
    printf ',"metric":'; number "$metric"; printf ',"protocol":'; word "$protocol"
    printf ',"scope":'; word "$scope"; printf '}'
}
routes() {
    if [ -n "$has_ip" ]; then
        { ip -4 -o route show table all || ip route show; ip -6 -o route show table all; } 2>/dev/null | {
            while read -r to rest; do
                case $to in
                    default | [0-9a-f]*[.:]*) set -f; route "$to" $rest; set +f ;;
                esac
            done
        }
        return
    fi
    while read -r dev to via flags _ _ metric mask _; do
        case $flags in *[!0-9A-Fa-f]* | '') continue ;; esac
        if [ "$mask" = 00000000 ]; then to=default; else to=$(dotted "$to")/$(bits "$mask"); fi
        if [ "$via" = 00000000 ]; then route "$to" dev "$dev" metric "$metric" ''
        else route "$to" via "$(dotted "$via")" dev "$dev" metric "$metric" ''; fi
    done 2>/dev/null </proc/net/route
}
rules() {
    [ -n "$has_ip" ] || return 0
    ip rule show 2>/dev/null | {
        while read -r priority rest; do
            priority=${priority%:}; case $priority in '' | *[!0-9]*) continue ;; esac
            iif= protocol= table=; set -f; set -- $rest; set +f
            while [ $# -gt 1 ]; do
                case $1 in iif) iif=$2 ;; ipproto) protocol=$2 ;; lookup | table) table=$2 ;; esac
                shift
            done
            next; printf '\n{"priority":%s,"iif":' "$priority"; word "$iif"
            printf ',"protocol":'; word "$protocol"
            [ -z "$table" ] || { printf ',"table":'; case $table in *[!0-9]*) word "$table" ;; *) number "$table" ;; esac; }
            printf '}'
        done
    }
}
neighbours() {
    if [ -n "$has_ip" ]; then
        ip neigh show 2>/dev/null | {
            while read -r address rest; do
                dev= mac= state=; set -f; set -- $rest; set +f
                while [ $# -gt 0 ]; do
                    case $1 in dev) dev=$2; shift ;; lladdr) mac=$2; shift ;; *) state=$1 ;; esac
                    shift
                done
                neighbour "$address" "$mac" "$dev" "$(printf '%s' "$state" | tr 'A-Z' 'a-z')"
            done
        }
        return
    fi
    while read -r address _ flags mac _ dev; do
        case $flags in
            0x2) neighbour "$address" "$mac" "$dev" '' ;;
            0x6) neighbour "$address" "$mac" "$dev" permanent ;;
            0x0) neighbour "$address" '' "$dev" incomplete ;;
        esac
    done 2>/dev/null </proc/net/arp
}
neighbour() {
    next; printf '\n{"address":'; word "$1"; printf ',"mac":'; word "$2"
    printf ',"dev":'; word "$3"; printf ',"state":'; word "$4"; printf '}'
}

printf '{"capture":1,"machine":{"system":"Linux","release":'
word "$(first /proc/sys/kernel/osrelease 2>/dev/null)"
printf ',"version":'; word "$(first /proc/version 2>/dev/null)"
printf ',"architecture":'; word "$(uname -m 2>/dev/null)"
printf ',"hostname":'; word "$(first /proc/sys/kernel/hostname 2>/dev/null)"
printf ',"uid":'; number "$(id -u 2>/dev/null)"; printf '},\n"env":{'
open
for name in WSL_DISTRO_NAME WSL_INTEROP container KUBERNETES_SERVICE_HOST DPF_HOST_VANTAGE; do
    eval "value=\${$name-}"
    [ -z "$value" ] || { next; printf '"%s":' "$name"; word "$value"; }
done
printf '},\n"files":{'
open
for path in /proc/version /proc/sys/kernel/osrelease /proc/self/uid_map /proc/1/cgroup \
    /etc/os-release /etc/resolv.conf /etc/hostname /etc/wsl.conf /.dockerenv \
    /run/.containerenv /run/systemd/container /run/host/container-manager \
    /proc/sys/fs/binfmt_misc/WSLInterop /proc/sys/fs/binfmt_misc/WSLInterop-late \
    /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/bios_vendor \
    /sys/class/dmi/id/chassis_asset_tag /sys/hypervisor/type; do
    file "$path" whole
done
file /proc/self/mountinfo telling_mounts
file /proc/1/environ container_entry
file /proc/cpuinfo flags_line
printf '},\n"directories":['
open
for path in /run/WSL /mnt/wsl /mnt/wslg /mnt/docker-desktop-disk /usr/lib/wsl /dev/lxd /dev/incus \
    /var/run/secrets/kubernetes.io/serviceaccount /Docker/host; do
    [ ! -d "$path" ] || { next; printf '"%s"' "$path"; }
done
printf '],\n"links":{'
[ ! -L /etc/resolv.conf ] || { printf '"/etc/resolv.conf":'; word "$(readlink /etc/resolv.conf)"; }
printf '},\n"interfaces":['
open
for name in $(sed -n 's/^ *\([^ :]*\(:[0-9]*\)*\): .*/\1/p' /proc/net/dev); do interface "$name"; done
printf '],\n"routes":['
open; routes
printf '],\n"rules":['
open; rules
printf '],\n"neighbours":['
open; neighbours
printf '],\n"names":{'
open
for known in host.docker.internal gateway.docker.internal host.containers.internal \
    host.lima.internal host.rancher-desktop.internal host.orb.internal; do
    pattern=$(printf '%s' "$known" | sed 's/\./\\./g')
    found=$(sed -n "s/^[ $tab]*\([0-9a-fA-F.:]*\)[ $tab]\(.*[ $tab]\)*$pattern\([ $tab#].*\)*\$/\1/p" /etc/hosts 2>/dev/null)
    [ -n "$found" ] || continue
    next; printf '"%s":[' "$known"
    outer=$comma; open
    for address in $found; do next; printf '"%s"' "$address"; done
    comma=$outer; printf ']'
done
printf '}'
if command -v wslinfo >/dev/null 2>&1; then
    said=$(wslinfo --networking-mode 2>/dev/null); status=$?
    printf ',\n"commands":[{"argv":["wslinfo","--networking-mode"],"status":%d,"stdout":' "$status"
    printf '%s\n' "$said" | text; printf '}]'
fi
printf '}\n'
