"""What is kept of a recipient, and until when, stands on one page, with the figures that hold."""

from __future__ import annotations

from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.settings import RetentionSettings
from tests.parts.web.tickets import announced


def test_the_page_tells_the_real_figures_in_the_readers_language(client: FlaskClient, codes: DeliveryCodes) -> None:
    codes.retention = RetentionSettings(persons_days=77, tickets_days=33, messages_days=55)
    codes.settings = codes.settings.model_copy(update={"contest_days": 11})
    page = client.get("/privacy?lang=en").text
    for told in (
        "77 days after the handover",
        "55 days after they were sent",
        "44 days after the handover, or 33 days",
    ):
        assert told in page
    assert "then 11 days" in page
    assert "Where the driver was" not in page
    assert "doorcode@example.org" in page
    assert 'dir="rtl"' in client.get("/privacy?lang=ar").text


def test_the_ticket_page_leads_there(client: FlaskClient, codes: DeliveryCodes) -> None:
    assert "/privacy?lang=en" in client.get(f"/t/{announced(codes)}").text
