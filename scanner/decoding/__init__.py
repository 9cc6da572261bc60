"""Symbols found in pixels: preparations, decoders, and the ladder that climbs through them."""
