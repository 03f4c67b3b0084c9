#!/bin/sh
# Installs the Debian packages that the lab stands on. Safe to run again: with everything there it
# answers at once and touches nothing.
#
#   deps.sh           install what is missing (root)
#   deps.sh --check   print what is missing, one package a line; exit 1 if anything is
#
# No daemon of these packages is started. On somebody's own machine apt would start dockerd and
# containerd in the machine's own network namespace, where the lab must never put one; a
# policy-rc.d that answers 101 forbids that while apt runs, and one that was there is put back.
set -eu

# Why each: docker.io is the engine (dockerd, containerd, runc), docker-compose the elder Compose;
# podman the other engine, with runc,
# conmon and netavark as what runs it; debootstrap and the keyring make the image, for there is no
# registry to pull from; busybox-static pings from namespaces that have no programs of their own;
# postgresql is the other database that the store is written for, and its tests start a server of
# their own; faketime gives one process another time of day than the others. From avahi-daemon on:
# the devices of the office that discovery is tried on, each in a namespace; avahi-utils,
# dbus-daemon, arp-scan and nmap are what it is measured against. graphviz, ndiff and
# python3-libnmap read what is exported. wine and wine64 run the Windows host's programs, and the
# MinGW compiler makes its stand-ins for wsl.exe and docker.exe. systemd has systemd-analyze, which
# judges the unit. Chromium goes through the web pages, by its driver.
PACKAGES="docker.io docker-compose podman runc conmon netavark iproute2 iptables debootstrap
debian-archive-keyring busybox-static util-linux postgresql faketime
avahi-daemon avahi-utils dbus-daemon dnsmasq-base lldpd minidlna mosquitto nginx-light
openssh-server samba snmpd wsdd arp-scan nmap
graphviz ndiff python3-libnmap
wine wine64 gcc-mingw-w64-x86-64 systemd
chromium chromium-driver fonts-dejavu-core"
# npm fetches axe-core, which looks at each page. Node's own package brings one, and Debian's would
# put that out.
command -v npm >/dev/null 2>&1 || PACKAGES="$PACKAGES npm"

missing() {
    for package in $PACKAGES; do
        status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
        [ "$status" = installed ] || printf '%s\n' "$package"
    done
}

if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "deps.sh: this machine has no dpkg; the lab needs Debian or Ubuntu" >&2
    exit 1
fi

wanted=$(missing)

case "${1-}" in
    --check)
        [ -z "$wanted" ] && exit 0
        printf '%s\n' "$wanted"
        exit 1
        ;;
    "") ;;
    *)
        echo "usage: deps.sh [--check]" >&2
        exit 2
        ;;
esac

[ -n "$wanted" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "deps.sh: installing needs root; missing: $(echo $wanted)" >&2
    exit 1
fi

policy=/usr/sbin/policy-rc.d
kept=$(mktemp -d)
# What Debian's postgresql goes by when it is installed, and the line that is in it meanwhile.
clusters=/etc/postgresql-common/createcluster.conf
none='create_main_cluster = false # while deps.sh runs'

restore() {
    rm -f "$policy"
    if [ -e "$kept/policy-rc.d" ] || [ -L "$kept/policy-rc.d" ]; then
        mv "$kept/policy-rc.d" "$policy"
    fi
    rmdir "$kept"
    [ ! -f "$clusters" ] || sed -i "/^$none\$/d" "$clusters"
}

if [ -e "$policy" ] || [ -L "$policy" ]; then
    cp -a "$policy" "$kept/policy-rc.d"
fi
trap restore EXIT
# A signal must end the script by way of EXIT, or the policy would stay.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

rm -f "$policy"
printf '#!/bin/sh\nexit 101\n' > "$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
if printf '%s\n' "$wanted" | grep -qx postgresql; then
    # It would make itself a database cluster, to be started with the machine from then on. Nobody
    # asked for one: the tests make theirs in a temporary folder.
    apt-get install -q -y --no-install-recommends postgresql-common
    printf '%s\n' "$none" >> "$clusters"
fi
# Unquoted on purpose: one word a package.
# shellcheck disable=SC2086
apt-get install -q -y --no-install-recommends $wanted
