"""Mail providers tell of bounces in the forms that they document, each signed in its own way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from codes import Announcement, DeliveryCodes, Person
from codes.recipients.outbox import ListedMessage, listed_messages
from scanner.pictures.reader import PictureReader
from scanner.settings import ScannerSettings
from tests.parts.clock import TurnableClock
from web.configuration import Settings
from web.flask_app import create_service
from web.http.bodies import BodyKind, kind_of
from web.mail.returned.bounces import Fate
from web.mail.returned.providers import Provider, read_events, secret_fault
from web.mail.returned.sns import AmazonUnreachable, NotFromTopic, SnsMessages, fetch
from web.mail.settings import BounceSettings, BounceWebhookSettings
from web.services import Services

KEY = ec.derive_private_key(20261130, ec.SECP256R1())
POINT = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WHSEC = "whsec_" + base64.b64encode(b"a sample secret of 32 bytes here").decode()
TOPIC = "arn:aws:sns:eu-central-1:123456789012:bounces"
AMAZON = "https://sns.eu-central-1.amazonaws.com"
CERTIFICATE = f"{AMAZON}/SimpleNotificationService-0123456789abcdef.pem"
RSA_KEY = rsa.generate_private_key(65537, 2048)
SECRETS = {
    Provider.POSTMARK: "a sample password",
    Provider.MAILGUN: "key-sample",
    Provider.BREVO: "a sample token",
    Provider.SENDGRID: base64.b64encode(POINT).decode(),
    Provider.RESEND: WHSEC,
    Provider.GENERIC: WHSEC,
    Provider.SES: TOPIC,
}


UNSIGNED = {Provider.POSTMARK, Provider.BREVO, Provider.MAILGUN}
"""Those that sign nothing of the body."""


def event_of(provider: Provider, named: str, *, lost: bool = True) -> Any:
    """Return what a provider documents for a hard bounce, or for one that may pass, of a message named so."""
    whom = "sample@example.org"
    return {
        Provider.SES: {
            "notificationType": "Bounce",
            "bounce": {
                "bounceType": "Permanent" if lost else "Transient",
                "bounceSubType": "General",
                "bouncedRecipients": [
                    {"emailAddress": whom, "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 user unknown"}
                ],
                "feedbackId": "00000138111222aa-44455566-cccc-cccc-cccc-ddddaaaa068a-000000",
            },
            "mail": {
                "source": "codes@example.org",
                "messageId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000",
                "destination": [whom],
                "headers": [{"name": "Message-ID", "value": f"<{named}>"}],
            },
        },
        Provider.POSTMARK: {
            "RecordType": "Bounce",
            "Type": "HardBounce" if lost else "SoftBounce",
            "TypeCode": 1,
            "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
            "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
            "Details": "smtp;550 5.1.1 The email account does not exist.",
            "Email": whom,
            "Metadata": {"message": named},
        },
        Provider.MAILGUN: {
            "event-data": {
                "event": "failed",
                "severity": "permanent" if lost else "temporary",
                "reason": "suppress-bounce",
                "recipient": whom,
                "message": {"headers": {"message-id": named, "to": whom}},
                "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "No such mailbox"},
            }
        },
        Provider.BREVO: {
            "event": "hard_bounce" if lost else "soft_bounce",
            "email": whom,
            "message-id": "<202611300900.1234567@smtp-relay.mailin.fr>",
            "X-Mailin-custom": named,
            "reason": "550 5.1.1 user unknown",
        },
        Provider.SENDGRID: [
            {"event": "processed", "smtp-id": f"<{named}>", "email": whom},
            {
                "event": "bounce",
                "type": "bounce" if lost else "blocked",
                "status": "5.1.1",
                "reason": "550 5.1.1 user unknown",
                "smtp-id": f"<{named}>",
                "email": whom,
            },
        ],
        Provider.RESEND: {
            "type": "email.bounced",
            "data": {
                "email_id": "56761188-7520-42d8-8898-ff6fc54ce618",
                "to": [whom],
                "headers": [{"name": "Message-ID", "value": f"<{named}>"}],
                # Older events name no type, and are final.
                "bounce": {"message": "550 5.1.1 user unknown"} | ({} if lost else {"type": "Transient"}),
            },
        },
        Provider.GENERIC: {
            "message_id": f"<{named}>",
            "fate": "lost" if lost else "delayed",
            "status": "5.1.1",
            "words": "user unknown",
        },
    }[provider]


def signed(provider: Provider, event: Any) -> tuple[dict[str, str], bytes]:
    """Sign as a provider does."""
    secret = SECRETS[provider]
    if provider is Provider.MAILGUN:
        told = {"timestamp": "1732900000", "token": "t" * 50}
        digest = hmac.new(secret.encode(), f"{told['timestamp']}{told['token']}".encode(), hashlib.sha256)
        event = event | {"signature": told | {"signature": digest.hexdigest()}}
    if provider is Provider.SES:
        return {}, from_sns(json.dumps(event))
    body = json.dumps(event).encode()
    if provider is Provider.POSTMARK:
        return {"Authorization": "Basic " + base64.b64encode(f"any:{secret}".encode()).decode()}, body
    if provider is Provider.BREVO:
        return {"Authorization": f"Bearer {secret}"}, body
    if provider is Provider.SENDGRID:
        signature = KEY.sign(b"1732900000" + body, ec.ECDSA(SHA256()))
        name = "X-Twilio-Email-Event-Webhook"
        return {f"{name}-Signature": base64.b64encode(signature).decode(), f"{name}-Timestamp": "1732900000"}, body
    if provider in (Provider.RESEND, Provider.GENERIC):
        return standard("svix" if provider is Provider.RESEND else "webhook", secret, body), body
    return {}, body


def certificate(name: str = "sns.amazonaws.com", *, days: int = 30) -> bytes:
    """Return a certificate as Amazon's, in PEM."""
    who, day = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime(2026, 11, 24, tzinfo=UTC)
    made = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(RSA_KEY.public_key())
    made = made.serial_number(7).not_valid_before(day - timedelta(9)).not_valid_after(day + timedelta(days))
    return made.sign(RSA_KEY, SHA256()).public_bytes(Encoding.PEM)


def from_sns(text: str, **changes: str) -> bytes:
    """Sign as a topic of SNS does; what is changed is signed too, but for the signature's own fields."""
    message = {
        "Type": "Notification",
        "MessageId": "19ba9823-d7f2-53c1-860e-cb10e0d13dfc",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": text,
        "Timestamp": "2026-11-24T10:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": f"{AMAZON}/?Action=Unsubscribe",
    } | changes
    confirmation = message["Type"] == "SubscriptionConfirmation"
    named = ("Message", "MessageId", *(("SubscribeURL",) if confirmation else ("Subject",)), "Timestamp")
    named += (*(("Token",) if confirmation else ()), "TopicArn", "Type")
    signed = "".join(f"{name}\n{message[name]}\n" for name in named).encode()
    hashed = SHA1() if message["SignatureVersion"] == "1" else SHA256()  # version 1 is Amazon's
    signature = base64.b64encode(RSA_KEY.sign(signed, padding.PKCS1v15(), hashed)).decode()
    return json.dumps({"Signature": signature} | message).encode()


class Amazon:
    """What stands at Amazon's addresses; every address that is asked is noted."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.pem = certificate()

    def read(self, url: str) -> bytes:
        """Answer as SNS does."""
        self.asked.append(url)
        return self.pem


def standard(prefix: str, secret: str, body: bytes) -> dict[str, str]:
    """Sign by Standard Webhooks, with its own library."""
    at = datetime(2026, 11, 30, 10, tzinfo=UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": str(int(at.timestamp())), f"{prefix}-signature": signature}


@pytest.fixture
def amazon() -> Amazon:
    """Amazon, as far as this house asks it."""
    return Amazon()


@pytest.fixture
def house(
    codes: DeliveryCodes, settings: Settings, picture_reader: PictureReader, tmp_path: Path, amazon: Amazon
) -> Callable[[Provider], FlaskClient]:
    """A house whose mails go through a provider."""

    def open_house(provider: Provider) -> FlaskClient:
        secret = tmp_path / "bounce-secret"
        secret.write_text(SECRETS[provider] + "\n", encoding="utf-8")
        hook = BounceWebhookSettings(provider=provider, secret_file=secret)
        mail = settings.mail.model_copy(update={"bounces": BounceSettings(webhook=hook)})
        made = Services(
            codes,
            settings.server,
            mail,
            ScannerSettings(),
            lambda: picture_reader,
            "http://localhost",
            sns=SnsMessages(amazon.read),
        )
        return create_service(made).test_client()

    return open_house


@pytest.fixture
def message(codes: DeliveryCodes) -> ListedMessage:
    """A mail with a code."""
    codes.announce([Announcement("P-1", Person("Ada", "ada@example.org", "en"), sender_wish=True)])
    return codes.read(listed_messages, limit=1)[0]


def post(client: FlaskClient, headers: dict[str, str], body: bytes) -> TestResponse:
    """Call as a provider does."""
    return client.post("/api/v1/bounces", data=body, headers=headers, content_type="application/json")


@pytest.mark.parametrize("provider", list(Provider))
def test_a_hard_bounce_loses_the_message_once_and_a_soft_one_does_not(
    house: Callable[[Provider], FlaskClient], codes: DeliveryCodes, message: ListedMessage, provider: Provider
) -> None:
    client, named = house(provider), f"{message.id}@example.org"
    assert post(client, *signed(provider, event_of(provider, named, lost=False))).json["lost"] == 0  # type: ignore[index]
    assert codes.read(listed_messages, limit=1)[0].failed_at is None
    for _ in range(2):
        answer = post(client, *signed(provider, event_of(provider, named)))
        assert (answer.status_code, answer.json["lost"], answer.json["unknown"]) == (200, 1, 0)  # type: ignore[index]
    (lost,) = codes.read(listed_messages, limit=1)
    assert lost.failed_at is not None
    assert lost.last_reply is not None
    assert lost.last_reply.startswith("5.1.1")


@pytest.mark.parametrize("provider", list(Provider))
def test_what_is_not_signed_so_is_refused_and_changes_nothing(
    house: Callable[[Provider], FlaskClient], codes: DeliveryCodes, message: ListedMessage, provider: Provider
) -> None:
    client = house(provider)
    headers, body = signed(provider, event_of(provider, f"{message.id}@example.org"))
    forged = body.replace(b'"token": "tt', b'"token": "xx').replace(b"Bounce", b"Delivery")
    changed = {
        name: value[:-4] + "AAA=" if "ignature" in name or "Auth" in name else value for name, value in headers.items()
    }
    for given, sent in (({}, forged), (changed, forged), *([] if provider in UNSIGNED else [(headers, forged + b" ")])):
        answer = post(client, given, sent)
        assert (answer.status_code, answer.json["type"]) == (401, "/problems/bad-signature"), given  # type: ignore[index]
    assert codes.read(listed_messages, limit=1)[0].failed_at is None


@pytest.mark.parametrize("provider", list(Provider))
def test_what_is_unknown_is_answered_clearly(
    house: Callable[[Provider], FlaskClient], message: ListedMessage, provider: Provider
) -> None:
    client = house(provider)
    stranger = f"{UUID('019ab5a0-0000-7000-8000-000000000001')}@example.org"
    answer = post(client, *signed(provider, event_of(provider, stranger)))
    assert answer.status_code == 200
    assert (answer.json["lost"], answer.json["unknown"]) == (0, 1)  # type: ignore[index]
    other = signed(provider, event_of(provider, "their-own@provider.example"))
    assert post(client, *other).json["ignored"] >= 1  # type: ignore[index]


def test_the_mark_of_the_returning_address_names_the_message_too(
    house: Callable[[Provider], FlaskClient], message: ListedMessage
) -> None:
    event = event_of(Provider.BREVO, "none") | {"sender": f"bounces+{message.id.hex}@example.org"}
    assert post(house(Provider.BREVO), *signed(Provider.BREVO, event)).json["lost"] == 1  # type: ignore[index]


def test_what_is_in_no_documented_form_is_said_to_be_so(house: Callable[[Provider], FlaskClient]) -> None:
    client = house(Provider.BREVO)
    headers, _ = signed(Provider.BREVO, {})
    for body in (b"no JSON", b"7", b"[" * 100_000):
        answer = post(client, headers, body)
        assert (answer.status_code, answer.json["type"]) == (422, "/problems/invalid-request"), body[:9]  # type: ignore[index]


def test_a_secret_that_cannot_be_read_is_no_wrong_signature(
    house: Callable[[Provider], FlaskClient], tmp_path: Path
) -> None:
    client = house(Provider.BREVO)
    (tmp_path / "bounce-secret").unlink()
    answer = post(client, *signed(Provider.BREVO, {}))
    assert (answer.status_code, answer.json["type"]) == (503, "/problems/not-set-up")  # type: ignore[index]
    assert str(tmp_path) not in answer.text


def test_a_house_without_a_provider_takes_none(client: FlaskClient) -> None:
    assert post(client, {}, b"{}").status_code == 404


def test_a_topic_is_confirmed_once_it_is_ours_and_nothing_else_is_ever_asked(
    house: Callable[[Provider], FlaskClient], codes: DeliveryCodes, message: ListedMessage, amazon: Amazon
) -> None:
    client = house(Provider.SES)
    text = json.dumps(event_of(Provider.SES, f"{message.id}@example.org"))
    inside = "https://169.254.169.254/latest/meta-data"
    asks = {"Type": "SubscriptionConfirmation", "Token": "2336412f37fb687f5d51e6e2425e", "SubscribeURL": inside}
    elsewhere = [
        inside,
        "http://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.eu-central-1.amazonaws.com.example.org/SimpleNotificationService-0123456789abcdef.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
        f"{AMAZON}@example.org/SimpleNotificationService-0123456789abcdef.pem",
        f"{AMAZON}/../bucket/own.pem",
    ]
    refused = [from_sns(text, SigningCertURL=each) for each in elsewhere]
    refused += [
        from_sns(text, TopicArn=TOPIC + "-of-another"),
        from_sns(text, Type="UnsubscribeConfirmation", Token="a"),
    ]
    refused += [b"7", b"no JSON", b"{}", json.dumps(json.loads(text)).encode()]
    for body in refused:
        assert post(client, {}, body).status_code == 401, body[:99]
    assert amazon.asked == []
    assert post(client, {}, from_sns("You chose to subscribe.", **asks)).json == {"lost": 0, "unknown": 0, "ignored": 1}
    confirmed = f"{AMAZON}/?Action=ConfirmSubscription&TopicArn={TOPIC.replace(':', '%3A')}&Token={asks['Token']}"
    assert amazon.asked == [CERTIFICATE, confirmed]
    assert post(client, {}, from_sns("Successfully validated SNS topic.")).json["ignored"] == 1  # type: ignore[index]
    assert post(client, {}, from_sns(text, SignatureVersion="1")).json["lost"] == 1  # type: ignore[index]
    for change in ({"Message": text.replace("5.1.1", "5.2.2")}, {"Signature": "é"}, {"Signature": "a"}):
        forged = json.loads(from_sns(text)) | change
        assert post(client, {}, json.dumps(forged).encode()).status_code == 401
    assert len(amazon.asked) == 2, "a certificate is fetched once"


def test_a_certificate_that_is_not_amazons_or_ended_signs_nothing(clock: TurnableClock) -> None:
    text = json.dumps(event_of(Provider.SES, "x@example.org"))
    for pem in (certificate("sns.example.org"), certificate(days=-1)):
        with pytest.raises(NotFromTopic):
            SnsMessages(lambda _, pem=pem: pem).open(from_sns(text), TOPIC, clock())  # type: ignore[misc]


def test_while_a_certificate_is_fetched_nobody_waits_for_it(clock: TurnableClock, amazon: Amazon) -> None:
    body, other = (from_sns(json.dumps({"a": 1}), SigningCertURL=CERTIFICATE.replace(".pem", f"{n}.pem")) for n in "12")

    def read(url: str) -> bytes:
        with pytest.raises(AmazonUnreachable, match="asked already"):
            messages.open(other, TOPIC, clock())
        return amazon.read(url)

    messages = SnsMessages(read)
    for _ in range(2):
        assert messages.open(body, TOPIC, clock()) is not None
    assert len(amazon.asked) == 1


def test_what_cannot_be_fetched_is_asked_again_later_and_not_at_once(
    house: Callable[[Provider], FlaskClient], message: ListedMessage, amazon: Amazon
) -> None:
    client, amazon.pem = house(Provider.SES), b"no certificate"
    body = from_sns(json.dumps(event_of(Provider.SES, f"{message.id}@example.org")))
    for _ in range(3):
        answer = post(client, {}, body)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert len(amazon.asked) == 1


def test_an_answer_of_any_length_and_a_redirect_are_not_followed() -> None:
    answers = {"/long": (200, {}, b"x" * 99_999), "/moved": (302, {"Location": "/ok"}, b""), "/ok": (200, {}, b"PEM")}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answers[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        own = f"http://127.0.0.1:{server.server_port}"
        assert fetch(f"{own}/ok") == b"PEM"
        for path in ("/long", "/moved"):
            with pytest.raises(AmazonUnreachable):
                fetch(own + path)
        server.shutdown()


def test_ses_says_what_is_final_and_the_mark_in_the_source_names_the_message() -> None:
    event = event_of(Provider.SES, "none", lost=False)
    event["mail"] = {"source": f"bounces+{UUID('019ab5a0-0000-7000-8000-000000000001').hex}@example.org"}
    (soft,) = read_events(Provider.SES, json.dumps(event).encode()).bounces
    event["bounce"]["bouncedRecipients"][0]["action"] = "failed"
    (final,) = read_events(Provider.SES, json.dumps(event).encode()).bounces
    assert (soft.fate, final.fate, final.status) == (Fate.DELAYED, Fate.LOST, "5.1.1")


def test_a_batch_as_large_as_sendgrid_makes_them_is_read(client: FlaskClient) -> None:
    assert kind_of(client.application, "api_bounces.take", "/api/v1/bounces", "POST") is BodyKind.JSON


@pytest.mark.parametrize("provider", list(Provider))
def test_a_secret_that_cannot_be_this_providers_is_said_to_be_none(provider: Provider) -> None:
    assert secret_fault(provider, SECRETS[provider]) is None
    any_text_will_do = provider in (Provider.POSTMARK, Provider.BREVO, Provider.MAILGUN)
    for wrong in ("not; in any form", "whsec_", "whsec_AAAA", "é"):
        assert (secret_fault(provider, wrong) is None) is any_text_will_do
