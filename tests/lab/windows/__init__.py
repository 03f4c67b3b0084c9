"""The lab's Windows host: Windows' own Python under Wine, on the lab's LAN.

A stand-in, and called that wherever its results are shown: Wine implements Windows' API on this
machine's kernel, and wsl.exe and docker.exe are small programs of the lab's own (stand_in.c).
"""
