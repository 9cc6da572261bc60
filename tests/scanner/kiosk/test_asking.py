"""A kiosk asks; without an answer it waits or notes, and nothing is lost or done twice."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from scanner.kiosk.asking import NOTED, UNKNOWN
from scanner.settings import Offline
from tests.scanner.kiosk.conftest import House


def test_a_code_is_accepted_and_a_second_time_it_is_not(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking()
    verdict = asking.present(payload)
    assert (verdict["outcome"], verdict["recipient_language"]) == ("accepted", "tr")
    assert asking.present(payload)["outcome"] == "already_handed_over"


def test_a_reply_that_was_lost_is_the_same_green_also_after_a_restart(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking(Offline.WAIT)
    house.line.loses_replies = True
    assert asking.present(payload) == UNKNOWN
    house.line.loses_replies = False
    assert house.asking(Offline.WAIT).present(payload)["outcome"] == "accepted"


def test_by_the_rule_to_wait_nothing_is_noted_and_nothing_sent_by_itself(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking(Offline.WAIT)
    house.line.cut = True
    assert asking.present(payload) == UNKNOWN
    house.line.cut = False
    assert len(asking.waiting) == 0
    assert asking.send_waiting()
    assert house.handed_over_at("P-1") is None


def test_what_was_noted_is_sent_later_with_its_own_time_and_once(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking()
    house.line.cut = True
    assert asking.present(payload) == NOTED
    body = asking.waiting.first()
    assert body is not None
    assert body["offline"] is True
    assert not asking.send_waiting()
    house.line.cut = False
    house.clock.turn(timedelta(days=31))
    assert asking.send_waiting()
    handed_over_at = house.handed_over_at("P-1")
    assert handed_over_at is not None
    assert handed_over_at.isoformat() == body["presented_at"]
    assert [each["outcome"] for each in asking.waiting.settled()] == ["accepted"]
    carried = len(house.line.carried)
    assert asking.send_waiting()
    assert len(house.line.carried) == carried


def test_a_code_that_is_noted_does_not_take_a_second_parcel(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking()
    house.line.cut = True
    assert asking.present(payload) == NOTED
    assert asking.present(payload)["outcome"] == "already_handed_over"
    house.line.cut = False
    assert house.asking().present(payload)["outcome"] == "already_handed_over"
    assert len(asking.waiting) == 1


def test_the_order_is_kept_over_restarts_and_a_line_that_breaks_in_the_middle(house: House) -> None:
    payloads = [house.parcel(f"P-{number}") for number in range(5)]
    house.line.cut = True
    for payload in payloads:
        assert house.asking().present(payload) == NOTED
    house.line.cut, house.line.loses_replies = False, True
    assert not house.asking().send_waiting()
    house.line.loses_replies = False
    asking = house.asking()
    assert len(asking.waiting) == 5
    assert asking.send_waiting()
    settled = asking.waiting.settled()
    assert [each["outcome"] for each in settled] == ["accepted"] * 5
    assert [each["presented_at"] for each in settled] == sorted(each["presented_at"] for each in settled)


def test_an_unsent_reply_that_was_noted_is_the_same_presentation(house: House) -> None:
    """The request arrived and its reply was lost: what is noted has the same id, and is no conflict."""
    payload, asking = house.parcel("P-1"), house.asking()
    house.line.loses_replies = True
    assert asking.present(payload) == NOTED
    house.line.loses_replies = False
    assert asking.send_waiting()
    assert asking.waiting.settled()[0]["outcome"] == "accepted"


def test_conflicts_and_refusals_are_recorded_as_such(house: House) -> None:
    first, second = house.parcel("P-1"), house.parcel("P-2")
    asking = house.asking()
    house.line.cut = True
    assert asking.present(first) == NOTED
    house.line.cut = False
    other = House(house.codes, house.clock, house.line, house.client, house.folder / "other", house.identity).asking()
    assert other.present(first)["outcome"] == "accepted"
    assert asking.send_waiting()
    house.line.cut = True
    assert asking.present(second) == NOTED
    house.line.cut = False
    house.codes.devices.revoke(next(device.device_id for device in house.codes.devices.listed()))
    assert asking.send_waiting()
    assert [each["outcome"] for each in asking.waiting.settled()] == ["already_handed_over", "device_revoked"]
    assert house.handed_over_at("P-2") is None


def test_a_symbol_that_is_none_of_ours_is_never_noted(house: House) -> None:
    house.line.cut = True
    assert house.asking().present("https://example.org/") == UNKNOWN
    assert house.asking().present("7310000000000000000000000000000000") == UNKNOWN


@pytest.mark.parametrize("torn", [b'{"waiting": {"presentation_id": "x", "pay', b"\x00" * 200, b"\xff\xfe", b"[]\n3\n"])
def test_a_torn_last_line_costs_nothing_else(house: House, torn: bytes) -> None:
    payload, asking = house.parcel("P-1"), house.asking()
    house.line.cut = True
    assert asking.present(payload) == NOTED
    with (house.folder / "waiting.jsonl").open("ab") as file:
        file.write(torn)
    house.line.cut = False
    again = house.asking()
    assert len(again.waiting) == 1
    assert again.send_waiting()
    assert house.handed_over_at("P-1") is not None


def test_no_code_stays_on_the_disk_after_its_answer(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking()
    house.line.cut = True
    asking.present(payload)
    kept = house.folder / "waiting.jsonl"
    assert kept.stat().st_mode & 0o777 == 0o600
    house.line.cut = False
    asking.send_waiting()
    assert all(payload not in path.read_text() for path in house.folder.rglob("*") if path.is_file())
    assert json.loads(kept.read_text())["settled"]["outcome"] == "accepted"


def test_a_power_cut_between_noting_and_tidying_does_not_turn_green_twice(house: House) -> None:
    payload, asking = house.parcel("P-1"), house.asking()
    house.line.cut = True
    asking.present(payload)
    left = asking.waiting.first()
    house.line.cut = False
    assert asking.send_waiting()
    (question,) = [house.folder / "unanswered" / "left"]
    question.write_text(json.dumps(left))
    assert house.asking().present(payload)["outcome"] == "already_handed_over"
    assert not question.exists()
