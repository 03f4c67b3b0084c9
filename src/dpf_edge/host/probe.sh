# dpf-edge probe: prints one capture (capture-1) of the place it runs in, as JSON on stdout.
#
# For POSIX sh: dash, busybox ash and bash alike, with iproute2's ip(8), busybox's, or none. It
# reads what the lists below name, sends nothing, writes nothing and starts nothing but cat, sed,
# tr, wc, readlink, uname, id, ip and, where it is there, wslinfo. What could not be read is null or
# left out; a file that may not be read is {"denied": true}.
#
# Functions give back their answer in a variable rather than on stdout where they are called
# often: a subshell costs as much as a program.
LC_ALL=C
export LC_ALL
set -f # a link may be called *
tab=$(printf '\t')
cr=$(printf '\r')
soh=$(printf '\001')
nl='
'

# One text as the inside of a JSON string: control characters go, other bytes than ASCII become ?.
# Line feeds pass sed as another character, so that it has one line of any length to work on.
escape() {
    tr -d '\000-\010\013\014\016-\037\177' | tr '\n\200-\377' '\001?' |
        sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e "s/$tab/\\\\t/g" -e "s/$cr/\\\\r/g" -e "s/$soh/\\\\n/g"
}
text() { printf '"%s"' "$(escape)"; }
word() {
    case $1 in
        '') printf null ;;
        *[!A-Za-z0-9_.:/@%+=,-]*) printf '%s' "$1" | text ;;
        *) printf '"%s"' "$1" ;;
    esac
}
number() { case $1 in '' | *[!0-9]* | 0?*) printf null ;; *) printf '%s' "$1" ;; esac; }
# The first line of a file, in $got.
first() { got=; IFS= read -r got 2>/dev/null <"$1"; }
# Commas between the members of whatever is open: call `open` before, `next` before each.
open() { comma=; }
next() { printf '%s' "$comma"; comma=,; }

# Regular files of at most 1 MiB: a pipe under a known name must not hold up the answer.
is_text() { [ -f "$1" ] && size=$(wc -c 2>/dev/null <"$1") && [ "$size" -le 1048576 ]; }
file() {
    path=$1; shift
    size=
    if is_text "$path"; then
        next; printf '\n"%s":' "$path"; "$@" <"$path" | text
    elif [ -f "$path" ] && [ -z "$size" ]; then
        next; printf '\n"%s":{"denied":true}' "$path"
    fi
}
whole() { cat; }
container_entry() { tr '\000' '\n' | sed -n '/^container=/p' | tr '\n' '\000'; }
flags_line() { sed -n -e "/^flags[ $tab]*:/{p;q;}" -e "/^Features[ $tab]*:/{p;q;}"; }
# The file systems that tell all, then those of a container's root, then only the mount points
# that tell, whose options after the first may name users.
telling_mounts() {
    at='^[^ ]* [^ ]* [^ ]* [^ ]* '
    sed -n -e '/ - 9p /{p;d;}' -e '/ - drvfs /{p;d;}' -e '/ - virtiofs /{p;d;}' \
        -e '/ - fakeowner /{p;d;}' -e '/ - fuse\.lxcfs /{p;d;}' -e '/ - fuse\.grpcfuse /{p;d;}' \
        -e "\\#$at/ #b told" -e "\\#$at/etc/hosts #b told" -e "\\#$at/etc/hostname #b told" \
        -e "\\#$at/etc/resolv\\.conf #b told" -e "\\#$at/Docker/host #b told" -e d -e ': told' \
        -e '/ - overlay /{p;d;}' -e '/ - aufs /{p;d;}' -e '/ - btrfs /{p;d;}' \
        -e '/ - fuse\.fuse-overlayfs /{p;d;}' -e 's/\( - [^ ]* [^ ]* [^,]*\),.*/\1/' -e p
}

# iproute2's ip tells a link's kind, busybox's does not; one that fails is none.
ip_link=
if ip -d -o link show dev lo >/dev/null 2>&1; then ip_link='ip -d -o link show dev'
elif ip -o link show dev lo >/dev/null 2>&1; then ip_link='ip -o link show dev'; fi

# A link's index by what /proc says of this namespace, in $here.
index_here() {
    here=; [ "$1" != lo ] || here=1
    if [ -z "$here" ] && [ -r /proc/net/if_inet6 ]; then
        while read -r _ hex _ _ _ dev; do
            [ "$dev" != "$1" ] || here=$((0x$hex))
        done </proc/net/if_inet6
    fi
    if [ -z "$here" ] && [ -r /proc/net/dev_mcast ]; then
        while read -r hex dev _; do [ "$dev" != "$1" ] || here=$hex; done </proc/net/dev_mcast
    fi
}
# How many packets this namespace's link received, in $packets.
received() {
    packets=
    while IFS=': ' read -r dev _ count _; do
        [ "$dev" != "$1" ] || packets=$count
    done </proc/net/dev
}
# Whether /sys shows links by the names of this namespace's, no fewer and no more.
same_names() {
    names=0
    for each in $links; do
        [ -r "/sys/class/net/$each/ifindex" ] || return 1
        names=$((names + 1))
    done
    set +f; set -- /sys/class/net/*/ifindex; set -f
    [ $# -eq "$names" ]
}
# /sys may show another namespace's cards (nsenter keeps the old one): a link there is believed
# only where its index and MAC are this one's, and its packets those that /proc/net/dev gives for
# this namespace, before and after. No packets at all count where it shows the same links.
is_mine() {
    first "$dir/ifindex"
    [ -n "$got" ] || return 1
    if [ -n "$ip_link" ]; then
        [ "$got" = "$index" ] || return 1
        first "$dir/address"; [ -z "$mac" ] || [ "$got" = "$mac" ] || return 1
    else
        index_here "$name"; [ "$got" = "$here" ] || return 1
    fi
    received "$name"; before=$packets
    first "$dir/statistics/rx_packets"; there=$got
    received "$name"
    [ -n "$before" ] && [ -n "$there" ] && [ "$before" -le "$there" ] &&
        [ "$there" -le "$packets" ] && { [ "$there" -gt 0 ] || [ -n "$whole_sys" ]; }
}

# What ip says of a link. In its one line, a backslash stands before each part.
by_ip() {
    details=$($ip_link "$name" 2>/dev/null)
    details=${details%%"$nl"*} # an alias may hold anything, line feeds too
    details=${details%%'\    alias '*}
    details=${details%%'\    altname '*}
    rest=${details#*'\    link/'}
    set -- ${details%%'\    link/'*}
    [ $# -ge 3 ] || return 0
    index=${1%:}; other=${2%:}; other=${other#"$name"}
    case ,${3#<} in *,UP,* | *,UP'>') up=true ;; *) up=false ;; esac
    case ,${3#<} in *,LOWER_UP,* | *,LOWER_UP'>') ;; *) up=false ;; esac
    while [ $# -gt 1 ]; do
        case $1 in mtu) mtu=$2 ;; master) master=$2 ;; esac
        shift
    done
    type=${rest%% *}; mac=${rest#* }; mac=${mac%% *}
    case $mac in *[!0-9a-f:]*) mac= ;; ??:??:??:??:??:??) ;; *) mac= ;; esac
    case $other in
        @if*[!0-9]* | @NONE | '') ;;
        @if*) peer=${other#@if}; elsewhere=1 ;;
    esac
    if [ -z "$peer" ] && [ "${other#@}" != "$other" ] && [ "$other" != @NONE ]; then
        peer=$(ip -o link show dev "${other#@}" 2>/dev/null); peer=${peer%%:*}
    fi
    case $details in *' link-netns'*) elsewhere=1 ;; esac
    [ "$peer" != "$index" ] || peer=
    [ "$type" != loopback ] || kind=loopback
    case $rest in
        *'\    veth '*) kind=veth ;;
        *'\    macvlan '* | *'\    macvtap '*) kind=macvlan ;;
        *'\    ipvlan '* | *'\    ipvtap '*) kind=ipvlan ;;
        *'\    tun type tun '*) kind=tun ;;
        *'\    tun type tap '*) kind=tap ;;
        *'\    bridge '*) kind=bridge ;;
        *'\    bond '*) kind=bond ;;
        *'\    vlan '*) kind=vlan ;;
        *'\    dummy '*) kind=dummy ;;
        *'\    wireguard '*) kind=wireguard ;;
        *' parentbus '*)
            hardware=true
            bus=${rest#*' parentbus '}; bus=${bus%% *}
            case $rest in *'\    dsa '* | *'\    wwan '*) type= ;; esac
            [ "$type" != ether ] || kind=ether
            ;;
    esac
    # No card stands behind any of these, so /sys, which may be another place's, is not asked.
    [ -z "$kind" ] || [ "$kind" = ether ] || hardware=false
}
# What /sys says of a link that is this namespace's.
by_sys() {
    first "$dir/ifindex"; index=$got
    first "$dir/address"; mac=$got
    case $mac in ??:??:??:??:??:??) ;; *) mac= ;; esac
    first "$dir/mtu"; mtu=$got
    first "$dir/iflink"; [ "$got" = "$index" ] || [ "$got" = 0 ] || peer=$got
    [ -z "$peer" ] || case "$indexes " in *" $peer "*) ;; *) elsewhere=1 ;; esac
    first "$dir/flags"; flags=${got:-0}
    first "$dir/carrier"
    if [ $((flags & 1)) = 1 ] && [ "$got" = 1 ]; then up=true; else up=false; fi
    target "$dir/master"; master=$got
}
# Only what /sys says outright; a pair's half and a macvlan look alike there.
kind_by_sys() {
    if [ -r "$dir/tun_flags" ]; then
        first "$dir/tun_flags"
        case $got in *[13579bdfBDF]) kind=tun ;; *) kind=tap ;; esac
        return
    fi
    first "$dir/type"
    [ "$got" = 1 ] || return 0
    while read -r got; do
        case $got in
            DEVTYPE=wlan) kind=wifi ;;
            DEVTYPE=bridge | DEVTYPE=bond | DEVTYPE=vlan) kind=${got#DEVTYPE=} ;;
            DEVTYPE=macvlan | DEVTYPE=ipvlan | DEVTYPE=wireguard) kind=${got#DEVTYPE=} ;;
            DEVTYPE=*) return 0 ;;
        esac
    done 2>/dev/null <"$dir/uevent"
    [ -n "$kind" ] || [ ! -e "$dir/device" ] || kind=ether
}
# The last part of a link's target, in $got.
target() { got=; [ ! -L "$1" ] || got=$(readlink "$1" 2>/dev/null); got=${got##*/}; }

interface() {
    name=$1; dir=/sys/class/net/$1
    index= mac= mtu= up=null kind= driver= bus= peer= elsewhere= master= hardware=null
    if [ -n "$ip_link" ]; then by_ip; elif [ "$name" = lo ]; then kind=loopback index=1; fi
    case $kind in
        '' | ether)
            if is_mine; then
                [ -n "$ip_link" ] || by_sys
                kind_by_sys
                if [ -e "$dir/device" ]; then
                    hardware=true
                    case $kind in ether | wifi) target "$dir/device/driver"; driver=$got ;; esac
                    [ -n "$bus" ] || { target "$dir/device/subsystem"; bus=$got; }
                else
                    hardware=false
                fi
            fi
            ;;
        *) hardware=false ;;
    esac
    case $bus in pci | usb | vmbus | virtio | platform) ;; *) bus= ;; esac
    next; printf '\n{"name":'; word "$name"
    printf ',"index":'; number "$index"; printf ',"mac":'; word "$mac"
    printf ',"mtu":'; number "$mtu"; printf ',"up":%s,"kind":' "$up"; word "$kind"
    printf ',"driver":'; word "$driver"; printf ',"bus":'; word "$bus"
    printf ',"peer_index":'; number "$peer"
    [ -z "$elsewhere" ] || printf ',"peer_elsewhere":true'
    printf ',"master":'; word "$master"; printf ',"hardware":%s,"addresses":[' "$hardware"
    outer=$comma; open
    if [ -n "$ip_link" ]; then addresses_by_ip "$name"; else addresses_by_proc "$name"; fi
    comma=$outer; printf ']}'
}

addresses_by_ip() {
    ip -o addr show dev "$1" 2>/dev/null | while read -r _ _ family address rest; do
        case $family in inet | inet6) ;; *) continue ;; esac
        set -- $rest
        case $address in
            */*) ;;
            *) if [ "${1-}" = peer ]; then address=$address/${2#*/}
                elif [ "$family" = inet ]; then address=$address/32; else address=$address/128; fi ;;
        esac
        next; printf '{"address":'; word "$address"
        case " $rest" in *' dynamic '*) printf ',"dynamic":true' ;; esac
        case " $rest" in *' noprefixroute '*) printf ',"noprefixroute":true' ;; esac
        case " $rest" in *' deprecated '*) printf ',"deprecated":true' ;; esac
        printf '}'
    done
}

# A number of /proc/net/route, which writes the last byte first, in $value.
turned() {
    rest=$1; d=${rest%??????}; rest=${rest#??}; c=${rest%????}; rest=${rest#??}
    value=$(((0x${rest#??} << 24) + (0x${rest%??} << 16) + (0x$c << 8) + 0x$d))
}
dotted() {
    turned "$1"
    got=$((value >> 24)).$((value >> 16 & 255)).$((value >> 8 & 255)).$((value & 255))
}
# How many bits a mask has, in $value.
bits() {
    turned "$1"; mask=$value value=0
    while [ "$mask" -gt 0 ]; do value=$((value + 1)) mask=$((mask << 1 & 0xffffffff)); done
}
# The kernel's table of its own IPv4 addresses names no links: each goes to the one whose network
# holds it, and to none where two links have that network. In $placed, a line each.
place() {
    placed=
    [ -r /proc/net/fib_trie ] && [ -r /proc/net/route ] || return 0
    for address in $(sed -n -e '/^Local:/,$!d' -e '/|-- /{s/.*|-- //;h;}' \
        -e '/\/32 host LOCAL/{g;p;}' /proc/net/fib_trie 2>/dev/null); do
        case $placed in *" $address/"*) continue ;; esac
        case $address in
            127.0.0.1) placed="${placed}lo $address/8$nl"; continue ;;
            127.*) continue ;;
        esac
        IFS=.; set -- $address; unset IFS
        own=$((($1 << 24) + ($2 << 16) + ($3 << 8) + $4)) best=0 holder= long=
        while read -r dev to via _ _ _ _ mask _; do
            [ "$via" = 00000000 ] && [ "$mask" != 00000000 ] || continue
            turned "$to"; to=$value; turned "$mask"
            [ $((own & value)) -eq "$to" ] || continue
            if [ "$value" -gt "$best" ]; then best=$value holder=$dev long=$mask
            elif [ "$value" -eq "$best" ] && [ "$dev" != "$holder" ]; then holder=; fi
        done </proc/net/route
        [ -n "$holder" ] || continue
        bits "$long"; placed="$placed$holder $address/$value$nl"
    done
}
addresses_by_proc() {
    [ -z "$placed" ] || printf '%s' "$placed" | {
        while read -r dev address; do
            [ "$dev" != "$1" ] || { next; printf '{"address":"%s"}' "$address"; }
        done
    }
    case "$nl$placed" in *"$nl$1 "*) comma=, ;; esac
    [ -r /proc/net/if_inet6 ] || return 0
    while read -r hex _ length _ flags dev; do
        [ "$dev" = "$1" ] || continue
        address=
        while [ -n "$hex" ]; do
            rest=${hex#????}; address=$address:${hex%"$rest"}; hex=$rest
        done
        next; printf '{"address":"%s/%d"' "${address#:}" "$((0x$length))"
        # linux/if_addr.h: IFA_F_PERMANENT, IFA_F_DEPRECATED
        [ $((0x$flags & 0x80)) -ne 0 ] || printf ',"dynamic":true'
        [ $((0x$flags & 0x20)) -eq 0 ] || printf ',"deprecated":true'
        printf '}'
    done </proc/net/if_inet6
}

route() {
    to=$1; shift
    via= dev= table=main metric= protocol= scope= hops=
    while [ $# -gt 1 ]; do
        case $1 in
            nexthop) [ -z "$hops" ] || say_route; hops=1 via= dev= ;;
            via) shift; case $1 in inet | inet6) [ $# -eq 1 ] || shift ;; esac; via=$1 ;;
            dev) shift; dev=$1 ;;
            table) shift; table=$1 ;;
            metric) shift; metric=$1 ;;
            proto) shift; protocol=$1 ;;
            scope) shift; scope=$1 ;;
        esac
        shift
    done
    say_route
}
say_route() {
    # busybox's ip does not show the hops of a route that has several.
    [ "$table" != local ] && [ -n "$dev" ] || return 0
    case $to in default | */*) ;; *:*) to=$to/128 ;; *) to=$to/32 ;; esac
    next; printf '\n{"to":'; word "$to"; printf ',"via":'; word "$via"
    printf ',"dev":'; word "$dev"; printf ',"table":'; table "$table"
    printf ',"metric":'; number "$metric"; printf ',"protocol":'; word "$protocol"
    printf ',"scope":'; word "$scope"; printf '}'
}
table() { case $1 in *[!0-9]*) word "$1" ;; *) number "$1" ;; esac; }
routes() {
    if [ -n "$ip_link" ]; then
        { ip -4 -o route show table all || ip route show; ip -6 -o route show table all; } \
            2>/dev/null | while read -r to rest; do
            case $to in default | [0-9a-f]*[.:]*) route "$to" $rest ;; esac
        done
        return
    fi
    [ -r /proc/net/route ] || return 0
    while read -r dev to via flags _ _ metric mask _; do
        case $flags in *[!0-9A-Fa-f]* | '') continue ;; esac
        # Routes that lead nowhere: RTF_REJECT of linux/route.h, and black holes.
        [ $((0x$flags & 0x200)) -eq 0 ] && [ "$dev" != '*' ] || continue
        if [ "$mask" = 00000000 ]; then to=default
        else dotted "$to"; to=$got; bits "$mask"; to=$to/$value; fi
        if [ "$via" = 00000000 ]; then via=; else dotted "$via"; via=$got; fi
        [ "$metric" != 0 ] || metric=
        table=main protocol= scope=
        say_route
    done </proc/net/route
}
rules() {
    [ -n "$ip_link" ] || return 0
    ip rule show 2>/dev/null | while read -r priority rest; do
        priority=${priority%:}; case $priority in '' | *[!0-9]*) continue ;; esac
        iif= protocol= table=; set -- $rest
        while [ $# -gt 1 ]; do
            case $1 in
                iif) shift; iif=$1 ;;
                ipproto) shift; protocol=$1 ;;
                lookup | table) shift; [ "$1" = unspec ] || table=$1 ;;
            esac
            shift
        done
        next; printf '\n{"priority":%s,"iif":' "$priority"; word "$iif"
        printf ',"protocol":'; word "$protocol"
        [ -z "$table" ] || { printf ',"table":'; table "$table"; }
        printf '}'
    done
}
neighbours() {
    if [ -n "$ip_link" ]; then
        ip neigh show 2>/dev/null | while read -r address rest; do
            dev= mac= state=; set -- $rest
            while [ $# -gt 0 ]; do
                case $1 in
                    dev) dev=${2-}; [ $# -eq 1 ] || shift ;;
                    lladdr) mac=${2-}; [ $# -eq 1 ] || shift ;;
                    INCOMPLETE) state=incomplete ;;
                    REACHABLE) state=reachable ;;
                    STALE) state=stale ;;
                    DELAY) state=delay ;;
                    PROBE) state=probe ;;
                    FAILED) state=failed ;;
                    PERMANENT) state=permanent ;;
                esac
                shift
            done
            neighbour
        done
        return
    fi
    [ -r /proc/net/arp ] || return 0
    while read -r address _ flags mac _ dev; do
        # linux/if_arp.h: ATF_COM is 2, ATF_PERM 4; 0 is failed or still asked for.
        case $flags in
            0x2) state= ;;
            0x6) state=permanent ;;
            0x0) state= mac= ;;
            *) continue ;;
        esac
        neighbour
    done </proc/net/arp
}
neighbour() {
    case $mac in *[!0-9a-f:]*) mac= ;; ??:??:??:??:??:??) ;; *) mac= ;; esac
    next; printf '\n{"address":'; word "$address"; printf ',"mac":'; word "$mac"
    printf ',"dev":'; word "$dev"; printf ',"state":'; word "$state"; printf '}'
}

# What /etc/hosts gives the names of the list; every one of them ends in .internal.
names() {
    is_text /etc/hosts || return 0
    listed=$(tr '\013-\015' '   ' </etc/hosts | sed -n -e 's/#.*//' -e '/\.internal/p')
    [ -n "$listed" ] || return 0
    for known in host.docker.internal gateway.docker.internal host.containers.internal \
        host.lima.internal host.rancher-desktop.internal host.orb.internal; do
        found=$(printf '%s\n' "$listed" | {
            all=
            while read -r address rest; do
                for name in $rest; do
                    [ "$name" = "$known" ] || continue
                    case " $all " in *" $address "*) ;; *) all="$all $address" ;; esac
                done
            done
            printf '%s' "$all"
        })
        [ -n "$found" ] || continue
        next; printf '"%s":[' "$known"
        outer=$comma; open
        for address in $found; do next; word "$address"; done
        comma=$outer; printf ']'
    done
}

first /proc/sys/kernel/osrelease; printf '{"capture":1,"machine":{"system":"Linux","release":'
word "$got"
first /proc/version; printf ',"version":'; word "$got"
printf ',"architecture":'; word "$(uname -m 2>/dev/null)"
first /proc/sys/kernel/hostname; printf ',"hostname":'; word "$got"
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
if [ -L /etc/resolv.conf ]; then
    got=$(readlink /etc/resolv.conf 2>/dev/null)
    [ -z "$got" ] || { printf '"/etc/resolv.conf":'; word "$got"; }
fi
printf '},\n"interfaces":['
open
links=$(sed -n 's/^ *\([^ :]*\(:[0-9]*\)*\): .*/\1/p' /proc/net/dev 2>/dev/null)
whole_sys=
if same_names; then whole_sys=1; fi
if [ -z "$ip_link" ]; then
    place
    indexes=
    for name in $links; do first "/sys/class/net/$name/ifindex"; indexes="$indexes $got"; done
fi
for name in $links; do interface "$name"; done
printf '],\n"routes":['
open; routes
printf '],\n"rules":['
open; rules
printf '],\n"neighbours":['
open; neighbours
printf '],\n"names":{'
open; names
printf '}'
if command -v wslinfo >/dev/null 2>&1; then
    # The script itself may be what stands on standard input.
    said=$(wslinfo --networking-mode 2>/dev/null </dev/null); status=$?
    printf ',\n"commands":[{"argv":["wslinfo","--networking-mode"],"status":%d,"stdout":' "$status"
    printf '%s\n' "$said" | text; printf '}]'
fi
printf '}\n'
