"""What every request goes through: admission, headers, problems, limits."""
