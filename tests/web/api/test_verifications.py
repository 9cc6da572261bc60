"""Devices present codes over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.devices import revoke_device
from codes.accounts.heartbeats import stop_device
from codes.life.parcel_records import find_parcel
from codes.life.policy import Rule
from codes.model import DeviceKind
from codes.recipients.tickets import ShownCode, ticket_of_holder
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
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    ticket = codes.read(ticket_of_holder, record.holder_id)
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


@pytest.mark.parametrize("around", ["{}", "]Q1{}", "{} 12", "X-{}"])
def test_a_code_that_was_scanned_as_a_label_is_refused_and_stands_nowhere(
    around: str, enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol()
    spaced = " ".join((code.payload[:17], code.payload[17:]))
    for payload in (code.payload, spaced):
        answer = browser.post(URL, json=device.body(code.payload, [around.format(payload), "SAMPLE-1"], now=clock()))
        assert answer.status_code == 422
        assert "no label" in answer.text
    assert browser.post(URL, json=device.body(code.payload, ["SAMPLE-1"], now=clock())).json["outcome"] == "accepted"  # type: ignore[index]


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
    codes.write(revoke_device, device.device_id)
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
        {"presented_at": "0001-01-01T00:00:00+23:59"},
        {"presented_at": "9999-12-31T23:59:59-23:59"},
        {"presented_at": "2026-11-24T10:00:00+99:00"},
        {"presented_at": "1969-12-30T23:59:59Z"},
        {"presented_at": "2100-01-01T00:00:00Z"},
        {"presented_at": "2026-02-30T10:00:00Z"},
        {"tap": True},
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


@pytest.mark.parametrize("at", ["1970-01-01T00:00:00+14:00", "1970-01-01T00:00:03Z", "2099-12-31T23:59:59Z"])
def test_a_clock_that_was_never_set_is_told_with_the_right_time_and_the_queue_is_sent_again(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock, at: str
) -> None:
    browser, device = enrol()
    browser.post("/api/v1/tour/parcels", json={"reference": "SAMPLE-1"})
    body = device.body(code.payload, ["SAMPLE-1"], now=datetime.fromisoformat(at), offline=True)
    refused = browser.post(URL, json=body)
    assert refused.status_code == 409
    assert refused.json is not None
    assert (refused.json["type"], refused.json["service_time"]) == ("/problems/wrong-clock", clock().isoformat())
    again = device.body(code.payload, ["SAMPLE-1"], now=clock(), offline=True, presentation_id=body["presentation_id"])
    assert browser.post(URL, json=again).json["outcome"] == "accepted"  # type: ignore[index]


def test_with_the_network_a_wrong_clock_keeps_nobody_from_receiving(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol()
    body = device.body(code.payload, ["SAMPLE-1"], now=datetime(1970, 1, 1, tzinfo=UTC))
    answer = browser.post(URL, json=body).json
    assert answer is not None
    assert (answer["outcome"], answer["decided_at"]) == ("accepted", clock().isoformat())


def test_a_parcel_that_needs_no_code_is_handed_over_by_a_tap_and_no_other_is(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol()
    refused = browser.post(URL, json=device.body("", ["SAMPLE-1"], now=clock(), means="tap"))
    assert refused.status_code == 422
    assert refused.json is not None
    assert refused.json["type"] == "/problems/code-required"
    codes.rules = (Rule(code_required=False, reason="no_rule"),)
    codes.announce([Announcement("SAMPLE-9", Person("Sample Recipient", "sample@example.org"))])
    answer = browser.post(URL, json=device.body("", ["SAMPLE-9"], now=clock(), means="tap")).json
    assert answer is not None
    assert (answer["outcome"], answer["handed_over"]) == ("code_not_required", 1)


def test_a_key_that_was_not_copied_here_yet_is_not_ready_and_no_fault(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol()
    body = device.body(code.digits, ["SAMPLE-1"], now=clock())
    before, other = codes.ring(), codes.ring().rotated(clock() + timedelta(days=1))
    codes.ring.replace(replace(other, keys={other.current: other.keys[other.current]}))
    refused = browser.post(URL, json=body)
    assert refused.status_code == 503
    assert refused.json is not None
    assert (refused.json["type"], refused.headers["Retry-After"]) == ("/problems/not-ready", "5")
    codes.ring.replace(before)
    assert browser.post(URL, json=body).json["outcome"] == "accepted"  # type: ignore[index]


def test_a_kiosk_out_of_order_is_told_so(
    enrol: Enrol, code: ShownCode, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    browser, device = enrol(DeviceKind.KIOSK)
    codes.write(stop_device, device.device_id, uuid4())
    answer = browser.post(URL, json=device.body(code.payload, now=clock()))
    assert answer.status_code == 403
    assert answer.json is not None
    assert answer.json["type"] == "/problems/out-of-order"


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-11-24T10:00:00+25:00"])
def test_a_visit_at_an_impossible_time_is_refused(enrol: Enrol, code: ShownCode, at: str) -> None:
    browser, _ = enrol()
    visit = {"visit_id": str(uuid4()), "reference": "SAMPLE-1", "reason": "nobody_home", "attempted_at": at}
    assert browser.post("/api/v1/visits", json=visit).status_code == 422
