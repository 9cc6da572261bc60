"""The delivery code's own symbol, of which nearly everything is known beforehand: docs/decoding.md."""
