"""What installs the node."""
