"""``.wslconfig`` by WSL's own grammar: read, judged, changed by a few bytes. Pure: bytes in, values
out; the files are host's."""
