"""What changed from sweep to sweep, and what of it is worth telling: pure."""
