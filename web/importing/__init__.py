"""Parcels from CSV files: a file is read and checked as a whole, and announced in groups by the worker or a command."""
