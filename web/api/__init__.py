"""The HTTP API, version 1. Views parse, make one call, and translate."""
