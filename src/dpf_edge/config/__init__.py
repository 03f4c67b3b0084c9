"""The one place where settings are read: flags, then the environment, then a file, then defaults.

What is empty is not set, wherever it stands: Compose hands on every variable that it mentions, and
an empty ``DPF_EDGE_NODE_NAME`` means that nobody chose one. Every problem is found in one go, and
no secret stands in what is said of one.
"""
