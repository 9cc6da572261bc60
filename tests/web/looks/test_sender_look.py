"""A sender's look, set in the office: its parcels' mails, texts, pages and passes have it, and no others."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from uuid import UUID

import pypdfium2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from codes.accounts.api_keys import listed_keys
from codes.accounts.staff import Role
from codes.integrations.looks import look_of_parcel
from codes.integrations.shops import ShopKind, add_shop
from codes.model import MessageKind, Outcome
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, notice_of_message
from codes.service import DeliveryCodes
from scanner.pictures.keeping import LOGO_BYTES
from tests.parts.calls import PAGES, PASSWORD, parcel
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import shown
from tests.parts.mails.letters import html_of, plain_of, received
from tests.parts.staff import add_member
from tests.parts.web.tickets import announced
from web.mail.gateway import short_text
from web.mail.settings import MailSettings

MAIL = MailSettings(sender_name="Paketdienst", sender_address="codes@example.org", smtp=None)
LOOK = {
    "name": "Uhren Müller",
    "accent": "#FFD400",
    "imprint": "Uhren Müller GmbH\r\nZeitgasse 1, Berlin",
    "reply_to": "service@mueller.example",
}


def logo(size: tuple[int, int] = (800, 200), form: str = "PNG") -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    picture.paste((11, 61, 145, 255), (0, 0, size[0] // 2, size[1]))
    picture.convert("RGBA" if form == "PNG" else "RGB").save(out, form)
    out.seek(0)
    return out, f"logo.{form.lower()}"


@pytest.fixture
def address(codes: DeliveryCodes, sender: dict[str, str]) -> str:
    """The office's page for the look of the key that announces."""
    del sender
    (key,) = codes.read(listed_keys)
    return f"/office/looks/key/{key.key_id}"


def save(administrator: FlaskClient, address: str, **changes: object) -> TestResponse:
    form = {name: value for name, value in (LOOK | changes).items() if value is not None}
    return administrator.post(f"{address}?lang=en", data=form, content_type="multipart/form-data")


def notice(codes: DeliveryCodes, kind: MessageKind = MessageKind.CODE_ISSUED) -> Notice:
    found = next(each for each in codes.read(listed_messages, limit=10) if each.kind == kind)
    told = codes.read(notice_of_message, found.id)
    assert told is not None
    return told


def announce(client: FlaskClient, headers: dict[str, str], reference: str = "SAMPLE-1", **changes: object) -> None:
    assert client.post("/api/v1/parcels", json=parcel(reference, **changes), headers=headers).status_code == 201


def test_mail_text_page_and_pass_are_the_senders(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, sender: dict[str, str], address: str
) -> None:
    assert save(administrator, address, logo=logo()).status_code == 303
    announce(client, sender)
    told = notice(codes)
    message = received(told, MAIL)
    assert message["From"] == "Uhren Müller <codes@example.org>", "the address stays the house's"
    assert message["Reply-To"] == "Uhren Müller <service@mueller.example>"
    page = html_of(message)
    assert page.all("img")[0]["alt"] == "Uhren Müller"
    button = next(link for link in page.all("a") if "inline-block" in str(link["style"]))
    assert "color:#000000" in str(button["style"])
    assert "border:2px solid #000000" in str(page.all("td")), "or a white one could not be seen"
    assert "#ffd400" in message.as_string()
    assert plain_of(message).splitlines()[-2:] == ["Uhren Müller GmbH", "Zeitgasse 1, Berlin"]
    assert short_text(told, PAGES).startswith("Uhren Müller: ")

    where = f"/t/{told.ticket_key}"
    ticket = client.get(where).text
    assert re.search(rf'<img src="{where}/logo.png\?logo=\w+" alt="Uhren Müller">', ticket)
    assert "Zeitgasse 1, Berlin" in ticket
    style = client.get(f"{where}/look.css")
    assert (style.mimetype, style.headers["Cache-Control"]) == ("text/css", "no-store")
    assert "--brand: #ffd400; --on-brand: #000000;" in style.text
    assert "--accent: #14211f;" in style.text, "yellow words on white could not be read"
    drawn = Image.open(io.BytesIO(client.get(f"{where}/logo.png").data))
    assert (drawn.format, drawn.size) == ("PNG", (400, 100))
    assert drawn.convert("RGB").getpixel((399, 50)) == (255, 255, 255), "what is see-through lies on white"


def test_without_a_logo_the_name_stands_on_the_colour(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, sender: dict[str, str], address: str
) -> None:
    save(administrator, address, accent="#0b3d91")
    announce(client, sender)
    where = f"/t/{notice(codes).ticket_key}"
    assert '<div class="brand"><strong><bdi>Uhren Müller</bdi></strong>' in client.get(where).text
    assert client.get(f"{where}/logo.png").status_code == 404
    assert "--accent: #0b3d91;" in client.get(f"{where}/look.css").text
    assert "--on-brand: #ffffff;" in client.get(f"{where}/look.css").text


def test_other_senders_and_gifts_look_as_the_house(
    client: FlaskClient,
    administrator: FlaskClient,
    codes: DeliveryCodes,
    sender: dict[str, str],
    address: str,
    clock: TurnableClock,
) -> None:
    save(administrator, address, logo=logo())
    announce(client, sender, gift=True, sender_wish=True, value="0")
    gift = notice(codes).ticket_key
    clock.turn(timedelta(seconds=1))
    keys = [gift, announced(codes)]
    for key in keys:
        assert 'class="brand"' not in client.get(f"/t/{key}").text
        assert "Uhren" not in client.get(f"/t/{key}").text
        assert client.get(f"/t/{key}/look.css").status_code == 404
        assert client.get(f"/t/{key}/logo.png").status_code == 404
    assert codes.read(look_of_parcel, "SAMPLE-1") == codes.read(look_of_parcel, "P-1") == (None, None)
    for message in codes.read(listed_messages, limit=10):
        told = codes.read(notice_of_message, message.id)
        assert told is not None
        written = received(told, MAIL)
        assert (written["From"], written["Reply-To"]) == ("Paketdienst <codes@example.org>", None)
        assert "Uhren" not in short_text(told, PAGES)


def test_the_proof_has_it_at_its_foot_and_what_goes_to_the_house_itself_has_it_not(
    client: FlaskClient,
    administrator: FlaskClient,
    codes: DeliveryCodes,
    sender: dict[str, str],
    address: str,
    clock: TurnableClock,
) -> None:
    save(administrator, address)
    announce(client, sender)
    key, payload = notice(codes).ticket_key, shown(codes, "SAMPLE-1").payload
    assert codes.present(enrolled(codes).presentation(payload, "SAMPLE-1", now=clock())).outcome is Outcome.ACCEPTED
    (sheet,) = pypdfium2.PdfDocument(client.get(f"/t/{key}/proof.pdf").data)
    assert "Zeitgasse 1, Berlin" in sheet.get_textpage().get_text_bounded()
    form = {"parcel": "SAMPLE-1", "kind": "not_received", "confirmed": "yes"}
    assert client.post(f"/t/{key}/report", data=form).status_code == 303
    house = MAIL.model_copy(update={"operations_address": "parcels@example.org"})
    assert received(notice(codes, MessageKind.REPORTED), house)["From"] == "Paketdienst <codes@example.org>"
    assert received(notice(codes, MessageKind.HANDED_OVER), house)["From"] == "Uhren Müller <codes@example.org>"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        (
            {"ink": "#ffffff", "own_ink": "on"},
            422,
            "Text in #ffffff on #ffd400 is hard to read",
        ),
        ({"ink": "#777777", "own_ink": "on", "accent": "#ffffff"}, 422, "the contrast is 4.48"),
        ({"ink": "#333333", "own_ink": "on"}, 303, ""),
        ({"ink": "#ffffff"}, 303, ""),
        ({"accent": "yellow"}, 422, "Colour of buttons"),
        ({"accent": "#fff}body{display:none}"}, 422, "Colour of buttons"),
        ({"name": " "}, 422, "Name in emails"),
        ({"name": "x" * 101}, 422, "Name in emails"),
        ({"reply_to": "nobody"}, 422, "Please correct: Replies to emails go to"),
        ({"reply_to": "jürgen@mueller.example"}, 422, "Please correct: Replies to emails go to"),
        ({"reply_to": "a@b.example\r\nBcc: c@d.example"}, 422, "Please correct: Replies to emails go to"),
        ({"imprint": "x" * 1001}, 422, "Please correct: Imprint"),
    ],
)
def test_what_cannot_be_read_or_sent_is_refused_in_words(
    administrator: FlaskClient, codes: DeliveryCodes, address: str, changes: dict[str, str], status: int, words: str
) -> None:
    answer = save(administrator, address, **changes)
    assert answer.status_code == status, answer.text
    assert words in answer.text


@pytest.mark.parametrize(
    ("sent", "status", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", 415, "save a drawing such as SVG as PNG"),
        (b"\x89PNG\r\n\x1a\n nothing more", 415, ""),
        (b"GIF89a", 415, "PNG or JPEG"),
    ],
)
def test_a_logo_that_is_none_is_refused_and_changes_nothing(
    administrator: FlaskClient, address: str, sent: bytes, status: int, words: str
) -> None:
    assert save(administrator, address, name="Before", logo=logo()).status_code == 303
    answer = save(administrator, address, logo=(io.BytesIO(sent), "logo.png"))
    assert (answer.status_code, words in answer.text) == (status, True)
    assert 'value="Before"' in administrator.get(address).text
    assert administrator.get(f"{address}/logo.png").status_code == 200


def test_a_large_and_noisy_logo_becomes_small_enough_for_every_mail(administrator: FlaskClient, address: str) -> None:
    noisy = io.BytesIO()
    Image.effect_noise((1000, 450), 120).convert("RGB").save(noisy, "JPEG", quality=80)
    noisy.seek(0)
    assert save(administrator, address, logo=(noisy, "logo.jpg")).status_code == 303
    kept = administrator.get(f"{address}/logo.png").data
    assert len(kept) <= LOGO_BYTES
    assert Image.open(io.BytesIO(kept)).size == (320, 144)


def test_a_look_is_changed_keeps_its_logo_and_is_taken_away(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, sender: dict[str, str], address: str
) -> None:
    save(administrator, address, logo=logo())
    announce(client, sender)
    where = f"/t/{notice(codes).ticket_key}"
    assert save(administrator, address, name="Müller").status_code == 303
    assert client.get(f"{where}/logo.png").status_code == 200
    assert 'alt="Müller"' in client.get(where).text
    assert save(administrator, address, without_logo="on").status_code == 303
    assert client.get(f"{where}/logo.png").status_code == 404
    assert administrator.post(f"{address}/remove").status_code == 303
    assert 'class="brand"' not in client.get(where).text
    assert client.get(f"{where}/look.css").status_code == 404


def test_a_shop_has_a_look_of_its_own_and_only_administrators_set_one(
    client: FlaskClient, administrator: FlaskClient, codes: DeliveryCodes, app: Flask
) -> None:
    shop = codes.write(add_shop, ShopKind.SHOPIFY, "Sample shop", "a secret of the shop", "de")
    address = f"/office/looks/shop/{shop}"
    assert "Sample shop" in administrator.get(address).text
    assert save(administrator, address, logo=logo()).status_code == 303
    assert "Uhren Müller" in administrator.get(address).text
    assert "--brand: #ffd400" in administrator.get(f"{address}/look.css").text
    for nobody in (f"/office/looks/key/{shop}", f"/office/looks/shop/{UUID(int=1)}", f"/office/looks/house/{shop}"):
        assert administrator.get(nobody).status_code == 404
    add_member(codes, "dispatcher", PASSWORD, Role.DISPATCHER)
    other = app.test_client()
    other.post("/office/sign-in", data={"name": "dispatcher", "password": PASSWORD})
    assert other.get(address).status_code == 403
    assert save(other, address, name="Mine").status_code == 403
