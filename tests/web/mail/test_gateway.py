"""Text messages through a provider's gateway: a real HTTP server that takes, refuses, delays and hangs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from codes import tables
from codes.auditing.audit import audit
from codes.delivering.delivery_day import CodeAwaited, awaited, mark_out_for_delivery, missed_among
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import Announcement, Channel, EventKind, MessageKind, Person
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from codes.service import DeliveryCodes
from tests.parts.calls import PAGES
from tests.parts.clock import TurnableClock
from tests.parts.servers.gateway import GatewayServer, running_gateway
from tests.parts.servers.smtp_server import SmtpServer
from web.mail.channels import MailChannel, Way
from web.mail.delivery import Delivered, PermanentFailure, SmtpSender, TemporaryFailure
from web.mail.gateway import LONGEST_PAUSE, Gateway, read_answer
from web.mail.gateway_settings import SECRET_VARIABLE, GatewaySettings
from web.mail.mail_worker import WAITS, MailWorker
from web.mail.settings import MailSettings, SmtpSettings
from web.secret_files import SecretUnreadable

PHONE = "+4930123456"
BODY = '{"to": "$phone", "text": "$text", "key": "$secret", "what": ["$kind", "$language"]}'


@pytest.fixture
def gateway() -> Iterator[GatewayServer]:
    """A provider that takes everything until told otherwise."""
    with running_gateway() as server:
        yield server


@pytest.fixture
def mail(mail_settings: MailSettings, smtp_server: SmtpServer) -> MailChannel:
    """The other way to a recipient."""
    smtp = SmtpSettings.model_validate({"host": smtp_server.host, "port": smtp_server.port, "security": "none"})
    return MailChannel(SmtpSender(smtp, password=None, own_name="codes.example.org"), mail_settings, PAGES)


def settings(server: GatewayServer, **changes: object) -> GatewaySettings:
    document = {"url": f"{server.url}/send", "body": BODY, "timeout_seconds": 10} | changes
    return GatewaySettings.model_validate(document)


def worker(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewaySettings, mail: MailChannel | None = None
) -> MailWorker:
    texting = Gateway(gateway, 's3"cret', PAGES, clock)
    ways: dict[Channel, Way] = {Channel.TEXT: texting}
    if mail:
        ways[Channel.MAIL] = mail
    return MailWorker(codes, ways, frozenset(gateway.kinds))


def announce(codes: DeliveryCodes, email: str | None = None, phone: str | None = PHONE) -> None:
    codes.announce([Announcement("P-1", Person("Ada", email, "en", phone=phone), sender='Müller & "Söhne"')])


def events(codes: DeliveryCodes) -> list[EventKind]:
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    return [event.kind for event in codes.read(events_of_parcel, parcel.parcel_id)]


def standing(codes: DeliveryCodes) -> CodeAwaited:
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    return codes.read(awaited, [parcel.holder_id])[parcel.holder_id]


def test_who_has_only_a_phone_gets_digits_and_link_as_a_text(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer
) -> None:
    announce(codes)
    work = worker(codes, clock, settings(gateway, headers={"Authorization": "Bearer $secret"}))
    assert work.deliver_due() == 1
    assert work.deliver_due() == 0
    (request,), (message,) = gateway.requests, codes.read(listed_messages, limit=10)
    notice = codes.read(notice_of_message, message.id)
    assert notice is not None
    assert notice.ticket.code is not None
    body = json.loads(request.body)
    assert (body["to"], body["key"], body["what"]) == (PHONE, 's3"cret', ["code_issued", "en"])
    assert notice.ticket.code.grouped in body["text"]
    assert f"{PAGES}/t/{notice.ticket_key}" in body["text"]
    assert "Never by phone" in body["text"]
    assert 'Müller & "Söhne"' in body["text"]
    assert notice.ticket.code.payload not in body["text"]
    assert (request.method, request.path) == ("POST", "/send")
    assert request.headers["Idempotency-Key"] == str(message.id)
    assert request.headers["Authorization"] == 'Bearer s3"cret'
    assert request.headers["Content-Type"] == "application/json"
    assert (message.channel, message.recipient) == (Channel.TEXT, PHONE)
    assert events(codes)[-1] is EventKind.TEXT_HANDED_TO_GATEWAY
    assert standing(codes) is CodeAwaited.SENT
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_who_has_both_gets_both_once_and_one_that_arrives_is_enough(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer, mail: MailChannel, smtp_server: SmtpServer
) -> None:
    smtp_server.behaviour.to_recipient = "451 later"
    announce(codes, "ada@example.com")
    work = worker(codes, clock, settings(gateway), mail)
    while work.deliver_due():
        pass
    assert (len(gateway.requests), len(smtp_server.messages)) == (1, 0)
    smtp_server.behaviour.to_recipient = "550 no such mailbox"
    clock.turn(WAITS[0])
    while work.deliver_due():
        pass
    assert len(gateway.requests) == 1
    assert {message.channel for message in codes.read(listed_messages, limit=10)} == {Channel.MAIL, Channel.TEXT}
    assert standing(codes) is CodeAwaited.SENT
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_kinds_that_are_not_wanted_go_by_mail_alone(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer, mail: MailChannel, smtp_server: SmtpServer
) -> None:
    announce(codes, "ada@example.com")
    work = worker(codes, clock, settings(gateway, kinds=[MessageKind.DELIVERY_DAY]), mail)
    while work.deliver_due():
        pass
    assert (len(gateway.requests), len(smtp_server.messages)) == (0, 1)
    codes.write(mark_out_for_delivery, "P-1")
    while work.deliver_due():
        pass
    assert (len(gateway.requests), len(smtp_server.messages)) == (1, 2)


def test_without_a_mail_server_mails_wait_and_texts_go(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer
) -> None:
    announce(codes, "ada@example.com", phone=None)
    codes.announce([Announcement("P-2", Person("Bob", "bob@example.com", phone=PHONE))])
    assert worker(codes, clock, settings(gateway)).deliver_due() == 1
    assert len(gateway.requests) == 1
    assert standing(codes) is CodeAwaited.QUEUED


def test_a_gateway_that_cannot_now_is_asked_again_when_it_wants(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer
) -> None:
    gateway.status, gateway.headers = 429, {"Retry-After": "300"}
    announce(codes)
    work = worker(codes, clock, settings(gateway))
    work.deliver_due()
    (message,) = codes.read(listed_messages, limit=10)
    assert message.due_at == clock() + timedelta(minutes=5)
    gateway.status, gateway.headers = 302, {"Location": f"{gateway.url}/elsewhere"}
    clock.turn(timedelta(minutes=5))
    work.deliver_due()
    gateway.status, gateway.headers = 200, {}
    clock.turn(WAITS[1])
    work.deliver_due()
    assert [request.path for request in gateway.requests] == ["/send"] * 3
    assert len({request.headers["Idempotency-Key"] for request in gateway.requests}) == 1
    assert standing(codes) is CodeAwaited.SENT


NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [
        (503, None, timedelta(0)),
        (429, "5", timedelta(seconds=5)),
        (429, "-5", timedelta(0)),
        (429, "soon", timedelta(0)),
        (503, "99999999999999999999", LONGEST_PAUSE),
        (503, format_datetime(NOW + timedelta(hours=2), usegmt=True), timedelta(hours=2)),
        (503, format_datetime(NOW - timedelta(hours=2), usegmt=True), timedelta(0)),
        (503, "Tue, 24 Nov 2026 11:00:00", timedelta(hours=1)),
        (401, None, timedelta(0)),  # a setting of ours: no message may be lost for that
        (404, None, timedelta(0)),
    ],
)
def test_what_is_for_now_and_how_long_to_wait(status: int, retry_after: str | None, pause: timedelta) -> None:
    assert read_answer(status, retry_after, NOW) == TemporaryFailure(f"{status} from the gateway", pause)


@pytest.mark.parametrize(("status", "kind"), [(200, Delivered), (202, Delivered), (400, PermanentFailure)])
def test_what_is_for_good(status: int, kind: type) -> None:
    assert isinstance(read_answer(status, None, NOW), kind)


def test_a_number_that_is_refused_is_named_and_not_tried_again(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer
) -> None:
    gateway.status = 422
    announce(codes)
    worker(codes, clock, settings(gateway)).deliver_due()
    parcel = codes.read(find_parcel, "P-1")
    assert parcel is not None
    assert events(codes)[-1] is EventKind.TEXT_FAILED
    assert codes.read(missed_among, [parcel.parcel_id]) == {parcel.parcel_id}
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


def test_a_gateway_that_hangs_or_is_gone_costs_a_try_and_its_secret_stays_out_of_the_log(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer, caplog: pytest.LogCaptureFixture
) -> None:
    gateway.hangs = True
    announce(codes)
    codes.announce([Announcement("P-2", Person("Bob", phone=PHONE))])
    hanging = settings(gateway, url=f"{gateway.url}/$secret/$phone", timeout_seconds=0.3)
    assert worker(codes, clock, hanging).deliver_due() == 2
    assert len(gateway.requests) == 1, "a gateway that gave no answer is not asked again for those due together"
    assert codes.read(listed_messages, limit=1)[0].last_reply == "the gateway gave no answer: it answers too slowly"
    clock.turn(WAITS[0])
    worker(codes, clock, settings(gateway, url="http://127.0.0.1:9/$secret")).deliver_due()
    assert codes.read(listed_messages, limit=1)[0].last_reply == "the gateway gave no answer: ConnectError"
    assert "has to wait" in caplog.text
    assert "s3" not in caplog.text
    assert PHONE not in caplog.text
    assert logging.getLogger("httpx").level == logging.WARNING


def test_a_form_and_an_address_are_escaped_in_their_own_way(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer
) -> None:
    announce(codes)
    form = settings(gateway, url=f"{gateway.url}/send?to=$phone", form="form", body="to=$phone&text=$text&key=$secret")
    worker(codes, clock, form).deliver_due()
    (request,) = gateway.requests
    assert request.path == "/send?to=%2B4930123456"
    body = parse_qs(request.body, strict_parsing=True)
    assert (body["to"], body["key"]) == ([PHONE], ['s3"cret'])
    assert body["text"][0].startswith('Delivery code for your parcel from Müller & "Söhne": ')


def test_a_gateway_inside_is_refused_where_only_the_public_network_was_meant(
    codes: DeliveryCodes, clock: TurnableClock, gateway: GatewayServer
) -> None:
    announce(codes)
    worker(codes, clock, settings(gateway, public_only=True)).deliver_due()
    assert gateway.requests == []
    assert codes.read(listed_messages, limit=1)[0].last_reply == "not sent: the name leads to an address inside"


def test_a_phone_number_is_committed_to_and_erased_with_its_person(codes: DeliveryCodes, clock: TurnableClock) -> None:
    announce(codes)
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.holders).values(phone="+4930999999"))
    assert "person" in str(audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings)
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.holders).values(phone=PHONE))
    codes.erase_parcel("P-1")
    path = Path(str(codes.database.url.database))
    assert all(PHONE.encode() not in file.read_bytes() for file in path.parent.iterdir())
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://sms.example"},
        {"url": "https://$phone/"},
        {"body": '{"to": "$number"}'},
        {"body": '{"to": $}'},
        {"body": '{"to": $phone}'},
        {"body": "to=$phone"},
        {"headers": {"X-Key": "a\r\nX-Other: $secret"}},
        {"kinds": ["code_issued", "birthday"]},
        {"method": "DELETE"},
        {"secret": "in the settings"},
        {"body": '{"call": "$receipt"}'},
        {"receipts": {"status": "s", "delivered": ["1"], "failed": ["2"]}},
        {"body": '{"call": "$receipt"}', "receipts": {"status": "s", "delivered": [], "failed": ["2"]}},
    ],
)
def test_a_template_that_cannot_work_is_refused_at_the_start(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GatewaySettings.model_validate({"url": "https://sms.example/send", "body": BODY} | wrong)


def test_the_secret_comes_from_the_environment_or_its_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    asks = GatewaySettings.model_validate({"url": "https://sms.example/send", "body": BODY, "secret_file": file})
    with pytest.raises(SecretUnreadable, match="secret_file"):
        asks.secret({})
    file.write_text("from the file\n")
    assert asks.secret({}) == "from the file"
    assert asks.secret({SECRET_VARIABLE: "from the environment"}) == "from the environment"
    assert GatewaySettings(url="https://sms.example/send").secret({}) == ""
