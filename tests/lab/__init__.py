"""The lab: every system of the seed's table, standing on one Linux machine.

Packets go to loopback and into namespaces that the lab made, and nowhere else. `stage.py` is the
diagram; read it first.
"""
