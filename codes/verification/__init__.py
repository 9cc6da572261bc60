"""A code is presented: the facts are read, one decision is taken, and what it was is recorded."""
