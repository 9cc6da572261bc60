"""Frames from cameras."""
