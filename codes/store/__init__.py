"""Keeping: transactions, the connections of the hot path, groups that commit together, on SQLite and PostgreSQL."""
