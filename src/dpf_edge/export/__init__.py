"""The inventory for other tools: one exporter a file."""
