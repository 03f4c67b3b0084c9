"""Installs the node in its place: one file a target, and the journal over them."""
