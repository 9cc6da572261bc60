"""Pictures from files and strangers: opened within limits, and read in child processes."""
