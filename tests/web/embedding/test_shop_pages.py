"""What a shop shows on its own page: the ticket's address, its card in a frame, a picture of how the parcel stands."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError
from werkzeug.test import TestResponse

from codes import DeliveryCodes
from codes.accounts.api_keys import USUAL_SCOPES, Scope, add_key
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason, EventKind, Outcome
from codes.proving.events import events_of
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import block_parcel, recorded, shown
from web.settings import EmbeddingSettings

SHOP = "https://shop.example.org"
Ask = Callable[..., TestResponse]


def headers(codes: DeliveryCodes, *scopes: Scope, test: bool = False) -> dict[str, str]:
    return {"Authorization": f"Bearer {codes.write(add_key, 'Shop', [*USUAL_SCOPES, *scopes], test=test)}"}


def embed(app: Flask, *, code: bool = False) -> None:
    settings = EmbeddingSettings(origins=(SHOP, "https://www.shop.example.org:8443"), code=code)
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], embedding=settings)


def path(address: str) -> str:
    return urlsplit(address).path


@pytest.fixture
def shop(client: FlaskClient, codes: DeliveryCodes) -> dict[str, str]:
    """The headers of a key that announced SAMPLE-1 and may read tickets."""
    key = headers(codes, Scope.TICKETS_READ)
    assert client.post("/api/v1/parcels", json=parcel(), headers=key).status_code == 201
    return key


def told(client: FlaskClient, key: dict[str, str], reference: str = "SAMPLE-1") -> dict[str, Any]:
    answer = client.get(f"/api/v1/parcels/{reference}/ticket", headers=key)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json  # type: ignore[assignment]
    return found


def test_the_key_that_announced_a_parcel_is_told_its_tickets_address_and_never_the_code(
    client: FlaskClient, codes: DeliveryCodes, shop: dict[str, str]
) -> None:
    answer, code = client.get("/api/v1/parcels/SAMPLE-1/ticket", headers=shop), shown(codes, "SAMPLE-1")
    assert answer.status_code == 200
    assert sorted(answer.json) == ["card", "status_picture", "ticket"]  # type: ignore[arg-type]
    assert code.digits not in answer.text
    assert code.payload not in answer.text
    assert code.digits in client.get(path(answer.json["ticket"])).text.replace("<span></span>", "")  # type: ignore[index]


def test_no_other_key_is_told_and_none_without_the_scope_which_nobody_has_by_default(
    client: FlaskClient, codes: DeliveryCodes, shop: dict[str, str]
) -> None:
    other, usual = headers(codes, Scope.TICKETS_READ), headers(codes)
    assert client.get("/api/v1/parcels/SAMPLE-1", headers=other).status_code == 200, "it reads parcels of the house"
    assert client.get("/api/v1/parcels/SAMPLE-1/ticket", headers=other).status_code == 404
    assert client.get("/api/v1/parcels/SAMPLE-1/ticket", headers=usual).status_code == 403
    assert Scope.TICKETS_READ not in USUAL_SCOPES
    assert client.get("/api/v1/parcels/NONE/ticket", headers=shop).status_code == 404


def test_a_test_key_is_told_of_its_test_parcels_alone(
    client: FlaskClient, codes: DeliveryCodes, shop: dict[str, str]
) -> None:
    trying = headers(codes, Scope.TICKETS_READ, test=True)
    assert client.get("/api/v1/parcels/SAMPLE-1/ticket", headers=trying).status_code == 404
    client.post("/api/v1/parcels", json=parcel("TRIED"), headers=trying)
    assert client.get(path(told(client, trying, "TRIED")["ticket"])).status_code == 200
    assert client.get("/api/v1/parcels/TRIED/ticket", headers=shop).status_code == 404


def test_the_parcels_chain_says_once_which_key_was_told_and_again_of_a_new_address(
    client: FlaskClient, codes: DeliveryCodes, shop: dict[str, str]
) -> None:
    def noted() -> list[dict[str, object]]:
        with codes.database.reading() as connection:
            events = events_of(connection, recorded(codes, "SAMPLE-1").parcel_id)
        return [dict(event.facts) for event in events if event.kind is EventKind.TICKET_TOLD]

    first = told(client, shop)
    assert told(client, shop) == first
    (fact,) = noted()
    assert str(fact["ticket"]) not in first["ticket"]
    assert client.post("/api/v1/parcels/SAMPLE-1/code/renew", headers=shop).status_code == 204
    second = told(client, shop)
    assert client.get(path(first["ticket"])).status_code == 410
    assert client.get(path(second["ticket"])).status_code == 200
    assert second["status_picture"] == first["status_picture"], "what stands on a shop's page goes on telling"
    assert len(noted()) == 2


def test_without_named_origins_there_is_no_card(client: FlaskClient, shop: dict[str, str]) -> None:
    found = told(client, shop)
    assert found["card"] is None
    assert client.get(f"{path(found['ticket'])}/card").status_code == 404


def test_the_card_alone_stands_in_frames_and_only_on_pages_of_the_named_origins(
    app: Flask, client: FlaskClient, shop: dict[str, str]
) -> None:
    embed(app)
    found = told(client, shop)
    card = client.get(path(found["card"]))
    assert card.status_code == 200
    policy = card.headers["Content-Security-Policy"]
    assert policy.endswith(f"; frame-ancestors {SHOP} https://www.shop.example.org:8443")
    assert policy.startswith("default-src 'none'")
    assert "X-Frame-Options" not in card.headers
    assert card.headers["Cache-Control"] == "no-store"
    assert card.headers["Referrer-Policy"] == "no-referrer"
    for other in (path(found["ticket"]), "/proofs/check", path(found["status_picture"])):
        answer = client.get(other)
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN", other
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'"), other


def test_the_card_says_how_the_parcel_stands_and_shows_the_code_only_where_the_house_allows_it(
    app: Flask, client: FlaskClient, codes: DeliveryCodes, shop: dict[str, str], clock: TurnableClock
) -> None:
    embed(app)
    where = path(told(client, shop)["card"]) + "?lang=en"
    digits, payload = shown(codes, "SAMPLE-1").digits, shown(codes, "SAMPLE-1").payload

    def holds_code() -> bool:
        page = client.get(where).text
        assert ("symbol.png" in page) == (digits in page.replace("<span></span>", ""))
        return "symbol.png" in page

    assert "Announced" in client.get(where).text
    assert not holds_code()
    embed(app, code=True)
    assert holds_code()
    assert "Never by phone" in client.get(where).text
    assert "<form" not in client.get(where).text, "in a foreign page nothing can be done by a click"
    block_parcel(codes, "SAMPLE-1")
    assert not holds_code()
    client.post("/api/v1/parcels", json=parcel("SAMPLE-2"), headers=shop)
    where = path(told(client, shop, "SAMPLE-2")["card"]) + "?lang=en"
    digits, payload = shown(codes, "SAMPLE-2").digits, shown(codes, "SAMPLE-2").payload
    assert holds_code()
    assert codes.present(enrolled(codes).presentation(payload, "SAMPLE-2", now=clock())).outcome is Outcome.ACCEPTED
    assert "Handed over" in client.get(where).text
    assert not holds_code()


def words_of(answer: TestResponse) -> str:
    assert answer.status_code == 200
    assert answer.mimetype == "image/svg+xml"
    tree = ET.fromstring(answer.text)
    (title,) = tree.findall("{http://www.w3.org/2000/svg}title")
    (words,) = tree.findall("{http://www.w3.org/2000/svg}text")
    assert title.text == words.text
    assert not [each for each in tree.iter() if each.tag.endswith("script")]
    return str(words.text)


def test_the_picture_says_in_one_word_how_the_parcel_stands_and_nothing_else(
    client: FlaskClient, codes: DeliveryCodes, shop: dict[str, str], clock: TurnableClock
) -> None:
    found = told(client, shop)
    where, key = path(found["status_picture"]), path(found["ticket"]).rpartition("/")[2]
    answer = client.get(f"{where}?lang=en")
    assert words_of(answer) == "Announced"
    assert words_of(client.get(f"{where}?lang=ar")) != "Announced"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    for secret in (key, "SAMPLE-1", "Sample Recipient", shown(codes, "SAMPLE-1").digits):
        assert secret not in answer.text
    as_ticket = f"/t/{where.rpartition('/')[2].removesuffix('.svg')}"
    assert client.get(as_ticket, follow_redirects=True).status_code == 404
    client.post("/api/v1/parcels/SAMPLE-1/out-for-delivery", headers=shop)
    assert words_of(client.get(f"{where}?lang=en")) == "Out for delivery"
    driver, payload = enrolled(codes), shown(codes, "SAMPLE-1").payload
    visit = Visit(uuid4(), driver.device_id, "SAMPLE-1", AttemptReason.NOBODY_HOME, clock())
    codes.write(end_without_handover, visit)
    assert words_of(client.get(f"{where}?lang=en")) == "Delivery attempted"
    assert codes.present(driver.presentation(payload, "SAMPLE-1", now=clock())).outcome is Outcome.ACCEPTED
    assert words_of(client.get(f"{where}?lang=en")) == "Handed over"
    clock.turn(timedelta(days=60))
    assert client.get(where).status_code == 404
    assert client.get("/api/v1/parcels/SAMPLE-1/ticket", headers=shop).status_code == 404


def test_no_other_address_shows_a_picture(client: FlaskClient, shop: dict[str, str]) -> None:
    name = path(told(client, shop)["status_picture"]).rpartition("/")[2].removesuffix(".svg")
    changed = name[:-4] + ("A" if name[-4] != "A" else "B") + name[-3:]
    for guess in (changed, name[:22], name[1:], "A" * len(name), "ü", "=", "%00", name + "AAAA"):
        assert client.get(f"/status/{guess}.svg").status_code == 404, guess


@pytest.mark.parametrize(
    "origin", ["http://shop.example.org", "https://shop.example.org/", "*", "https://*", "shop.example.org", "'self'"]
)
def test_what_is_no_origin_of_a_page_is_refused(origin: str) -> None:
    with pytest.raises(ValidationError):
        EmbeddingSettings(origins=(origin,))
    EmbeddingSettings(origins=(SHOP, "http://localhost:3000"))
