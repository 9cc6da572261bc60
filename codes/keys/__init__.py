"""The key ring outside the database, what is derived from its keys, and files that only their owner may read."""
