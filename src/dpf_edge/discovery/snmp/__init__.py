"""SNMP as a manager speaks it: messages, security, tables, and what they tell of devices."""
