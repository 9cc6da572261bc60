"""What a recipient gets: read back from its bytes, the way a mail program reads it."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from codes.life.contests import Report
from codes.life.issuing import renew_code
from codes.model import HolderKind, MessageKind, Person, ReportKind
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, ShownCode, notice_of_message
from codes.service import DeliveryCodes
from codes.values.payload import parse_digits
from tests.parts.calls import PAGES
from tests.parts.clock import TurnableClock
from tests.parts.mails.letters import REFERENCE, announced, html_of, plain_of, received
from web.i18n import text
from web.mail.addresses import NotAnAddress
from web.mail.compose import NothingToTell, compose
from web.mail.gateway import short_text
from web.mail.settings import MailSettings
from web.mail.wording import WITH_CODE

QR_CODE = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


def code_of(notice: Notice) -> ShownCode:
    assert notice.ticket.code is not None
    return notice.ticket.code


def test_a_code_travels_as_text_picture_and_link(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    notice = announced(codes)
    message = received(notice, mail_settings)
    ticket = f"{PAGES}/t/{notice.ticket_key}"
    page = html_of(message)
    assert code_of(notice).grouped in page.words
    assert parse_digits(code_of(notice).grouped) == code_of(notice).digits
    assert ticket in [link["href"] for link in page.all("a")]
    assert f"    {code_of(notice).grouped}" in plain_of(message).splitlines()
    assert ticket in plain_of(message).split()


def test_the_tree_is_alternative_of_text_and_related(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    message = received(announced(codes), mail_settings)
    assert message.get_content_type() == "multipart/alternative"
    plain, related = message.iter_parts()
    assert plain.get_content_type() == "text/plain"
    assert related.get_content_type() == "multipart/related"
    html, *pictures = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert {(part.get_content_type(), part.get_content_disposition()) for part in pictures} == {("image/png", "inline")}
    named = [str(part["Content-ID"]).strip("<>") for part in pictures]
    assert [f"cid:{name}" for name in named] == [image["src"] for image in html_of(message).all("img")]


def test_the_symbol_cut_out_of_the_message_holds_the_payload(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    notice = announced(codes)
    message = received(notice, mail_settings)
    symbol = next(part for part in message.walk() if part.get_filename() == "delivery-code.png")
    picture = Image.open(io.BytesIO(symbol.get_content()))
    found = zxingcpp.read_barcodes(np.asarray(picture.convert("L")), formats=QR_CODE)
    assert [barcode.text for barcode in found] == [code_of(notice).payload]


def test_every_picture_is_opaque_and_small(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    message = received(announced(codes), mail_settings)
    pictures = [part.get_content() for part in message.walk() if part.get_content_maintype() == "image"]
    assert len(pictures) == 4
    for picture in pictures:
        assert len(picture) < 3000
        assert "A" not in Image.open(io.BytesIO(picture)).getbands()
        assert "transparency" not in Image.open(io.BytesIO(picture)).info


def test_nothing_secret_or_private_stands_outside_its_place(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    notice = announced(codes)
    message = received(notice, mail_settings)
    headers = "\n".join(f"{name}: {value}" for name, value in message.items())
    code = code_of(notice)
    for secret in (code.digits, code.grouped, code.payload, notice.ticket_key):
        assert secret not in headers
    everything = plain_of(message) + html_of(message).text
    assert code.payload not in everything
    assert REFERENCE not in headers + everything
    assert REFERENCE[-4:] in everything


def test_the_beginning_that_a_locked_screen_shows_holds_no_code(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    notice = announced(codes)
    for kind in WITH_CODE:
        message = received(replace(notice, kind=kind), mail_settings)
        for words in (html_of(message).text, " ".join(plain_of(message).split())):
            assert words.index(code_of(notice).grouped) > 200, kind


def test_where_the_code_may_be_shown_is_said_in_both_texts(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    message = received(announced(codes), mail_settings)
    for words in (html_of(message).text, plain_of(message)):
        assert "Only at the door, with the parcel in sight. Never by phone, never by message." in words


def test_the_three_pictures_story_survives_without_pictures(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    message = received(announced(codes), mail_settings)
    for words in (html_of(message).text, plain_of(message)):
        assert "1. The driver" in words
        assert "2. You show this code" in words
        assert "3. Green" in words


def test_the_message_loads_nothing_from_outside(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    page = html_of(received(announced(codes), mail_settings))
    assert all(str(image["src"]).startswith("cid:") for image in page.all("img"))
    # A phone makes no number to call of six digits.
    assert {"name": "format-detection", "content": "telephone=no"} in page.all("meta")
    assert not {"link", "script", "iframe", "object", "form", "style"} & {tag for tag, _ in page.tags}


def test_the_headers_say_what_programs_need_to_know(
    codes: DeliveryCodes, mail_settings: MailSettings, clock: TurnableClock
) -> None:
    notice = announced(codes)
    message = received(notice, mail_settings)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Message-ID"] == f"<{notice.message_id}@example.org>"
    assert message["Date"].datetime == clock.now
    assert message["From"].addresses[0].addr_spec == "codes@example.org"
    assert message["To"].addresses[0].addr_spec == "ada@example.com"


def test_the_same_row_of_the_outbox_gives_the_same_message(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    notice = announced(codes)
    first, second = (compose(notice, mail_settings, PAGES) for _ in range(2))
    for message in (first, second):
        for part in message.walk():
            if part.is_multipart():
                part.set_boundary("fixed")
    assert first.as_bytes() == second.as_bytes()


@pytest.mark.parametrize(
    ("language", "direction"), [("de", "ltr"), ("de-AT", "ltr"), ("en", "ltr"), ("xx", "ltr"), ("", "ltr")]
)
def test_each_language_is_marked_and_unknown_ones_are_english(
    codes: DeliveryCodes, mail_settings: MailSettings, language: str, direction: str
) -> None:
    message = received(announced(codes, Person("Ada", "ada@example.com", language)), mail_settings)
    (root,) = html_of(message).all("html")
    assert root == {"lang": "de" if language.startswith("de") else "en", "dir": direction}


def test_german_recipients_read_german(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    message = received(announced(codes, Person("Ada", "ada@example.com", "de")), mail_settings)
    assert message["Subject"] == "Zustellcode für Ihr Paket von Uhren Müller & Söhne"
    assert "Nur an der Tür" in plain_of(message)
    assert "Only at the door" not in plain_of(message) + html_of(message).text


HOSTILE_NAMES = (
    "Ada\r\nBcc: thief@example.net",
    "Ada\nSubject: 483920",
    "Ada\u2028Bcc: thief@example.net",
    "Ada\x00\x07\x85",
    "<script>alert(1)</script>",
    "\u202egnihsihp",
    '"Ada" <thief@example.net>',
    "{{ 7*7 }} %(sender)s %s",
    "A" * 5000,
    "\ud800",
    "",
)


@pytest.mark.parametrize("kind", [kind for kind in MessageKind if kind is not MessageKind.REPORTED])
def test_a_hostile_name_stays_a_name(codes: DeliveryCodes, mail_settings: MailSettings, kind: MessageKind) -> None:
    honest = replace(announced(codes), kind=kind)
    expected = received(honest, mail_settings)
    for name in HOSTILE_NAMES:
        message = received(replace(honest, ticket=replace(honest.ticket, name=name, sender=name)), mail_settings)
        assert message.keys() == expected.keys()
        assert [address.addr_spec for address in message["To"].addresses] == ["ada@example.com"]
        assert [tag for tag, _ in html_of(message).tags] == [tag for tag, _ in html_of(expected).tags]
        shown = str(message["Subject"]) + str(message["To"]) + html_of(message).text
        assert not set(shown) & set("\r\n\x00\x07\u2028\u202e\ud800")
        if "{{" in name:
            assert name in shown


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "@example.com", "ada@example.com\r\nBcc: x@example.net", "a b@c.de"]
)
def test_a_message_without_a_good_address_is_not_written(
    codes: DeliveryCodes, mail_settings: MailSettings, address: str
) -> None:
    honest = announced(codes)
    with pytest.raises(NotAnAddress):
        compose(replace(honest, ticket=replace(honest.ticket, email=address)), mail_settings, PAGES)


def test_an_international_domain_is_written_as_dns_knows_it(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    message = received(announced(codes, Person("Jo", "jo@bücher.example", "en")), mail_settings)
    assert message["To"].addresses[0].addr_spec == "jo@xn--bcher-kva.example"


def test_a_code_message_for_a_parcel_without_code_is_not_written(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    honest = announced(codes)
    with pytest.raises(NothingToTell):
        compose(replace(honest, ticket=replace(honest.ticket, code=None)), mail_settings, PAGES)


def test_a_renewed_code_is_said_to_replace_the_old_one(
    codes: DeliveryCodes, mail_settings: MailSettings, clock: TurnableClock
) -> None:
    first = announced(codes)
    clock.turn(timedelta(hours=1))
    codes.write(renew_code, first.ticket.holder_id, by="test")
    newest = next(
        message for message in codes.read(listed_messages, limit=5) if message.kind is MessageKind.CODE_RENEWED
    )
    notice = codes.read(notice_of_message, newest.id)
    assert notice is not None
    message = received(notice, mail_settings)
    assert code_of(notice).grouped in html_of(message).words
    assert not any(form in html_of(message).text for form in (code_of(first).digits, code_of(first).grouped))
    assert "The old one no longer works." in plain_of(message)


@pytest.mark.parametrize("kind", [MessageKind.HANDED_OVER, MessageKind.WRONG_TRIES, MessageKind.NOT_HANDED_OVER])
def test_a_message_about_an_event_carries_no_code(
    codes: DeliveryCodes, mail_settings: MailSettings, kind: MessageKind
) -> None:
    notice = replace(announced(codes), kind=kind)
    message = received(notice, mail_settings)
    both = plain_of(message) + html_of(message).text
    assert not any(form in both for form in (code_of(notice).digits, code_of(notice).grouped))
    assert not any(part.get_content_maintype() == "image" for part in message.walk())
    assert f"{PAGES}/t/{notice.ticket_key}" in plain_of(message).split()


def test_a_delegate_is_told_that_the_parcel_is_somebody_elses(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    notice = announced(codes)
    delegate = replace(notice, ticket=replace(notice.ticket, holder_kind=HolderKind.DELEGATE))
    words = plain_of(received(delegate, mail_settings))
    assert "your parcel" not in received(delegate, mail_settings)["Subject"]
    assert "You have been named to receive a parcel for somebody else, number …7890." in words
    assert "coming to you" not in words


def test_nobody_is_told_of_a_code_that_there_is_none_of(codes: DeliveryCodes, mail_settings: MailSettings) -> None:
    notice = replace(announced(codes), kind=MessageKind.NOT_HANDED_OVER)
    assert "Your latest delivery code is valid for the next visit." in plain_of(received(notice, mail_settings))
    without = replace(notice, ticket=replace(notice.ticket, code=None))
    assert "delivery code" not in plain_of(received(without, mail_settings))
    assert "Never by phone" not in html_of(received(without, mail_settings)).text


def test_a_report_is_told_to_the_house_and_not_to_who_made_it(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    notice = replace(announced(codes), kind=MessageKind.REPORTED)
    told = {"operations_address": "parcels@example.org", "operations_language": "de"}
    house = mail_settings.model_copy(update=told)
    assert notice.ticket.language == "en"
    message = received(notice, house)
    assert [address.addr_spec for address in message["To"].addresses] == ["parcels@example.org"]
    assert notice.ticket_key not in message.as_string()
    assert "/office/parcels/" in message.as_string()
    assert message["Subject"] == text("de", "A recipient has reported a problem")
    at = notice.queued_at
    taken_back = Report(uuid4(), ReportKind.OPENED, "holder", at, None, None, None, withdrawn_at=at)
    words = plain_of(received(replace(notice, report=taken_back), house))
    assert text("de", "Withdrawn") in words
    assert text("de", "Open it in the back office and answer: %(moment)s.", moment="")[:20] not in words
    with pytest.raises(NotAnAddress):
        received(notice, mail_settings)


def test_the_digits_keep_their_order_among_words_from_right_to_left(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    notice = announced(codes)
    for language, mark in (("ar", "\u200e"), ("fa", "\u200e"), ("tr", "")):
        told = replace(notice, ticket=replace(notice.ticket, language=language))
        written = f"{mark}{code_of(notice).grouped}{mark}"
        assert f"    {written}" in plain_of(received(told, mail_settings)).splitlines()
        assert f": {written}\n" in short_text(told, PAGES)


def test_the_end_of_a_number_keeps_its_order_among_words_from_right_to_left(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    notice = announced(codes)
    for language, shown in (("ar", "\u200e2-A1\u200e"), ("en", "…2-A1.")):
        ticket = replace(notice.ticket, reference="0034-2-A1", language=language)
        assert shown in plain_of(received(replace(notice, ticket=ticket), mail_settings))


def test_a_parcel_that_waits_is_told_of_with_the_place_its_hours_and_the_last_day(
    codes: DeliveryCodes, mail_settings: MailSettings
) -> None:
    notice = announced(codes)
    codes.write(add_point, PointTerms("Kiosk Sample", "Sample Street 1", "Mo-Sa 8-20"))
    codes.write(take_in, uuid4(), REFERENCE)
    found = codes.read(listed_messages, limit=5, parcel_id=notice.ticket.parcel_id)
    waiting = codes.read(
        notice_of_message, next(each.id for each in found if each.kind is MessageKind.READY_TO_COLLECT)
    )
    assert waiting is not None
    for kind in (MessageKind.READY_TO_COLLECT, MessageKind.COLLECT_SOON):
        message = compose(replace(waiting, kind=kind), mail_settings, PAGES)
        for form in ("plain", "html"):
            body = message.get_body((form,))
            assert body is not None
            words = " ".join(body.get_content().split())
            for told in (
                "Kiosk Sample, Sample Street 1",
                "Mo-Sa 8-20",
                "It will be kept until",
                code_of(waiting).grouped,
            ):
                assert told in words
    assert "Kiosk Sample" not in str(compose(notice, mail_settings, PAGES))
