"""A kiosk asks; without an answer it waits or notes, and nothing is lost or done twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from codes.accounts.devices import list_devices, revoke_device
from codes.accounts.heartbeats import put_device_back, stop_device
from scanner.kiosk.service_client import NOTED, TROUBLE, UNKNOWN
from scanner.kiosk.signed_presentation import with_time_put_right
from scanner.settings import Offline
from tests.parts.scanning.kiosk_house import House


def test_a_code_is_accepted_and_a_second_time_it_is_not(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    verdict = service.present(payload)
    assert (verdict["outcome"], verdict["recipient_language"]) == ("accepted", "tr")
    assert service.present(payload)["outcome"] == "already_handed_over"


def test_a_reply_that_was_lost_is_the_same_green_also_after_a_restart(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service(Offline.WAIT)
    house.line.loses_replies = True
    assert service.present(payload) == UNKNOWN
    house.line.loses_replies = False
    assert house.service(Offline.WAIT).present(payload)["outcome"] == "accepted"


def test_a_service_that_fails_is_told_from_one_that_is_away(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service(Offline.WAIT)
    house.codes.close()
    assert service.present(payload) == TROUBLE
    house.line.cut = True
    assert service.present(payload) == UNKNOWN


def test_by_the_rule_to_wait_nothing_is_noted_and_nothing_sent_by_itself(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service(Offline.WAIT)
    house.line.cut = True
    assert service.present(payload) == UNKNOWN
    house.line.cut = False
    assert len(service.waiting) == 0
    assert service.send_waiting()
    assert house.handed_over_at("P-1") is None


def test_what_was_noted_is_sent_later_and_once(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    assert service.present(payload) == NOTED
    body = service.waiting.first()
    assert body is not None
    assert body["offline"] is True
    assert not service.send_waiting()
    house.line.cut = False
    house.clock.turn(timedelta(hours=2))
    assert service.send_waiting()
    handed_over_at = house.handed_over_at("P-1")
    assert handed_over_at == house.clock(), "a kiosk holds no manifest, so the service judges as of now"
    assert [each["outcome"] for each in service.waiting.settled()] == ["accepted"]
    carried = len(house.line.carried)
    assert service.send_waiting()
    assert len(house.line.carried) == carried


def test_a_code_that_is_noted_does_not_take_a_second_parcel(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    assert service.present(payload) == NOTED
    assert service.present(payload)["outcome"] == "already_handed_over"
    house.line.cut = False
    assert house.service().present(payload)["outcome"] == "already_handed_over"
    assert len(service.waiting) == 1


def test_the_order_is_kept_over_restarts_and_a_line_that_breaks_in_the_middle(house: House) -> None:
    payloads = [house.parcel(f"P-{number}") for number in range(5)]
    house.line.cut = True
    for payload in payloads:
        assert house.service().present(payload) == NOTED
    house.line.cut, house.line.loses_replies = False, True
    assert not house.service().send_waiting()
    house.line.loses_replies = False
    service = house.service()
    assert len(service.waiting) == 5
    assert service.send_waiting()
    settled = service.waiting.settled()
    assert [each["outcome"] for each in settled] == ["accepted"] * 5
    assert [each["presented_at"] for each in settled] == sorted(each["presented_at"] for each in settled)


def test_an_unsent_reply_that_was_noted_is_the_same_presentation(house: House) -> None:
    """The request arrived and its reply was lost: what is noted has the same id, and is no conflict."""
    payload, service = house.parcel("P-1"), house.service()
    house.line.loses_replies = True
    assert service.present(payload) == NOTED
    house.line.loses_replies = False
    assert service.send_waiting()
    assert service.waiting.settled()[0]["outcome"] == "accepted"


def test_conflicts_and_refusals_are_recorded_as_such(house: House) -> None:
    first, second = house.parcel("P-1"), house.parcel("P-2")
    service = house.service()
    house.line.cut = True
    assert service.present(first) == NOTED
    house.line.cut = False
    other = House(house.codes, house.clock, house.line, house.client, house.folder / "other", house.identity).service()
    assert other.present(first)["outcome"] == "accepted"
    assert service.send_waiting()
    house.line.cut = True
    assert service.present(second) == NOTED
    house.line.cut = False
    house.codes.write(revoke_device, next(device.device_id for device in house.codes.read(list_devices)))
    assert service.send_waiting()
    assert [each["outcome"] for each in service.waiting.settled()] == ["already_handed_over", "device_revoked"]
    assert house.handed_over_at("P-2") is None


def test_what_was_noted_outlives_the_identity_by_which_it_was_signed(house: House) -> None:
    """Also what the old identity had sent already, whose answer was lost: it is handed over once."""
    first, second = house.parcel("P-1"), house.parcel("P-2")
    service = house.service()
    house.line.loses_replies = True
    assert service.present(first) == NOTED
    house.line.loses_replies, house.line.cut = False, True
    assert service.present(second) == NOTED
    house.line.cut = False
    house.client.cookies.clear()
    assert not service.send_waiting()
    assert len(service.waiting) == 2
    house.enrol_anew()
    again = house.service()
    waited = [again.send_waiting() for _ in range(3)]
    assert waited == [False, False, True]
    assert [each["outcome"] for each in again.waiting.settled()] == ["already_handed_over", "accepted"]
    assert house.handed_over_at("P-2") == house.clock()


def test_a_question_that_an_earlier_identity_left_open_is_asked_anew(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service(Offline.WAIT)
    house.line.cut = True
    assert service.present(payload) == UNKNOWN
    house.line.cut = False
    house.enrol_anew()
    assert house.service(Offline.WAIT).present(payload)["outcome"] == "accepted"


def test_what_was_noted_waits_while_the_kiosk_is_out_of_order(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    assert service.present(payload) == NOTED
    house.line.cut = False
    (device,) = house.codes.read(list_devices)
    house.codes.write(stop_device, device.device_id, device.device_id)
    assert not service.send_waiting()
    house.codes.write(put_device_back, device.device_id, device.device_id)
    assert service.send_waiting()
    assert house.handed_over_at("P-1") is not None


def test_what_was_noted_by_a_clock_that_was_never_set_is_sent_with_its_time_put_right(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    assert service.present(payload) == NOTED
    body = service.waiting.first()
    assert body is not None
    unset = with_time_put_right(house.identity, body, datetime(1970, 1, 1, 0, 3, tzinfo=UTC))
    service.waiting.replace(body["presentation_id"], unset)
    house.line.cut = False
    assert not service.send_waiting()
    assert service.send_waiting()
    assert [each["outcome"] for each in service.waiting.settled()] == ["accepted"]


def test_a_symbol_that_is_none_of_ours_is_never_noted(house: House) -> None:
    house.line.cut = True
    assert house.service().present("https://example.org/") == UNKNOWN
    assert house.service().present("7310000000000000000000000000000000") == UNKNOWN


@pytest.mark.parametrize("torn", [b'{"waiting": {"presentation_id": "x", "pay', b"\x00" * 200, b"\xff\xfe", b"[]\n3\n"])
def test_a_torn_last_line_costs_nothing_else(house: House, torn: bytes) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    assert service.present(payload) == NOTED
    with (house.folder / "waiting.jsonl").open("ab") as file:
        file.write(torn)
    house.line.cut = False
    again = house.service()
    assert len(again.waiting) == 1
    assert again.send_waiting()
    assert house.handed_over_at("P-1") is not None


def test_no_code_stays_on_the_disk_after_its_answer(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    service.present(payload)
    kept = house.folder / "waiting.jsonl"
    assert kept.stat().st_mode & 0o777 == 0o600
    house.line.cut = False
    service.send_waiting()
    assert all(payload not in path.read_text() for path in house.folder.rglob("*") if path.is_file())
    assert json.loads(kept.read_text())["settled"]["outcome"] == "accepted"


def test_a_power_cut_between_noting_and_tidying_does_not_turn_green_twice(house: House) -> None:
    payload, service = house.parcel("P-1"), house.service()
    house.line.cut = True
    service.present(payload)
    left = service.waiting.first()
    house.line.cut = False
    assert service.send_waiting()
    (question,) = [house.folder / "unanswered" / "left"]
    question.write_text(json.dumps(left))
    assert house.service().present(payload)["outcome"] == "already_handed_over"
    assert not question.exists()
