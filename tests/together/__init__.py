"""Node and Authority, the real ones, on one machine."""
