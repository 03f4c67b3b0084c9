"""dpf-edge: sees the real LAN, or says exactly why it cannot."""

__version__ = "0.1.0.dev0"
