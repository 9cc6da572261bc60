"""The kiosk: a camera, the ladder, the service asked over HTTP, and a screen of its own."""

from scanner.kiosk.agent import KioskSettings, run

__all__ = ["KioskSettings", "run"]
