"""The list of parcels: filters that combine and live in the address, pages, an order, and what chosen rows are for."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.staff import Role
from codes.accounts.staff_log import ActionFilters, list_actions
from codes.delivering.assignments import assign
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.tours import tour_of
from codes.life.parcel_records import find_parcel
from codes.model import MessageKind
from codes.recipients.outbox import claim_due, listed_messages, mark_failed_for_good
from tests.parts.calls import PASSWORD
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import block_parcel
from tests.parts.staff import add_member
from web.office.lists import ROWS_A_PAGE


@pytest.fixture
def driver(codes: DeliveryCodes) -> SigningDevice:
    """A driver's device, and three parcels of two senders: one on the tour and out, one blocked, one as announced."""
    people = [
        Person("Jérôme Müller", "j@example.org"),
        Person("Ada", "ada@example.org"),
        Person("Ben", "b@example.org"),
    ]
    senders = ["Sample Bookshop", "Sample Shoes", "Sample Shoes"]
    codes.announce(
        [
            Announcement(f"SAMPLE-000{number}", person, sender, sender_wish=True)
            for number, (person, sender) in enumerate(zip(people, senders, strict=True), 1)
        ]
    )
    driver = enrolled(codes, name="Van 1")
    codes.write(assign, str(driver.device_id), ["SAMPLE-0001"])
    codes.write(mark_out_for_delivery, "SAMPLE-0001")
    block_parcel(codes, "SAMPLE-0002")
    return driver


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def listed(page: str) -> list[str]:
    return re.findall(r'class="row-link" href="/office/parcels/([^"]+)"', page)


def test_filters_narrow_each_other_and_live_in_the_address(
    administrator: FlaskClient, driver: SigningDevice, clock: TurnableClock
) -> None:
    today, tour = clock().astimezone().date(), driver.device_id
    for asked, found in {
        "": {"1", "2", "3"},
        "state=out": {"1"},
        "state=announced": {"2", "3"},
        "state=handed_over": set(),
        f"tour={tour}": {"1"},
        "sender=SHOES": {"2", "3"},
        "sender=shoes&show=blocked": {"2"},
        "show=blocked&show=reported": set(),
        f"day={today}&state=announced&search=ben": {"3"},
        f"day={today - timedelta(days=1)}": set(),
        "search=jerome": {"1"},
        "search=MULLER": {"1"},
        "search=000": {"1", "2", "3"},
        "search=nobody": set(),
        "state=nonsense&tour=nonsense&day=nonsense&show=nonsense&point=x&page=x&sort=x": {"1", "2", "3"},
    }.items():
        page = administrator.get(f"/office?lang=en&{asked}").text
        assert {each[-1] for each in listed(page)} == found, asked
        assert not found or f"Parcels: {len(found)}" in page
    page = administrator.get("/office?lang=en&sender=shoes&state=announced").text
    assert "/office?sender=shoes&amp;state=announced&amp;show=blocked" in page, "a filter more keeps the others"
    assert "/office/parcels.csv?sender=shoes&amp;state=announced" in page
    rows = rows_of(administrator.get("/office/parcels.csv?sender=shoes&show=blocked").text)
    assert [row["reference"] for row in rows] == ["SAMPLE-0002"]


def test_a_mail_that_came_to_nobody_is_a_matter_until_another_is_on_its_way(
    administrator: FlaskClient, codes: DeliveryCodes, driver: SigningDevice, clock: TurnableClock
) -> None:
    messages = codes.write(claim_due, limit=9, lease=timedelta(minutes=1))
    parcel = codes.read(find_parcel, "SAMPLE-0003")
    assert parcel is not None
    codes.write(
        mark_failed_for_good, next(each for each in messages if each.parcel_id == parcel.parcel_id), "550 no such user"
    )
    assert listed(administrator.get("/office?show=mail_failed").text) == ["SAMPLE-0003"]
    clock.turn(timedelta(minutes=1))
    assert administrator.post("/office/chosen/send-again", data={"reference": "SAMPLE-0003"}).status_code == 303
    assert listed(administrator.get("/office?show=mail_failed").text) == []


def test_a_long_list_has_pages_and_is_sorted_by_its_columns(administrator: FlaskClient, codes: DeliveryCodes) -> None:
    count = ROWS_A_PAGE + 7
    codes.announce([Announcement(f"P-{n:03}", Person(f"Person {count - n:03}")) for n in range(count)])
    first, second = (administrator.get(f"/office?lang=en&sort=reference&page={page}").text for page in (1, 2))
    assert f"Parcels: {count}" in first
    assert "page 1 of 2" in first
    assert listed(first) + listed(second) == [f"P-{n:03}" for n in range(count)]
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert "/office?sort=-reference" in first
    assert listed(administrator.get("/office?sort=-reference").text)[0] == f"P-{count - 1:03}"
    assert listed(administrator.get("/office?sort=recipient").text)[0] == f"P-{count - 1:03}"
    beyond = administrator.get("/office?page=9").text
    assert "page 2 of 2" in beyond, "of pages that are not there, the last"
    assert len(listed(beyond)) == count - ROWS_A_PAGE


def test_chosen_parcels_are_put_on_a_tour_sent_out_and_sent_again_each_by_itself(
    administrator: FlaskClient, codes: DeliveryCodes, driver: SigningDevice
) -> None:
    chosen = {"reference": ["SAMPLE-0002", "SAMPLE-0003", "no such", "NO-SUCH"], "back": "sender=shoes&done=sent"}
    answer = administrator.post("/office/chosen/send-again", data=chosen)
    assert answer.headers["Location"].startswith("/office?sender=shoes&done=sent&count=1&left=no+such")
    told = administrator.get(f"{answer.headers['Location']}&lang=en").text
    assert "Parcels: 1. Left as they were: no such, NO-SUCH, SAMPLE-0002" in told
    kinds = [each.kind for each in codes.read(listed_messages, limit=20) if each.reference == "SAMPLE-0003"]
    assert kinds == [MessageKind.CODE_ISSUED] * 2
    administrator.post("/office/chosen/assign", data={**chosen, "device": str(driver.device_id)})
    assert [each.reference for each in codes.read(tour_of, driver.device_id).parcels][1:] == [
        "SAMPLE-0002",
        "SAMPLE-0003",
    ]
    administrator.post("/office/chosen/out-for-delivery", data=chosen)
    assert len(listed(administrator.get("/office?state=out").text)) == 3
    logged = {each.action for each in codes.read(list_actions, ActionFilters(subjects=("SAMPLE-0003",)), limit=20)}
    assert {"chosen.send_again", "chosen.out_for_delivery", "chosen.assign"} <= logged
    assert administrator.post("/office/chosen/assign", data={**chosen, "device": "nobody"}).status_code == 404


def test_chosen_parcels_are_printed_and_taken_away(
    app: Flask, administrator: FlaskClient, codes: DeliveryCodes, driver: SigningDevice
) -> None:
    chosen = {"reference": ["SAMPLE-0001", "SAMPLE-0003"]}
    for size in ("a6", "roll"):
        page = administrator.post(f"/office/chosen/labels/{size}", data=chosen).text
        assert page.count("data:image/png") == 2
        assert "Jérôme Müller" in page
        assert "731" not in re.sub(r"data:[^\"]+", "", page), "no code stands on a label"
    assert administrator.post("/office/chosen/labels/a5", data=chosen).status_code == 404
    rows = rows_of(administrator.post("/office/chosen/export", data=chosen).text)
    assert [row["reference"] for row in rows] == ["SAMPLE-0001", "SAMPLE-0003"]
    add_member(codes, "eyes", PASSWORD, Role.AUDITOR)
    auditor = app.test_client()
    auditor.post("/office/sign-in", data={"name": "eyes", "password": PASSWORD})
    assert 'name="reference"' not in auditor.get("/office").text, "nothing is offered that answers 403"
    assert auditor.post("/office/chosen/export", data=chosen).status_code == 403
