"""The command line. The package itself imports nothing, so that `diagnose` starts at once."""
