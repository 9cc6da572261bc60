"""What `app.py kiosk` is told on its command line, together with the settings' section for kiosks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from scanner.settings import KioskSection


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """One kiosk: its camera, the service it asks, its identity's folder, and its screen.

    ``enrolment`` is a one-time link, needed at the first start only. ``port`` 0 takes any free port.
    """

    camera: str
    service: str
    state_folder: Path
    assets: Path
    section: KioskSection
    enrolment: str | None = None
    port: int = 8090
    repeat: bool = False
    trust: Path | None = None
    """A certificate to trust, for a service with its own."""
