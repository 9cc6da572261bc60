"""A slip as a counter prints it."""

from __future__ import annotations

from datetime import UTC, datetime

from codes.verification.slips import Slip

SLIP = Slip(datetime(2026, 11, 24, 10, 0, tzinfo=UTC), ("SAMPLE-1", "SAMPLE-2"), "47", 3)
