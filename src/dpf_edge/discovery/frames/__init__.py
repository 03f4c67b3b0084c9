"""Frames off the wire, taken apart and put together: pure, and fearless of what is in them.

Every parser takes any bytes at all, gives None (or less) for what is none of its own, and raises
nothing.
"""
