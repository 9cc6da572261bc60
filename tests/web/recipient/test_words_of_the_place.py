"""Door, pickup point and box have their own sentences and pictures, and the reader is told why there is a code."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import cast

import pytest
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.model import Destination, DeviceKind, MessageKind, Place
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point, place_device
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, notice_of_message
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import shown
from web.configuration import Settings
from web.i18n.place_words import PLACE_WORDS
from web.mail.compose import compose
from web.mail.gateway import short_text

PLACES = {
    Destination.ADDRESS: Place.DOOR,
    Destination.PICKUP_POINT: Place.PICKUP_POINT,
    Destination.LOCKER: Place.UNATTENDED,
    Destination.PO_BOX: Place.UNATTENDED,
}


def newest(codes: DeliveryCodes, kind: MessageKind) -> Notice:
    """Return the message of this kind."""
    message = next(each for each in codes.read(listed_messages, limit=20) if each.kind is kind)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    return notice


def texts_of(notice: Notice, settings: Settings) -> tuple[str, str]:
    """Return a mail's plain text and its page."""
    message = compose(notice, settings.mail, "http://localhost")
    plain, page = (cast(EmailMessage, message.get_body((form,))).get_content() for form in ("plain", "html"))
    return " ".join(plain.split()), " ".join(page.split())


def announce(codes: DeliveryCodes, **facts: object) -> None:
    """Announce a parcel whose sender wants a code."""
    person = Person("Ada", "ada@example.org", "en")
    codes.announce([Announcement("P-1", person, sender_wish=True, **facts)])  # type: ignore[arg-type]


@pytest.mark.parametrize("destination", list(Destination))
def test_each_place_has_its_words_and_pictures_in_mail_page_and_text(
    client: FlaskClient, codes: DeliveryCodes, settings: Settings, destination: Destination
) -> None:
    codes.rules = ()
    codes.settings = codes.settings.model_copy(update={"wishes": WishSettings(phone=True)})
    announce(codes, destination=destination)
    notice, words = newest(codes, MessageKind.CODE_ISSUED), PLACE_WORDS[PLACES[destination]]
    assert notice.ticket.place is PLACES[destination]
    page = client.get(f"/t/{notice.ticket_key}?lang=en").text
    for text in (*texts_of(notice, settings), short_text(notice, "http://localhost"), page):
        assert words.only in text
        for other in set(PLACE_WORDS.values()) - {words}:
            assert other.only not in text
    assert words.show in page
    assert [f"story-{each}" for each in re.findall(r"#story-([\w-]+)", page)] == list(words.pictures)
    assert ("code128.png" in page) is (notice.ticket.place is not Place.UNATTENDED), "a box has no hand scanner"
    if destination is not Destination.ADDRESS:
        assert "driver" not in texts_of(notice, settings)[0].lower()
        assert "driver" not in page.lower().replace("/driver", "")


def test_a_parcel_that_waits_is_shown_where_and_on_a_map_and_its_receipt_names_no_driver(
    client: FlaskClient, codes: DeliveryCodes, settings: Settings, clock: TurnableClock
) -> None:
    announce(codes)
    point = codes.write(add_point, PointTerms("Kiosk Ahmed", "Main Street 1, Berlin", "Mo-Fr 8-20"))
    counter = enrolled(codes, DeviceKind.COUNTER)
    codes.write(place_device, counter.device_id, point)
    codes.write(take_in, counter.device_id, "P-1")
    notice = newest(codes, MessageKind.READY_TO_COLLECT)
    page = client.get(f"/t/{notice.ticket_key}?lang=en").text
    for text in (*texts_of(notice, settings), page):
        assert "https://www.openstreetmap.org/search?query=Main+Street+1%2C+Berlin" in text
        assert "Mo-Fr 8-20" in text
        assert "Only at the pickup point" in text
    assert page.count("Ready to collect") == 2, "folded away and unfolded"
    clock.turn(timedelta(minutes=1))
    codes.present(counter.presentation(shown(codes, "P-1").payload, "P-1", now=clock()))
    receipt = newest(codes, MessageKind.HANDED_OVER)
    assert receipt.ticket.place is Place.PICKUP_POINT
    page = client.get(f"/t/{receipt.ticket_key}?lang=en").text
    assert "The screen at the counter showed this number" in page
    assert "driver" not in texts_of(receipt, settings)[0].lower()


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, "because its sender asked for it"),
        ({"gift": True}, "only handed over with a code"),
    ],
)
def test_why_there_is_a_code_is_said_but_of_a_gift(
    client: FlaskClient, codes: DeliveryCodes, settings: Settings, facts: dict[str, object], why: str
) -> None:
    announce(codes, **facts)
    notice = newest(codes, MessageKind.CODE_ISSUED)
    page = client.get(f"/t/{notice.ticket_key}?lang=en").text
    for text in (*texts_of(notice, settings), page):
        assert why in text
