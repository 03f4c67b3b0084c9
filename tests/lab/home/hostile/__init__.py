"""Devices that mean harm: they answer what they are asked, with what breaks careless readers.

Each module is a program that runs in a device's namespace, as a ROLE. ``street`` puts them on one
LAN with honest devices.
"""
