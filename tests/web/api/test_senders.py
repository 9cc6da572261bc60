"""What senders' systems rely on: scopes, repeated calls, limits, test keys, events in order, counts by day."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.api_keys import Scope, add_key, listed_keys, revoke_key
from codes.delivering.visits import Visit, end_without_handover
from codes.integrations.idempotency import FirstAnswer, OtherCall, StillRunning, begin_call, end_call
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import AttemptReason
from codes.recipients.tickets import ticket_of_holder
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from web.http.access import Guard, guard_of, scope_of
from web.http.limits.call_limits import CallLimit
from web.services import Services

CALLER = UUID(int=1)


def bearer(key: str) -> dict[str, str]:
    """The headers of a call with this key."""
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_key_does_what_its_scope_says_and_nothing_else(app: Flask, codes: DeliveryCodes, scope: Scope) -> None:
    headers, walked = bearer(codes.write(add_key, "Narrow", [scope])), 0
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is not Guard.SENDER:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            path = re.sub(r"<[^>]+>", "NOWHERE", rule.rule)
            answer = app.test_client().open(path, method=method, headers=headers)
            allowed = scope_of(app, rule.endpoint, method) is scope
            refused = answer.status_code == 403 and answer.json["type"] == "/problems/out-of-scope"  # type: ignore[index]
            assert refused is not allowed, (method, path)
            walked += 1
    assert walked > 8


def test_a_key_is_shown_once_kept_as_digest_and_ends_when_revoked(
    client: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    key = codes.write(add_key, "Sample Shop")
    (listed,) = codes.read(
        listed_keys,
    )
    assert listed.last_used_at is None
    assert client.get("/api/v1/parcels/SAMPLE-1", headers=bearer(key)).status_code == 404
    (listed,) = codes.read(
        listed_keys,
    )
    assert listed.last_used_at == clock()
    assert key not in repr(listed)
    codes.write(revoke_key, listed.key_id)
    assert client.get("/api/v1/parcels/SAMPLE-1", headers=bearer(key)).status_code == 401


def test_a_repeated_call_gets_the_first_answer(client: FlaskClient, sender: dict[str, str]) -> None:
    headers = sender | {"Idempotency-Key": '"first-call"'}
    first = client.post("/api/v1/parcels", json=parcel(), headers=headers)
    again = client.post("/api/v1/parcels", json=parcel(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    other = client.post("/api/v1/parcels", json=parcel("SAMPLE-2"), headers=headers)
    assert (other.status_code, other.json["type"]) == (422, "/problems/idempotency-key-reused")  # type: ignore[index]
    assert client.post("/api/v1/parcels", json=parcel("SAMPLE-2"), headers=sender).status_code == 201


def test_a_renewal_sent_twice_under_one_key_renews_once(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    headers = sender | {"Idempotency-Key": "renewal"}
    for _ in range(3):
        assert client.post("/api/v1/parcels/SAMPLE-1/code/renew", headers=headers).status_code == 204
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    kinds = [event.kind.value for event in codes.read(events_of_parcel, record.parcel_id)]
    assert kinds.count("code_renewed") == 1


def test_a_call_that_came_too_often_is_made_another_day_under_the_same_key(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    path, most = "/api/v1/parcels/SAMPLE-1/code/renew", codes.settings.budgets.mails_by_sender
    keys = [sender | {"Idempotency-Key": f"renewal-{number}"} for number in range(most + 1)]
    assert [client.post(path, headers=each).status_code for each in keys] == [204] * most + [429]
    again = client.post(path, headers=keys[-1])
    assert (again.status_code, "Retry-After" in again.headers) == (429, True)
    clock.turn(timedelta(seconds=int(again.headers["Retry-After"])))
    assert client.post(path, headers=keys[-1]).status_code == 204


def test_of_calls_at_once_under_one_key_one_runs_and_none_is_doubled(
    app: Flask, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    headers = sender | {"Idempotency-Key": "at-once"}
    app.test_client().post("/api/v1/parcels", json=parcel(), headers=sender)
    with ThreadPoolExecutor(6) as pool:
        call = lambda _: app.test_client().post("/api/v1/parcels/SAMPLE-1/code/renew", headers=headers)  # noqa: E731
        answers = list(pool.map(call, range(12)))
    assert {answer.status_code for answer in answers} <= {204, 409}
    assert all(answer.headers.get("Retry-After") for answer in answers if answer.status_code == 409)
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    assert [event.kind.value for event in codes.read(events_of_parcel, record.parcel_id)].count("code_renewed") == 1


def test_a_call_without_an_answer_is_held_for_a_while_and_forgotten_after_a_day(
    codes: DeliveryCodes, clock: TurnableClock
) -> None:
    assert codes.write(begin_call, CALLER, "key", b"1" * 32) is None
    with pytest.raises(StillRunning):
        codes.write(begin_call, CALLER, "key", b"1" * 32)
    with pytest.raises(OtherCall):
        codes.write(begin_call, CALLER, "key", b"2" * 32)
    clock.turn(timedelta(minutes=2))
    assert codes.write(begin_call, CALLER, "key", b"1" * 32) is None
    answer = FirstAnswer(201, "application/json", "/somewhere", "{}")
    codes.write(end_call, CALLER, "key", answer)
    assert codes.write(begin_call, CALLER, "key", b"1" * 32) == answer
    clock.turn(timedelta(days=1))
    assert codes.write(begin_call, CALLER, "key", b"2" * 32) is None


@pytest.mark.parametrize("key", ["", "with space", "ü", "x" * 201])
def test_a_key_that_is_none_is_refused(client: FlaskClient, sender: dict[str, str], key: str) -> None:
    headers = sender | {"Idempotency-Key": key.encode("utf-8").decode("latin-1")}
    assert client.post("/api/v1/parcels", json=parcel(), headers=headers).status_code == 400


def test_who_calls_too_often_is_told_when_to_come_back(app: Flask, sender: dict[str, str]) -> None:
    services: Services = app.extensions["doorcode"]
    object.__setattr__(services, "calls", CallLimit(8))
    answers = [app.test_client().get("/api/v1/parcels/SAMPLE-1", headers=sender) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 8
    assert answers[-1].json["type"] == "/problems/too-many-calls"  # type: ignore[index]


def test_what_did_not_change_is_not_sent_again(client: FlaskClient, sender: dict[str, str]) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    first = client.get("/api/v1/parcels/SAMPLE-1", headers=sender)
    unchanged = sender | {"If-None-Match": first.headers["ETag"]}
    assert client.get("/api/v1/parcels/SAMPLE-1", headers=unchanged).status_code == 304
    client.post("/api/v1/parcels/SAMPLE-1/out-for-delivery", headers=sender)
    assert client.get("/api/v1/parcels/SAMPLE-1", headers=unchanged).status_code == 200


def test_a_test_key_works_on_parcels_of_its_own(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    trying = bearer(codes.write(add_key, "Trying", test=True))
    for headers, value in ((trying, "500.00"), (sender, "129.90")):
        answer = client.post("/api/v1/parcels", json=parcel(value=value), headers=headers)
        assert (answer.status_code, answer.json["reference"]) == (201, "SAMPLE-1")  # type: ignore[index]
    seen = [client.get("/api/v1/parcels/SAMPLE-1", headers=headers).json for headers in (trying, sender)]
    assert seen[0]["parcel_id"] != seen[1]["parcel_id"]  # type: ignore[index]
    assert client.get("/api/v1/parcels/TEST/SAMPLE-1", headers=sender).status_code == 404
    assert client.post("/api/v1/parcels", json=parcel("TEST/2"), headers=sender).status_code == 422
    codes.seal()
    told = [client.get("/api/v1/events", headers=headers).json for headers in (trying, sender)]
    assert {event["parcel_id"] for event in told[0]["events"]} == {seen[0]["parcel_id"]}  # type: ignore[index]
    assert {event["parcel_id"] for event in told[1]["events"]} == {seen[1]["parcel_id"]}  # type: ignore[index]
    day = codes.clock().date().isoformat()
    counted = client.get(f"/api/v1/statistics?first={day}&last={day}", headers=sender).json
    assert counted["days"][0]["announced"] == 1  # type: ignore[index]


def _all_events(client: FlaskClient, headers: dict[str, str], limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = 0
    while True:
        page: Any = client.get(f"/api/v1/events?cursor={cursor}&limit={limit}", headers=headers).json
        if page["next"] == cursor:
            return found
        found += page["events"]
        cursor = page["next"]


def test_events_come_once_and_in_order_whatever_the_size_of_a_page(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes
) -> None:
    for number in range(5):
        client.post("/api/v1/parcels", json=parcel(f"SAMPLE-{number}"), headers=sender)
        codes.seal()
    for number in range(5):
        client.post(f"/api/v1/parcels/SAMPLE-{number}/out-for-delivery", headers=sender)
        client.post(f"/api/v1/parcels/SAMPLE-{number}/code/renew", headers=sender)
    codes.seal()
    everything = _all_events(client, sender, 1000)
    assert _all_events(client, sender, 1) == everything
    assert len({event["event_id"] for event in everything}) == len(everything)
    for number in range(5):
        record = codes.read(find_parcel, f"SAMPLE-{number}")
        assert record is not None
        kinds = [f"parcel.{event.kind}" for event in codes.read(events_of_parcel, record.parcel_id)]
        assert [event["type"] for event in everything if event["reference"] == f"SAMPLE-{number}"] == kinds


def test_no_event_tells_a_code_or_a_person(client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes) -> None:
    client.post("/api/v1/parcels", json=parcel(), headers=sender)
    codes.seal()
    text = client.get("/api/v1/events", headers=sender).text
    record = codes.read(find_parcel, "SAMPLE-1")
    assert record is not None
    ticket = codes.read(ticket_of_holder, record.holder_id)
    assert ticket is not None
    assert ticket.code is not None
    for secret in (ticket.code.digits, ticket.code.payload, "sample@example.org", "Sample Recipient", "token"):
        assert secret not in text


def test_statistics_count_by_day(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    first = clock().date()
    client.post("/api/v1/parcels", json=parcel("SAMPLE-1"), headers=sender)
    clock.turn(timedelta(days=1))
    client.post("/api/v1/parcels", json=parcel("SAMPLE-2"), headers=sender)
    client.post("/api/v1/parcels", json=parcel("SAMPLE-3"), headers=sender)
    visit = Visit(UUID(int=7), UUID(int=8), "SAMPLE-1", AttemptReason.NOBODY_HOME, clock())
    codes.write(end_without_handover, visit)
    answer = client.get(f"/api/v1/statistics?first={first}&last={clock().date()}", headers=sender).json
    days = answer["days"]  # type: ignore[index]
    assert [day["announced"] for day in days] == [1, 2]
    assert [day["nobody_home"] for day in days] == [0, 1]
    backwards = client.get(f"/api/v1/statistics?first={clock().date()}&last={first}", headers=sender)
    assert backwards.status_code == 422
