"""The one place where settings are read."""
