"""Parcels taken in at the pickup point of a service that runs, as its counter staff would."""

from __future__ import annotations

from contextlib import closing

from codes.model import DeviceKind
from codes.pickup.intake import take_in
from tests.parts.device import enrolled
from tests.parts.running_service import RunningService
from web.commands.opening import open_codes
from web.configuration import load_settings


def taken_in(service: RunningService, *references: str) -> None:
    """Let these parcels lie at the one pickup point."""
    with closing(open_codes(load_settings(service.config))) as codes:
        counter = enrolled(codes, DeviceKind.COUNTER, "Intake")
        for reference in references:
            codes.write(take_in, counter.device_id, reference)
