"""A LAN of real devices: an office whose every host is a real daemon from Debian in a namespace.

    office 192.168.40.0/24, fd00:40::/64, on a switch that speaks SNMP and LLDP
     ├─ .1    router          dnsmasq: DHCP, DNS with PTR, router advertisements
     ├─ .2    switch          snmpd with the bridge's own tables, lldpd
     ├─ .3    branch-router   snmpd; behind it 192.168.41.0/24 with  .10  behind: nginx, sshd
     ├─ .4    access-point    lldpd, sshd
     ├─ .10 .11   nas         one MAC, two addresses: avahi, minidlna, nmbd, nginx
     ├─ .12 .13   server      two MACs: snmpd v3, sshd
     ├─ .14   speaker         avahi, announcing itself again and again
     ├─ .20   printer         avahi, nginx; nobody may touch its ports 9100 to 9107
     ├─ .21   tv              UPnP
     ├─ .30   pc              wsdd, nmbd
     ├─ .40   web             nginx with TLS, sshd
     ├─ .41   broker          mosquitto, avahi, sshd
     ├─ .50   phone           a MAC of its own invention, a DHCP client
     ├─ .51   desk-phone      CDP
     ├─ .60   double-one, double-two   one address, two hosts
     ├─ .61   camera          answers ARP and nothing else
     ├─ .62   gate            answers ARP and echoes
     ├─ .71 .72   lamp-one, lamp-two   two hosts of one name
     ├─       sensor, hub     no IPv4 at all
     └─ .200  edge            where dpf-edge looks from

``truth`` says what each is, ``devices`` what runs on it, ``office`` sets it up.
"""
