"""Senders list their parcels, each with its state in a word, and end one for good."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.accounts.api_keys import add_key
from codes.accounts.staff import Role
from codes.life.contests import answer_report, contest_handover, reports_of
from codes.model import ReportKind
from codes.recipients.tickets import ShownCode
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import block_parcel, recorded
from tests.parts.staff import add_member, member_with

PATH = "/api/v1/parcels"


def pages(client: FlaskClient, sender: dict[str, str], limit: int, asked: str = "") -> list[list[str]]:
    """Walk through all pages of a list."""
    found: list[list[str]] = []
    cursor = ""
    while True:
        answer: Any = client.get(f"{PATH}?limit={limit}{asked}{cursor}", headers=sender).json
        found.append([each["reference"] for each in answer["parcels"]])
        if answer["next"] is None:
            return found
        cursor = f"&cursor={answer['next']}"


def test_a_list_has_each_parcel_once_the_newest_first_whatever_the_size_of_a_page(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    batch = [parcel(f"SAMPLE-{number}") for number in range(3)]
    client.post(f"{PATH}/batch", json=batch, headers=sender)
    clock.turn(timedelta(minutes=1))
    client.post(PATH, json=parcel("SAMPLE-3"), headers=sender)
    trying = {"Authorization": f"Bearer {codes.write(add_key, 'Trying', test=True)}"}
    client.post(PATH, json=parcel("SAMPLE-9"), headers=trying)
    assert pages(client, trying, 50) == [["SAMPLE-9"]]
    whole = pages(client, sender, 50)
    assert whole[0][0] == "SAMPLE-3"
    assert set(whole[0]) == {f"SAMPLE-{number}" for number in range(4)}
    for limit in (1, 2, 3, 4):
        some = pages(client, sender, limit)
        assert [name for page in some for name in page] == whole[0]
        assert {len(each) for each in some[:-1]} <= {limit}


def test_filters_narrow_and_each_state_is_found_by_its_word(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    begun = clock()
    for name in ("announced", "out_for_delivery", "blocked", "cancelled", "returned"):
        client.post(PATH, json=parcel(name, sender="Shop Ä", consignment=f"of {name}"), headers=sender)
        clock.turn(timedelta(minutes=1))
    client.post(f"{PATH}/out_for_delivery/out-for-delivery", headers=sender)
    block_parcel(codes, "blocked")
    assert client.post(f"{PATH}/cancelled/cancel", headers=sender).json["state"] == "cancelled"  # type: ignore[index]
    answer = client.post(f"{PATH}/returned/returned", headers=sender)
    assert (answer.status_code, answer.json["state"]) == (200, "returned")  # type: ignore[index]
    assert answer.json["ended_at"] == clock().isoformat()  # type: ignore[index]
    for name in ("announced", "out_for_delivery", "blocked", "cancelled", "returned"):
        assert pages(client, sender, 9, f"&state={name}") == [[name.upper()]]
        assert pages(client, sender, 9, f"&consignment=of {name}") == [[name.upper()]]
    assert pages(client, sender, 9, "&sender=shop ä&limit=9")[0][0] == "RETURNED"
    assert pages(client, sender, 9, "&sender=shop") == [[]]
    until = (begun + timedelta(minutes=1)).isoformat().replace("+", "%2B")
    assert pages(client, sender, 9, f"&announced_before={until}") == [["ANNOUNCED"]]
    assert len(pages(client, sender, 9, f"&announced_from={until}")[0]) == 4
    for wrong in ("state=gone", "limit=0", "limit=201", "cursor=7", "contested=perhaps", "colour=red"):
        assert client.get(f"{PATH}?{wrong}", headers=sender).status_code == 422, wrong


def test_a_handover_says_how_sure_it_is_and_whether_it_is_contested(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode, clock: TurnableClock
) -> None:
    def stands() -> tuple[Any, ...]:
        answer: Any = client.get(f"{PATH}/SAMPLE-1", headers=sender).json
        return answer["state"], answer["evidence"], answer["contested"]

    assert stands() == ("announced", None, None)
    driver = enrolled(codes)
    codes.present(driver.presentation(code.payload, "SAMPLE-1", now=clock()))
    assert stands() == ("handed_over", "A", None)
    found = recorded(codes, "SAMPLE-1")
    codes.write(contest_handover, found.holder_id, ReportKind.NOT_RECEIVED)
    assert stands() == ("handed_over", "A", "open")
    assert pages(client, sender, 9, "&contested=true") == [["SAMPLE-1"]]
    assert pages(client, sender, 9, "&contested=false") == [[]]
    add_member(codes, "Dora", "a sample password", Role.DISPATCHER)
    member = member_with(codes, "Dora", "a sample password")
    (report,) = codes.read(reports_of, found.parcel_id)
    assert member is not None
    codes.write(answer_report, report.report_id, member, "It lay with the neighbour.")
    assert stands() == ("handed_over", "A", "answered")


@pytest.mark.parametrize("move", ["cancel", "delivered-elsewhere", "returned"])
def test_an_end_stands_and_is_told_as_an_event(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode, move: str
) -> None:
    assert client.post(f"{PATH}/NOWHERE/{move}", headers=sender).status_code == 404
    for _ in range(2):
        assert client.post(f"{PATH}/SAMPLE-1/{move}", headers=sender).status_code == 200
    for later in ("unblock", "out-for-delivery", "code/renew"):
        assert client.post(f"{PATH}/SAMPLE-1/{later}", headers=sender).status_code == 409, later
    codes.seal()
    feed: Any = client.get("/api/v1/events", headers=sender).json
    kinds = [each["type"] for each in feed["events"]]
    kind = {"cancel": "parcel.cancelled"}.get(move, f"parcel.{move.replace('-', '_')}")
    assert kinds.count(kind) == 1
    state = kind.removeprefix("parcel.")
    assert pages(client, sender, 9, f"&state={state}") == [["SAMPLE-1"]]


def test_what_was_handed_over_is_not_cancelled(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, code: ShownCode, clock: TurnableClock
) -> None:
    codes.present(enrolled(codes).presentation(code.payload, "SAMPLE-1", now=clock()))
    answer = client.post(f"{PATH}/SAMPLE-1/cancel", headers=sender)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/already-handed-over")  # type: ignore[index]
