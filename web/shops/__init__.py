"""Webhooks of shop systems: checked by their signatures, and read into announcements."""
