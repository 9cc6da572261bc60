"""Figures and lists for the office."""
