"""Processes: what runs, under which address and certificate, and what is done from time to time."""
