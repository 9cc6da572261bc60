"""What is kept of a recipient, and until when, stands on one page, with the figures that hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.api_keys import Scope, add_key, listed_keys, revoke_key
from codes.settings import RetentionSettings
from tests.parts.clock import TurnableClock
from tests.parts.web.tickets import announced
from tests.parts.web.wallet_certificates import offered_wallets


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


def test_it_speaks_of_photos_wallets_and_shops_where_the_house_has_them(
    client: FlaskClient, app: Flask, codes: DeliveryCodes, clock: TurnableClock, tmp_path: Path
) -> None:
    told = (
        "Only the picture is kept, reduced in size",
        "Apple gets nothing from us",
        "Google gets neither your name",
        "It knows the address of your ticket page",
    )

    def page() -> dict[str, bool]:
        shown = client.get("/privacy?lang=en").text
        return {each: each in shown for each in told}

    assert page() == dict.fromkeys(told, False)
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], wallets=offered_wallets(tmp_path, clock()))
    codes.settings = codes.settings.model_copy(update={"contest_photos": True})
    codes.write(add_key, "Sample Shop", [Scope.TICKETS_READ])
    assert page() == dict.fromkeys(told, True)
    # A pass that no phone would take is offered no more.
    clock.turn(timedelta(days=30_000))
    assert page()["Apple gets nothing from us"] is False
    for key in codes.read(listed_keys):
        codes.write(revoke_key, key.key_id)
    assert page()["It knows the address of your ticket page"] is False
