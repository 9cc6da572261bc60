"""Pickup points: shelves and hatches, what waits there and until when."""
