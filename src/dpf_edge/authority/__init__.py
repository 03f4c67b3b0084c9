"""The Authority: the server that nodes report to."""
