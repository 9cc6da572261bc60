"""The key ring outside the database, and backups of the database without it."""
