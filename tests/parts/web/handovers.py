"""A handover over HTTP, and the slip of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.recipients.outbox import claim_due
from codes.recipients.tickets import notice_of_message
from codes.verification.slips import Slip
from tests.parts.calls import parcel
from tests.parts.device import SigningDevice

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
SLIP = Slip(datetime(2026, 11, 24, 10, 0, tzinfo=UTC), ("SAMPLE-1", "SAMPLE-2"), "47", 3)
"""As a counter prints it."""


def hand_over(
    codes: DeliveryCodes, client: FlaskClient, sender: dict[str, str], enrol: Enrol
) -> tuple[str, FlaskClient]:
    """Announce a parcel and hand it over; returns the ticket's key and the driver's browser."""
    client.post("/api/v1/parcels", json=parcel("SAMPLE/1"), headers=sender)
    (message,) = codes.write(claim_due, limit=1, lease=timedelta(minutes=1))
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    assert notice.ticket.code is not None
    browser, device = enrol()
    body = device.body(notice.ticket.code.payload, ["SAMPLE/1"], now=codes.clock())
    assert browser.post("/api/v1/verifications", json=body).json["accepted"]  # type: ignore[index]
    return notice.ticket_key, browser
