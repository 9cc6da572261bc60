"""The ticket page over HTTP, as a browser without scripts uses it: forms and links."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.delivering.assignments import load
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason, MessageKind, Outcome
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages, mark_bounced
from codes.recipients.tickets import notice_of_message
from codes.settings import WishSettings
from tests.parts.calls import parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import block_parcel, renew, shown
from tests.parts.web.tickets import announced, delegate_key, digits, name, newest_key, ticket
from web.mail.wording import lines_of


@pytest.fixture
def key(codes: DeliveryCodes) -> str:
    """The unguessable part of the address of the ticket for parcel P-1."""
    return announced(codes)


def test_a_delegate_gets_a_ticket_and_a_code_of_their_own(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    assert name(client, key, clock) == 303
    theirs = delegate_key(codes, key)
    page = client.get(f"/t/{key}").text
    assert "Uncle Bo" in page
    assert f"/t/{theirs}" in page
    assert digits(codes, theirs) != digits(codes, key)
    their_page = client.get(f"/t/{theirs}?lang=en").text
    assert "You are receiving this parcel for somebody else." in their_page
    assert "Somebody else will receive it" not in their_page
    assert key not in their_page
    assert 'lang="tr"' in client.get(f"/t/{theirs}").text


def test_a_withdrawn_delegates_ticket_is_gone_at_once(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    name(client, key, clock)
    theirs = delegate_key(codes, key)
    holder = ticket(codes, theirs).holder_id
    assert client.post(f"/t/{theirs}/delegates/{holder}/withdraw").status_code == 409
    assert client.post(f"/t/{key}/delegates/{holder}/withdraw").status_code == 303
    assert client.get(f"/t/{theirs}").status_code == 410
    assert client.get(f"/t/{theirs}/status").status_code == 410
    assert "Uncle Bo" not in client.get(f"/t/{key}").text


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"name": " "}, 422), ({"until": "soon"}, 422), ({"until": "2020-01-01"}, 422), ({"language": "xx"}, 303)],
)
def test_a_delegate_needs_a_name_and_a_day_to_come(
    client: FlaskClient, key: str, clock: TurnableClock, changes: dict[str, str], status: int
) -> None:
    assert name(client, key, clock, 1, **changes) == status


def test_the_receipt_says_whose_code_was_used(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    name(client, key, clock)
    payload = ticket(codes, delegate_key(codes, key)).code.payload  # type: ignore[union-attr]
    assert codes.present(enrolled(codes).presentation(payload, "P-1", now=clock())).outcome is Outcome.ACCEPTED
    assert "With the code of <bdi>Uncle Bo</bdi>" in client.get(f"/t/{key}").text


def test_a_new_code_kills_the_old_one_and_cannot_be_asked_for_without_end(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    old = ticket(codes, key).code
    assert old is not None
    assert client.post(f"/t/{key}/renew").status_code == 303
    key = newest_key(codes)
    assert digits(codes, key) != old.digits
    clock.turn(timedelta(seconds=1))
    judged = codes.present(enrolled(codes).presentation(old.payload, "P-1", now=clock()))
    assert judged.outcome is Outcome.OLD_CODE
    answers = []
    for wish in ("renew", "send-again") * 3:
        clock.turn(timedelta(minutes=10))
        answers.append(client.post(f"/t/{newest_key(codes)}/{wish}").status_code)
    assert answers == [303] * 5 + [429]
    key = newest_key(codes)
    clock.turn(timedelta(days=1))
    assert client.post(f"/t/{key}/send-again").status_code == 303


def test_the_mail_is_sent_again_at_most_every_ten_minutes_and_the_page_says_so(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    def ask() -> str:
        return client.get(client.post(f"/t/{key}/send-again").location + "&lang=en").text

    clock.turn(timedelta(minutes=1))
    sent = ask()
    assert "The email is on its way." in sent
    assert "it can be sent again" in sent
    clock.turn(timedelta(minutes=9, seconds=59))
    assert "It was sent just now" in ask()
    assert len(codes.read(listed_messages, limit=10)) == 2
    clock.turn(timedelta(seconds=1))
    assert "The email is on its way." in ask()
    # One that came back is no reason to wait.
    newest, *_ = codes.read(listed_messages, limit=10)
    codes.write(mark_bounced, newest.id, status="5.1.1", words="user unknown")
    assert "Send the email again" in client.get(f"/t/{key}?lang=en").text


def test_a_gifts_sender_and_value_are_told_nobody(client: FlaskClient, codes: DeliveryCodes) -> None:
    key = announced(codes, gift=True, value=250)
    page = client.get(f"/t/{key}").text
    assert "Sample Shop" not in page
    assert "250" not in page.replace(digits(codes, key), "")


def test_the_page_tells_the_course_of_the_parcel(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock, sender: dict[str, str]
) -> None:
    assert "The driver is near" not in client.get(f"/t/{key}").text
    client.post("/api/v1/parcels/P-1/out-for-delivery", headers=sender)
    for _ in range(2):
        assert client.post("/api/v1/parcels/P-1/driver-near", headers=sender).status_code == 204
    assert "The driver is near" in client.get(f"/t/{key}").text
    kinds = [message.kind for message in codes.read(listed_messages, limit=10)]
    assert kinds.count(MessageKind.DRIVER_NEAR) == kinds.count(MessageKind.DELIVERY_DAY) == 1
    device = enrolled(codes).device_id
    codes.write(end_without_handover, Visit(device, device, "P-1", AttemptReason.NOBODY_HOME, clock()))
    assert "Nobody was at home." in client.get(f"/t/{key}").text


def test_a_driver_is_near_only_with_a_parcel_that_needs_a_code(client: FlaskClient, sender: dict[str, str]) -> None:
    client.post("/api/v1/parcels", json=parcel("FREE-1", sender_wish=False), headers=sender)
    assert client.post("/api/v1/parcels/FREE-1/driver-near", headers=sender).status_code == 409
    assert client.post("/api/v1/parcels/NONE-1/driver-near", headers=sender).status_code == 404
    assert client.post("/api/v1/parcels/FREE-1/driver-near").status_code == 401


def test_waiting_for_news_costs_one_look_until_there_are_some(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    first = client.get(f"/t/{key}/status")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"/t/{key}/status", headers=tag).status_code == 304
    wrong = "000000" if digits(codes, key) != "000000" else "111111"
    codes.present(enrolled(codes).presentation(wrong, "P-1", now=clock()))
    news = client.get(f"/t/{key}/status", headers=tag)
    assert news.status_code == 200
    assert news.json is not None
    assert news.json["outcome"] == "wrong_code"
    assert news.json["details"] == {"tries_left": 4}


def test_pictures_to_keep_end_with_the_code(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    assert client.get(f"/t/{key}/picture.png").status_code == 200
    payload = ticket(codes, key).code.payload  # type: ignore[union-attr]
    codes.present(enrolled(codes).presentation(payload, "P-1", now=clock()))
    assert client.get(f"/t/{key}/picture.png").status_code == 404


def test_an_old_browser_that_names_no_origin_can_use_the_forms(
    client: FlaskClient, codes: DeliveryCodes, key: str
) -> None:
    assert client.get(f"/t/{key}").headers["Referrer-Policy"] == "no-referrer"
    assert client.post(f"/t/{key}/renew", headers={"Origin": "null"}).status_code == 303
    key = newest_key(codes)
    for foreign in ({"Origin": "https://evil.example.org"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}):
        assert client.post(f"/t/{key}/renew", headers=foreign).status_code == 403


def test_a_picture_is_never_of_a_newer_code_than_its_page(client: FlaskClient, codes: DeliveryCodes, key: str) -> None:
    pictures = re.findall(r'src="([^"]+[.]png[?]code=[^"]+)"', client.get(f"/t/{key}").text)
    assert [client.get(each).status_code for each in pictures] == [200] * len(pictures)
    assert pictures
    client.post(f"/t/{key}/renew")
    assert {client.get(each).status_code for each in pictures} == {410}
    newer = [each.replace(key, newest_key(codes)) for each in pictures]
    assert {client.get(each).status_code for each in newer} == {404}


def test_the_address_dies_with_its_purpose(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    payload = ticket(codes, key).code.payload  # type: ignore[union-attr]
    codes.present(enrolled(codes).presentation(payload, "P-1", now=clock()))
    kept = client.get(f"/t/{key}").headers["Doorcode-Keep-Until"]
    assert kept.startswith(str((clock() + timedelta(days=14)).date()))
    clock.turn(timedelta(days=14 + 30, seconds=-1))
    assert client.get(f"/t/{key}").status_code == 200
    clock.turn(timedelta(seconds=1))
    page = client.get(f"/t/{key}?lang=en")
    assert page.status_code == 410
    assert "This page is no longer available" in page.text
    assert "Doorcode-Keep-Until" not in page.headers
    paths = ("symbol.png", "picture.png", "code128.png", "proof.json", "proof.pdf")
    assert {client.get(f"/t/{key}/{path}").status_code for path in paths} == {410}
    assert client.post(f"/t/{key}/renew").status_code == 410
    assert client.get(f"/t/{key}/status").status_code == 410


def test_a_code_that_nobody_used_ends_its_page_too(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    clock.turn(timedelta(days=30))
    page = client.get(f"/t/{key}?lang=en")
    assert "This code has expired" in page.text
    assert "Doorcode-Keep-Until" not in page.headers
    clock.turn(timedelta(days=30))
    assert client.get(f"/t/{key}").status_code == 410


def test_a_page_with_an_open_report_stays(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    payload = ticket(codes, key).code.payload  # type: ignore[union-attr]
    codes.present(enrolled(codes).presentation(payload, "P-1", now=clock()))
    assert client.post(f"/t/{key}/report", data={"kind": "not_received", "confirmed": "yes"}).status_code == 303
    clock.turn(timedelta(days=60))
    assert client.get(f"/t/{key}").status_code == 200


def test_a_wish_is_two_taps_and_everybody_concerned_sees_it(
    client: FlaskClient,
    codes: DeliveryCodes,
    key: str,
    clock: TurnableClock,
    administrator: FlaskClient,
    sender: dict[str, str],
) -> None:
    assert "Another day" not in client.get(f"/t/{key}").text
    assert client.post(f"/t/{key}/wish", data={"day": "2026-11-26"}).status_code == 409
    offered = WishSettings(another_day_within=5, pickup_point=True)
    codes.settings = codes.settings.model_copy(update={"wishes": offered})
    point = codes.write(add_point, PointTerms("Corner Shop", "Main Street 1", "8-20"))
    assert "Another day" in client.get(f"/t/{key}?lang=en").text
    assert [client.post(f"/t/{key}/wish", data=bad).status_code for bad in ({"day": "soon"}, {"point": "x"})] == [
        422
    ] * 2
    assert client.post(f"/t/{key}/wish", data={"day": "2026-11-26"}).status_code == 303
    assert "Thu, Nov 26, 2026" in client.get(f"/t/{key}?lang=en").text
    assert "Thu, Nov 26, 2026" in administrator.get("/office/parcels/P-1?lang=en").text
    told = client.get("/api/v1/parcels/P-1", headers=sender).json
    assert told is not None
    assert told["wish"] == {"day": "2026-11-26", "pickup_point": None, "by": "recipient"}
    assert client.post(f"/t/{key}/wish", data={"point": str(point)}).status_code == 303
    assert "Corner Shop" in administrator.get("/office/parcels/P-1?lang=en").text
    clock.turn(timedelta(seconds=1))
    assert client.post(f"/t/{key}/wish").status_code == 303
    assert "Cancel this request" not in client.get(f"/t/{key}?lang=en").text
    notice = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert notice is not None
    assert lines_of(notice)[0] == "Your parcel …P-1 is coming as planned."


@pytest.mark.parametrize("zone", ["Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_the_ends_of_the_calendar_are_no_day_until_which_somebody_receives(
    zone: str, client: FlaskClient, key: str, clock: TurnableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert {name(client, key, clock, until=day) for day in ("0001-01-01", "9999-12-31")} <= {303, 409, 422}
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_blocked_parcels_page_says_so_and_shows_no_code(client: FlaskClient, codes: DeliveryCodes, key: str) -> None:
    code = ticket(codes, key).code
    assert code is not None
    block_parcel(codes, "P-1")
    page = client.get(f"/t/{key}")
    assert page.status_code == 200
    # The house may have blocked it as well as the sender, so nobody is named as the one who did.
    assert "This parcel is blocked" in page.text
    assert "It will not be handed over until it is unblocked. Please ask the sender." in page.text
    assert code.digits not in page.text.replace("<span></span>", "")
    assert "Doorcode-Keep-Until" not in page.headers
    assert {client.get(f"/t/{key}/{each}.png").status_code for each in ("symbol", "picture", "code128")} == {404}
    assert client.post(f"/t/{key}/renew").status_code == 409
    assert client.post(f"/t/{key}/send-again").status_code == 409


@pytest.mark.parametrize("before", [False, True])
def test_a_handover_with_a_conflict_is_never_plain_green(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock, before: bool
) -> None:
    client.post("/api/v1/parcels", json=parcel(value="500"), headers=sender)
    code, van, other = shown(codes, "SAMPLE-1"), enrolled(codes), enrolled(codes, name="Other van")
    for device in (other, van):
        codes.write(load, device.device_id, "SAMPLE-1")
    told = van.presentation(code.payload, "SAMPLE-1", now=clock(), offline=True)
    if before:
        assert codes.present(other.presentation(code.payload, "SAMPLE-1", now=clock())).accepted
    else:
        renew(codes, "SAMPLE-1")
    key = newest_key(codes)
    clock.turn(timedelta(minutes=5))
    assert codes.present(told).outcome is Outcome.CONFLICT
    page = client.get(f"/t/{key}?lang=en").text
    assert "#mark-green" not in page
    assert "#mark-amber" in page
    words = page.replace("<bdi>", "").replace("</bdi>", "")
    assert "A device without a network says that it handed over the parcel …LE-1." in words
    (notice,) = [
        codes.read(notice_of_message, each.id)
        for each in codes.read(listed_messages, limit=20)
        if each.kind is MessageKind.HANDOVER_CONFLICT
    ]
    assert notice is not None
    assert lines_of(replace(notice, ticket=replace(notice.ticket, language="en")))[0] in words
    assert "<details" not in page.partition("I did not receive this parcel")[0].rpartition("</section>")[2]
    answer = client.get("/api/v1/parcels/SAMPLE-1", headers=sender).json
    assert answer["conflict"] == ("handed_over_before" if before else "renewed")  # type: ignore[index]


def test_a_handover_without_a_conflict_stays_green(
    client: FlaskClient, sender: dict[str, str], codes: DeliveryCodes, clock: TurnableClock
) -> None:
    client.post("/api/v1/parcels", json=parcel(value="500"), headers=sender)
    code, key = shown(codes, "SAMPLE-1"), newest_key(codes)
    assert codes.present(enrolled(codes).presentation(code.payload, "SAMPLE-1", now=clock())).accepted
    page = client.get(f"/t/{key}?lang=en").text
    assert "#mark-green" in page
    assert "#mark-amber" not in page
    assert client.get("/api/v1/parcels/SAMPLE-1", headers=sender).json["conflict"] is None  # type: ignore[index]
