"""Discovery: what is out there, by many collectors, each of which may fail without the others."""
