"""Tests that need Windows. The lab runs them under Wine, on its Windows host on the LAN."""
