"""Keeping, on SQLite and PostgreSQL: transactions and what they share, groups that commit together, backups."""
