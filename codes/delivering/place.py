"""Where a device says it was: kept apart from the chain, which holds a salted commitment to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A point on the earth (WGS 84) and the radius of its uncertainty, as a device measured them."""

    latitude: float
    longitude: float
    accuracy_metres: float

    def uri(self) -> str:
        """Write it in one way only, as a geo URI (RFC 5870): to a metre, as no phone measures better."""
        return f"geo:{self.latitude:.5f},{self.longitude:.5f};u={round(self.accuracy_metres)}"
