"""Slips on receipt printers: an extra, for counters that have one."""
