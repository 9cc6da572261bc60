"""Devices present codes over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.recipients.tickets import ShownCode
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]
URL = "/api/v1/verifications"


def test_the_right_code_is_accepted_and_both_sides_see_one_number(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol()
    answer = browser.post(URL, json=device.body(code.payload, ["SAMPLE-1"], now=clock()))
    assert answer.status_code == 200
    told = answer.json
    assert told is not None
    assert (told["outcome"], told["accepted"], told["handed_over"], told["of"]) == ("accepted", True, 1, 1)
    assert told["recipient_language"] == "de"
    record = codes.parcel("SAMPLE-1")
    assert record is not None
    ticket = codes.ticket_of(record.holder_id)
    assert ticket is not None
    assert ticket.match_number == told["match_number"]


def test_the_same_body_again_gets_the_same_answer(enrol: Enrol, code: ShownCode, clock: TurnableClock) -> None:
    browser, device = enrol()
    body = device.body(code.payload, ["SAMPLE-1"], now=clock())
    assert browser.post(URL, json=body).json == browser.post(URL, json=body).json


def test_another_device_cannot_send_what_one_has_signed(enrol: Enrol, code: ShownCode, clock: TurnableClock) -> None:
    (_, device), (other_browser, _) = enrol(), enrol()
    answer = other_browser.post(URL, json=device.body(code.payload, ["SAMPLE-1"], now=clock()))
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["type"] == "/problems/bad-signature"


def test_a_signature_covers_every_field(enrol: Enrol, code: ShownCode, clock: TurnableClock) -> None:
    browser, device = enrol()
    body = device.body(code.payload, ["SAMPLE-1"], now=clock())
    changes: list[dict[str, Any]] = [
        {"presentation_id": "0193e5a0-0000-7000-8000-000000000000"},
        {"parcels": [{"reference": "SAMPLE-2", "by": "label"}]},
        {"parcels": [{"reference": "SAMPLE-1", "by": "choice"}]},
        {"presented_at": "2026-11-24T09:00:00+00:00"},
        {"offline": True},
        {"salt": "0" * 32},
        {"payload": None, "digits": code.payload},
        {"payload": code.payload[:-1] + str((int(code.payload[-1]) + 1) % 10)},
    ]
    for change in changes:
        answer = browser.post(URL, json=body | change)
        assert answer.status_code == 403, change
    assert browser.post(URL, json=body).json["outcome"] == "accepted"  # type: ignore[index]


def test_a_revoked_device_is_told_so(enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock) -> None:
    browser, device = enrol()
    codes.devices.revoke(device.device_id)
    answer = browser.post(URL, json=device.body(code.payload, ["SAMPLE-1"], now=clock()))
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["type"] == "/problems/device-revoked"


def test_digits_without_a_parcel_ask_for_its_label(enrol: Enrol, code: ShownCode, clock: TurnableClock) -> None:
    browser, device = enrol()
    answer = browser.post(URL, json=device.body(code.digits, now=clock()))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["type"] == "/problems/parcel-missing"


@pytest.mark.parametrize(
    "change",
    [
        {"presentation_id": "x" * 36},
        {"presented_at": "yesterday, about noon"},
        {"presented_at": "2026-11-24T10:00:00"},
        {"salt": "zz"},
        {"signature": "short"},
        {"payload": None},
        {"digits": "123456"},
        {"parcels": [{"reference": "SAMPLE-1", "by": "code"}]},
        {"parcels": [{"reference": "SAMPLE-1", "by": "label"}] * 51},
        {"parcels": "SAMPLE-1"},
        {"surprise": True},
    ],
)
def test_a_malformed_presentation_is_refused_with_a_reason(
    enrol: Enrol, code: ShownCode, clock: TurnableClock, change: dict[str, Any]
) -> None:
    browser, device = enrol()
    answer = browser.post(URL, json=device.body(code.payload, ["SAMPLE-1"], now=clock()) | change)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "text", ["x", "7" * 100_000, "731" + "0" * 31, "javascript:alert(1)", "' OR 1=1 --", "\u202e", "\u0000", "٧٣١" * 11]
)
def test_a_hostile_symbol_is_an_unknown_symbol(enrol: Enrol, code: ShownCode, clock: TurnableClock, text: str) -> None:
    browser, device = enrol()
    answer = browser.post(URL, json=device.body(text, ["SAMPLE-1"], now=clock(), means="payload"))
    assert answer.json is not None
    assert answer.json["outcome"] == "unknown_symbol"


def test_on_a_full_disk_the_outcome_is_unknown_and_nothing_answered_is_lost(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol()
    bodies = [device.body("731" + "0" * 29 + "25", ["SAMPLE-1"], now=clock()) for _ in range(300)]
    bodies.append(device.body(code.payload, ["SAMPLE-1"], now=clock()))
    with _full_disk(codes):
        answers = [browser.post(URL, json=body) for body in bodies]
    assert {answer.status_code for answer in answers} == {200, 503}
    refused = [answer for answer in answers if answer.status_code == 503]
    assert {answer.json["type"] for answer in refused if answer.json} == {"/problems/unknown-outcome"}
    again = [browser.post(URL, json=body) for body in bodies]
    assert {answer.status_code for answer in again} == {200}
    for before, after in zip(answers, again, strict=True):
        assert before.status_code == 503 or before.json == after.json
    assert again[-1].json is not None
    assert again[-1].json["outcome"] == "accepted"


@contextmanager
def _full_disk(codes: DeliveryCodes) -> Iterator[None]:
    """Let SQLite grow its file by no further page; it then says what it says on a full disk."""
    with codes.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}")

    codes.database.engine.dispose()
    sa.event.listen(codes.database.engine, "connect", limit)
    yield
    sa.event.remove(codes.database.engine, "connect", limit)
    codes.database.engine.dispose()
