"""A gateway calls back and says what became of a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.auditing.audit import audit
from codes.delivering.delivery_day import CodeAwaited, awaited
from codes.life.parcel_records import events_of_parcel
from codes.model import Channel, EventKind
from codes.recipients.outbox import ListedMessage, listed_messages
from scanner.pictures.reader import PictureReader
from scanner.settings import ScannerSettings
from tests.parts.clock import TurnableClock
from tests.parts.domain import recorded
from tests.parts.servers.gateway import GatewayServer, running_gateway
from web.configuration import Settings
from web.flask_app import create_service
from web.mail.gateway import Gateway
from web.mail.gateway_settings import GatewaySettings
from web.mail.mail_worker import MailWorker
from web.services import Services

RECEIPTS = {"status": "results.0.status", "delivered": ["DELIVERED"], "failed": ["EXPIRED"]}


@pytest.fixture
def gateway() -> Iterator[GatewayServer]:
    """A provider of texts."""
    with running_gateway() as server:
        yield server


@pytest.fixture
def texting(gateway: GatewayServer) -> GatewaySettings:
    """How it wants to be asked, and how it calls back."""
    return GatewaySettings.model_validate({"url": gateway.url, "body": '{"call": "$receipt"}', "receipts": RECEIPTS})


@pytest.fixture
def app(codes: DeliveryCodes, settings: Settings, texting: GatewaySettings, picture_reader: PictureReader) -> Flask:
    """The application of a house that sends texts."""
    mail = settings.mail.model_copy(update={"gateway": texting})
    return create_service(
        Services(codes, settings.server, mail, ScannerSettings(), lambda: picture_reader, "http://localhost")
    )


@pytest.fixture
def address(codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer, texting: GatewaySettings) -> str:
    """Where the gateway calls about a text that it took."""
    codes.rules = ()
    person = Person("Ada", None, "en", phone="+4930123456")
    codes.announce([Announcement("P-1", person, sender_wish=True)])
    way = Gateway(texting, "", "http://localhost/", clock)
    assert MailWorker(codes, {Channel.TEXT: way}).deliver_due() == 1
    (request,) = gateway.requests
    return urlsplit(request.body.split('"')[3]).path


def the_text(codes: DeliveryCodes) -> ListedMessage:
    """Return the only message."""
    (message,) = codes.read(listed_messages, limit=10)
    return message


def kinds(codes: DeliveryCodes) -> list[EventKind]:
    """Return what happened to the parcel."""
    return [event.kind for event in codes.read(events_of_parcel, recorded(codes).parcel_id)]


def told(status: str) -> dict[str, Any]:
    """Return what the gateway sends."""
    return {"results": [{"status": status}]}


def test_a_text_that_arrived_is_shown_so_and_ends_but_once(
    client: FlaskClient, codes: DeliveryCodes, address: str, administrator: FlaskClient, clock: TurnableClock
) -> None:
    assert client.post(address, json=told("QUEUED")).status_code == 204
    assert the_text(codes).delivered_at is None
    assert client.post(address, json=told("DELIVERED")).status_code == 204
    assert the_text(codes).delivered_at == clock()
    assert ">Arrived<" in administrator.get("/office/mails?lang=en").text
    assert client.post(address, json=told("EXPIRED")).status_code == 204
    assert the_text(codes).failed_at is None
    assert kinds(codes)[-1] is EventKind.TEXT_HANDED_TO_GATEWAY


def test_a_text_that_will_not_arrive_is_told_to_the_office_and_stands_in_the_chain(
    client: FlaskClient, codes: DeliveryCodes, address: str, administrator: FlaskClient
) -> None:
    assert client.post(address, json=told("EXPIRED")).status_code == 204
    assert client.post(address, json=told("DELIVERED")).status_code == 204
    message, holder_id = the_text(codes), recorded(codes).holder_id
    assert (message.delivered_at, message.last_reply) == (None, "EXPIRED, says the gateway")
    assert kinds(codes)[-1] is EventKind.TEXT_FAILED
    assert codes.read(awaited, [holder_id])[holder_id] is CodeAwaited.FAILED
    assert "No code expected" in administrator.get("/office/parcels/P-1?lang=en").text
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_only_the_gateway_that_was_given_the_address_ends_a_text_and_only_once(
    client: FlaskClient, codes: DeliveryCodes, address: str
) -> None:
    for foreign in (address[:-1] + ("A" if address[-1] != "A" else "B"), address.rsplit("/", 1)[0] + "/é"):
        assert client.post(foreign, json=told("EXPIRED")).status_code == 404
    empty: list[Any] = [{}, {"results": []}, {"results": {"0": {}}}, {"results": [{"status": {"a": 1}}]}, "x", [1]]
    for nothing in empty:
        assert client.post(address, json=nothing).status_code == 422
    assert client.post(address, data="[" * 60_000, content_type="application/json").status_code == 422
    assert (the_text(codes).delivered_at, the_text(codes).failed_at) == (None, None)


@pytest.mark.parametrize("way", ["form", "address"])
def test_it_is_told_in_the_way_of_the_gateway(
    app: Flask, client: FlaskClient, codes: DeliveryCodes, address: str, way: str
) -> None:
    said = {"results.0.status": "DELIVERED"}
    answer = client.get(address, query_string=said) if way == "address" else client.post(address, data=said)
    assert answer.status_code == 204
    assert the_text(codes).delivered_at is not None
