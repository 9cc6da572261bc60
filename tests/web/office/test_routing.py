"""A dispatcher sends a parcel another way from its page, and what happened is told in the chain, the log, the mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.staff import Role
from codes.accounts.staff_log import list_actions
from codes.delivering import assignments
from codes.delivering.tours import tour_of
from codes.life.parcel_records import find_parcel
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from codes.recipients.wishes import standing_wish
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.staff import add_member


@pytest.fixture
def dispatcher(app: Flask, codes: DeliveryCodes) -> FlaskClient:
    """A browser in which a dispatcher is signed in."""
    add_member(codes, "Dora", "a sample password", Role.DISPATCHER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "Dora", "password": "a sample password"})
    return browser


def test_a_parcel_is_redirected_to_a_point_and_to_a_day_and_back_from_its_page(
    dispatcher: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org", "en"), sender_wish=True)])
    point = codes.write(add_point, PointTerms("Kiosk Ahmed", "Main Street 1", "8-20"))
    page = dispatcher.get("/office/parcels/P-1?lang=en").text
    assert "Kiosk Ahmed, Main Street 1" in page
    assert "Deliver as planned" not in page
    done = dispatcher.post("/office/redirect/P-1", data={"point": str(point)}, follow_redirects=True).text
    assert "Noted. The recipient will be told." in done
    assert "Redirected" in done
    clock.turn(timedelta(seconds=1))
    day = clock().astimezone().date() + timedelta(days=3)
    page = dispatcher.post("/office/redirect/P-1", data={"day": str(day)}, follow_redirects=True).text
    assert f"{day:%a}" in page
    mail = dispatcher.get(f"/office/mails/{codes.read(listed_messages, limit=1)[0].id}").text
    assert "Your delivery has changed" in mail
    assert "is coming on" in mail
    assert "request" not in mail
    notice = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert notice is not None
    own = dispatcher.get(f"/t/{notice.ticket_key}?lang=en").text
    assert "Coming on" in own
    assert "Cancel this request" not in own
    clock.turn(timedelta(seconds=1))
    assert dispatcher.post("/office/redirect/P-1").status_code == 303
    assert codes.read(standing_wish, notice.ticket.parcel_id) is None
    logged = [each.subject for each in codes.read(list_actions, limit=9) if each.action == "routing.redirect_parcel"]
    assert logged == ["P-1"] * 3


@pytest.mark.parametrize(
    ("data", "status"),
    [({"day": "2020-01-01"}, 409), ({"day": "soon"}, 422), ({"point": "there"}, 422)],
)
def test_what_is_no_day_or_point_is_refused(
    dispatcher: FlaskClient, codes: DeliveryCodes, data: dict[str, str], status: int
) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org"), sender_wish=True)])
    assert dispatcher.post("/office/redirect/P-1", data=data).status_code == status
    assert dispatcher.post("/office/redirect/P-9", data=data).status_code == 404


def test_a_parcel_is_put_on_a_tour_from_its_page_which_leads_to_the_tour(
    dispatcher: FlaskClient, codes: DeliveryCodes, clock: TurnableClock
) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org"), sender_wish=True)])
    device = enrolled(codes, name="Van 7").device_id
    page = dispatcher.post("/office/assign/P-1", data={"device": str(device)}, follow_redirects=True).text
    assert f"/office/tours/{device}" in page
    assert [each.reference for each in codes.read(tour_of, device).parcels] == ["P-1"]
    assert dispatcher.post("/office/assign/P-1", data={"device": "Van 9"}).status_code == 404
    day = clock().astimezone().date() + timedelta(days=1)
    dispatcher.post("/office/redirect/P-1", data={"day": str(day)})
    assert dispatcher.post("/office/assign/P-1", data={"device": str(device)}).status_code == 409
    assert f"/office/tours/{device}" not in dispatcher.get("/office/parcels/P-1").text


def test_a_tour_that_is_full_is_said_to_be_with_one_status_wherever_it_is_filled(
    dispatcher: FlaskClient, codes: DeliveryCodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assignments, "LONGEST_TOUR", 1)
    codes.announce([Announcement(each, Person("Ada", "ada@example.org")) for each in ("P-1", "P-2")])
    device = enrolled(codes, name="Van 7").device_id
    codes.write(assignments.assign, "Van 7", ["P-1"])
    for address, data in (
        ("/office/assign/P-2", {"device": str(device)}),
        (f"/office/tours/{device}", {"references": "P-2"}),
    ):
        answer = dispatcher.post(f"{address}?lang=en", data=data)
        assert answer.status_code == 422
        assert "This tour is full" in answer.text
    assert [each.reference for each in codes.read(tour_of, device).parcels] == ["P-1"]


def test_counter_staff_see_the_parcel_and_send_it_nowhere(app: Flask, codes: DeliveryCodes) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org"), sender_wish=True)])
    add_member(codes, "Cora", "a sample password", Role.COUNTER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "Cora", "password": "a sample password"})
    assert "/office/redirect" not in browser.get("/office/parcels/P-1").text
    assert browser.post("/office/redirect/P-1").status_code == 403


def test_a_supervisor_and_a_colleague_answer_for_a_handover_without_a_code(app: Flask, codes: DeliveryCodes) -> None:
    for name, role in (("Sup One", Role.SUPERVISOR), ("Sup Two", Role.SUPERVISOR), ("Cou Three", Role.COUNTER)):
        add_member(codes, name, f"a sample password of {name}", role)
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org", "en"), sender_wish=True)])
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "Sup One", "password": "a sample password of Sup One"})
    assert "You and a colleague take responsibility for it by name." in browser.get("/office/parcels/P-1?lang=en").text
    address, reason = "/office/hand-over-without-code/P-1", "the phone was broken, passport seen"

    def signed(name: str, password: str = "", reason: str = reason) -> int:
        data = {"name": name, "password": password or f"a sample password of {name}", "reason": reason}
        return browser.post(address, data=data).status_code

    assert signed("Sup Two", "a wrong sample password") == 403
    data = {"name": "Sup Two", "password": "a wrong sample password", "reason": reason}
    again = browser.post(f"{address}?lang=en", data=data).text
    assert "A name, a password, a PIN or a code is wrong" in again
    assert f'value="{reason}"' in again
    assert "a wrong sample password" not in again
    assert signed("Cou Three") == 422  # may not supervise
    assert signed("Sup One") == 422  # is the same person
    assert signed("Sup Two", reason="because") == 422
    record = codes.read(find_parcel, "P-1")
    assert record is not None
    assert record.handed_over_at is None
    assert signed("Sup Two") == 303
    assert signed("Sup Two") == 409
    done = browser.get("/office/parcels/P-1?lang=en&done=supervised").text
    assert "Handed over without a code." in done
    assert "Supervised handover" in done
    logged = [each for each in codes.read(list_actions, limit=9) if each.action == "routing.hand_over_without_code"]
    assert {each.subject for each in logged} == {"P-1"}


def test_a_dispatcher_hands_nothing_over(dispatcher: FlaskClient, codes: DeliveryCodes) -> None:
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org", "en"), sender_wish=True)])
    assert "without a code" not in dispatcher.get("/office/parcels/P-1?lang=en").text
    assert dispatcher.post("/office/hand-over-without-code/P-1").status_code == 403
