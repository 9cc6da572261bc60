"""Open ticket pages ask as often as their parcel is near, and hold back together, so that nobody else has to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.delivering.delivery_day import come_near, mark_out_for_delivery
from codes.life.delegates import withdraw_delegate
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.web.tickets import announced, delegate_key, digits, name, ticket
from web.http.limits.poll_interval import LONGEST_SECONDS, Pace, PollIntervals
from web.http.limits.ticket_polling import ASK_AGAIN


def wrong(codes: DeliveryCodes, key: str) -> str:
    return "000000" if digits(codes, key) != "000000" else "111111"


def test_a_page_asks_the_more_often_the_nearer_its_parcel_is(
    client: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    key, known = announced(codes), ""

    def asked(query: str = "") -> tuple[int, int]:
        nonlocal known
        answer = client.get(f"/t/{key}/status{query}", headers={"If-None-Match": known})
        known = answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status_code, int(answer.headers[ASK_AGAIN])

    assert [asked(), asked(), asked("?held")] == [(200, 60_000), (304, 60_000), (304, 1500)]
    codes.write(mark_out_for_delivery, "P-1")
    assert [asked(), asked(), asked("?held")] == [(200, 10_000), (304, 10_000), (304, 1500)]
    codes.write(come_near, "P-1")
    assert [asked(), asked()] == [(200, 1500), (304, 1500)]
    clock.turn(timedelta(minutes=31))
    assert asked() == (304, 10_000)
    codes.present(enrolled(codes).presentation(wrong(codes, key), "P-1", now=clock()))
    assert [asked(), asked()] == [(200, 1500), (304, 1500)]
    codes.present(enrolled(codes).presentation(digits(codes, key), "P-1", now=clock()))
    assert [asked(), asked()] == [(200, 60_000), (304, 60_000)]


def test_a_page_that_waits_learns_that_its_code_expires(
    client: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    key = announced(codes)
    first = client.get(f"/t/{key}/status")
    known = {"If-None-Match": first.headers["ETag"]}
    clock.turn(timedelta(days=30))
    changed = client.get(f"/t/{key}/status", headers=known)
    assert changed.status_code == 200
    assert changed.json != first.json


def test_a_withdrawn_delegates_page_waits_for_nothing(
    client: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    key = announced(codes)
    name(client, key, clock)
    theirs = delegate_key(codes, key)
    known = {"If-None-Match": client.get(f"/t/{theirs}/status").headers["ETag"]}
    assert client.get(f"/t/{theirs}/status", headers=known).status_code == 304
    codes.write(withdraw_delegate, ticket(codes, key).holder_id, ticket(codes, theirs).holder_id)
    assert client.get(f"/t/{theirs}/status", headers=known).status_code == 410


@pytest.mark.parametrize("pace", [Pace.ON_ITS_WAY, Pace.IN_HAND])
def test_ten_thousand_pages_hold_back_together_and_not_for_longer_than_they_are_there(pace: Pace) -> None:
    intervals, due, polls = PollIntervals(300), dict.fromkeys(range(10_000), 0.0), 0
    for page in due:
        due[page] = intervals.seconds(pace, None, page * 0.01)
    told = dict(due)
    for second in range(100, 300):
        for page in [page for page, at in due.items() if at <= second]:
            told[page] = intervals.seconds(pace, second - (due[page] - told[page]), float(second))
            due[page] = second + told[page]
            polls += second >= 200
    assert polls / 100 < 300
    assert max(told.values()) <= LONGEST_SECONDS
    assert intervals.seconds(Pace.AT_THE_DOOR, 1.5, 300.0) == 1.5
    assert intervals.seconds(pace, None, 400.0) == pace.seconds


def test_one_page_that_asks_without_end_makes_nobody_wait() -> None:
    intervals = PollIntervals(300)
    for look in range(100_000):
        intervals.seconds(Pace.IN_HAND, 0.0001, look / 10_000)
    assert intervals.seconds(Pace.IN_HAND, 1.5, 10.0) == 1.5
