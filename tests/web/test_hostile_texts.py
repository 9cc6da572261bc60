"""Hostile texts through every exit: none is decoded again, none ends a line, none becomes markup or a formula.

What goes out is read back by programs that are not ours: the standard library's mail, CSV and JSON readers.
"""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from urllib.parse import parse_qs
from uuid import uuid4

import pypdfium2
import pytest
from escpos.printer import Dummy
from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.integrations.feed import FedEvent
from codes.integrations.webhook_queue import QueuedEvent
from codes.life.parcel_records import find_parcel
from codes.model import EventKind, MessageKind
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import Notice, notice_of_message
from tests.parts.servers.gateway import GatewayServer, running_gateway
from tests.parts.web.handovers import SLIP
from tests.parts.web.hostile import TEXTS, Tags, is_harmless_line
from web.mail.addresses import mailbox
from web.mail.compose import compose
from web.mail.delivery import Delivered
from web.mail.gateway import Gateway
from web.mail.gateway_settings import BodyForm, GatewaySettings
from web.mail.headers import mailbox_header
from web.mail.settings import MailSettings
from web.office.figures.spreadsheets import spreadsheet
from web.outside_text import escaped, one_line
from web.pdf.sheet import Paper
from web.printing.slips import print_slip
from web.processes.logs import JsonLines, TextLines
from web.processes.masking import masked
from web.webhooks.signing import body_of

PAGES = "https://codes.example.org"
MOMENT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SEPARATORS = ";,\t|"
EVERY = pytest.mark.parametrize("hostile", TEXTS.values(), ids=TEXTS.keys())


@pytest.fixture
def notice(codes: DeliveryCodes) -> Notice:
    """A message of a parcel, whose names are harmless yet."""
    person = Person("Anna", "anna@example.org", phone="+4930123456")
    codes.announce([Announcement("P-1", person, sender="Shop", value=Decimal(100))])
    found = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert found is not None
    return found


@pytest.fixture
def gateway() -> Iterator[GatewayServer]:
    """A provider of text messages."""
    with running_gateway() as server:
        yield server


def with_texts(notice: Notice, text: str, kind: MessageKind = MessageKind.CODE_ISSUED) -> Notice:
    return replace(notice, kind=kind, ticket=replace(notice.ticket, name=text, sender=text))


def mail_settings(name: str) -> MailSettings:
    settings = MailSettings(sender_name="House", sender_address="codes@example.org", smtp=None)
    return settings.model_copy(update={"sender_name": name})


def header_names(written: bytes) -> list[bytes]:
    head = written.partition(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")
    return [line.partition(b":")[0] for line in re.split(rb"\r\n|\r|\n", head)]


def said_by(header: str) -> str:
    """Return what an address's display name says, as RFC 2047 has it read."""
    return str(make_header(decode_header(parseaddr(header)[0])))


def test_a_mail_has_the_headers_it_has_with_harmless_names_and_they_say_the_text(notice: Notice) -> None:
    usual = compose(with_texts(notice, "Anna"), mail_settings("House"), PAGES).as_bytes()
    for hostile in TEXTS.values():
        written = compose(with_texts(notice, hostile), mail_settings(hostile), PAGES).as_bytes()
        assert header_names(written) == header_names(usual), ascii(hostile)
        read, old = email.message_from_bytes(written, policy=email.policy.default), email.message_from_bytes(written)
        assert said_by(old["To"]) == said_by(old["From"]) == one_line(hostile)
        assert read["To"].addresses[0].addr_spec == "anna@example.org"
        assert read["From"].addresses[0].addr_spec == "codes@example.org"
        assert one_line(hostile) in read["Subject"]
        assert str(make_header(decode_header(old["Subject"]))) == read["Subject"]
        assert [line for line in written.partition(b"\r\n\r\n")[0].split(b"\r\n") if len(line) > 78] == []
        assert [each for part in read.walk() for each in part.defects] == []


@EVERY
def test_every_header_of_an_address_reads_back_as_it_was_given(hostile: str) -> None:
    for header in ("From", "To", "Cc", "Reply-To", "Sender"):
        message = EmailMessage(policy=email.policy.SMTP)
        message[header] = mailbox_header(header, hostile, mailbox("anna@bücher.example"))
        read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
        assert list(read.keys()) == [header]
        assert said_by(email.message_from_bytes(message.as_bytes())[header]) == one_line(hostile)
        (address,) = read[header].addresses if header != "Sender" else (read[header].address,)
        assert address.addr_spec == "anna@xn--bcher-kva.example"
        # This reader leaves a blank between encoded words, against RFC 2047 §6.2.
        assert address.display_name.replace(" ", "") == one_line(hostile).replace(" ", "")


@pytest.mark.parametrize("kind", MessageKind)
def test_mails_have_no_tag_and_no_line_more_for_a_hostile_name(notice: Notice, kind: MessageKind) -> None:
    settings = mail_settings("House").model_copy(update={"operations_address": "office@example.org"})
    texts = ["Anna", *(text for text in TEXTS.values() if one_line(text))]
    parts = [_parts(compose(with_texts(notice, text, kind), settings, PAGES)) for text in texts]
    (tags, lines), *others = [(Tags(html).tags, len(plain.splitlines())) for plain, html in parts]
    assert [text for text, (each, _) in zip(texts[1:], others, strict=True) if each != tags] == []
    assert [text for text, (_, each) in zip(texts[1:], others, strict=True) if each != lines] == []
    assert [line for plain, _ in parts for line in plain.splitlines() if not is_harmless_line(line)] == []


def _parts(message: EmailMessage) -> tuple[str, str]:
    read = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    plain, html = (read.get_body((form,)) for form in ("plain", "html"))
    assert plain is not None
    assert html is not None
    return plain.get_content(), html.get_content()


@pytest.mark.parametrize("form", BodyForm)
def test_a_text_message_says_one_line_in_body_address_and_header(
    notice: Notice, gateway: GatewayServer, form: BodyForm
) -> None:
    body = '{"to": "$phone", "text": "$text"}' if form is BodyForm.JSON else "to=$phone&text=$text"
    url, headers = f"{gateway.url}/send?to=$phone&text=$text", {"X-Text": "$text"}
    settings = GatewaySettings(url=url, form=form, body=body, headers=headers)
    with Gateway(settings, "", PAGES, lambda: notice.queued_at).session() as session:
        for hostile in TEXTS.values():
            assert isinstance(session.send(with_texts(notice, hostile)), Delivered)
    for hostile, request in zip(TEXTS.values(), gateway.requests, strict=True):
        query = parse_qs(request.path.partition("?")[2], strict_parsing=True)
        fields = (
            json.loads(request.body) if form is BodyForm.JSON else {k: v[0] for k, v in parse_qs(request.body).items()}
        )
        assert set(fields) == set(query) == {"to", "text"}
        assert fields["to"] == query["to"][0] == "+4930123456"
        assert fields["text"] == query["text"][0]
        first, *rest = fields["text"].split("\n")
        assert one_line(hostile)[:60] in first
        assert len(rest) == 2
        assert [line for line in (first, *rest) if not is_harmless_line(line)] == []
        assert request.headers["X-Text"].encode("latin-1").decode() == " ".join(fields["text"].split())
        assert not {"Bcc", "X-Injected"} & set(request.headers)


@EVERY
def test_no_cell_of_a_spreadsheet_is_a_formula_wherever_it_is_split(app: Flask, hostile: str) -> None:
    with app.test_request_context():
        answer = spreadsheet("x.csv", ["a", "b", "c"], [["first", hostile, "last"], [hostile, 1, hostile]])
    text = answer.get_data(as_text=True).removeprefix("\ufeff")
    assert [len(row) for row in csv.reader(io.StringIO(text, newline=""))] == [3, 3, 3]
    assert len(text.splitlines()) == 3
    for separator in SEPARATORS:
        cells = [each for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for each in row]
        # Without any quoting, as a program splits that takes quotes for text.
        cells += [each for line in text.split("\r\n") for each in line.split(separator)]
        assert [each for each in cells if each.strip(" \"'\t") and _calculates(each)] == []


def _calculates(cell: str) -> bool:
    shown = cell.lstrip(' "\t\u200b\ufeff')
    return shown[:1] in tuple("=+-@＝＋－＠﹦﹢﹣﹫")


@pytest.mark.slow
@EVERY
def test_a_sheet_of_paper_and_a_slip_take_any_text(hostile: str) -> None:
    paper = Paper("en", [hostile], "Title", "2026-11-24T10:00:00+00:00")
    paper.line(hostile, size=10, height=5)
    paper.row(hostile, "0123")
    paper.event("2026", hostile, "0123")
    (page,) = pypdfium2.PdfDocument(paper.finished(b"{}", "proof.json"))
    assert page.get_size()[0] > 0
    printer = Dummy()
    print_slip(printer, SLIP, point=hostile, time="11:00", words=str, columns=32)
    usual = Dummy()
    print_slip(usual, SLIP, point="Anna", time="11:00", words=str, columns=32)
    assert printer.output.count(b"\x1b[") == usual.output.count(b"\x1b[")
    assert printer.output.count(b"\n") <= usual.output.count(b"\n")
    assert b"\x00Meier" not in printer.output


@EVERY
def test_a_log_has_one_line_for_one_thing_said(hostile: str) -> None:
    record = logging.LogRecord("doorcode", logging.INFO, "x.py", 1, "named %s", (hostile,), None)
    record.told = {"name": hostile}
    for formatter in (JsonLines(), TextLines()):
        (line,) = formatter.format(record).splitlines()
        assert is_harmless_line(line)
    assert json.loads(JsonLines().format(record))["said"] == masked(f"named {hostile}")
    assert escaped(masked(f"named {hostile}")) in TextLines().format(record)


@EVERY
def test_a_webhook_says_the_text_and_nothing_else(hostile: str) -> None:
    event = FedEvent(
        "1", EventKind.HANDED_OVER, MOMENT, uuid4(), 1, "P-1", {"depot": hostile.encode(errors="ignore").decode()}
    )
    body = body_of(QueuedEvent(uuid4(), uuid4(), "https://example.org", False, (b"",), event, 1))
    assert json.loads(body.decode())["data"]["facts"] == event.facts


@pytest.mark.slow
def test_what_is_announced_is_one_harmless_line_or_refused(
    client: FlaskClient, sender: dict[str, str], administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    announced = []
    for number, hostile in enumerate(TEXTS.values()):
        recipient = {"name": hostile, "email": "a@example.org"}
        body = {"reference": f"P-{number}", "recipient": recipient, "sender": hostile, "value": 100}
        answer = client.post("/api/v1/parcels", data=json.dumps(body), headers=sender, content_type="application/json")
        # Half a surrogate can stand in no UTF-8 (RFC 3629 section 3), so what holds one is no JSON to the service.
        refused = 422 if hostile.encode(errors="ignore").decode() == hostile else 400
        assert answer.status_code in (201, refused), answer.text
        parcel = codes.read(find_parcel, f"P-{number}")
        assert (parcel is None) == (answer.status_code == refused)
        if parcel is not None:
            assert parcel.recipient == parcel.sender == one_line(hostile, 200)
            announced.append(parcel)
    assert len(announced) > len(TEXTS) / 2
    pages = [f"/office/{page}/{each.reference}" for page in ("parcels", "audit") for each in announced]
    pages += [
        "/office",
        "/office?search=%3D",
        "/office/mails",
        "/office/today",
        "/office/audit?recipient=a@example.org",
    ]
    notices = [codes.read(notice_of_message, message.id) for message in codes.read(listed_messages, limit=200)]
    pages += [f"/t/{each.ticket_key}" for each in notices if each is not None]
    for page in pages:
        shown = administrator.get(page)
        assert shown.status_code == 200, page
        tags = Tags(shown.text)
        assert [name for _, names in tags.tags for name in names if name.startswith("on")] == [], page
        assert "alert(1)" not in "".join(re.findall(r"<script[^>]*>(.*?)</script>", shown.text, re.S)), page
    (heading, *rows) = csv.reader(io.StringIO(administrator.get("/office/parcels.csv").text, newline=""))
    assert {len(row) for row in rows} == {len(heading)}
    assert [cell for row in rows for cell in row if _calculates(cell)] == []
