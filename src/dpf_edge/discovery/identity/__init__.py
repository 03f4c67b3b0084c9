"""Which observations are of one device: pure, and the same in whatever order they come."""
