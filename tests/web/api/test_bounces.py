"""Mail providers tell of bounces in the forms that they document, each signed in its own way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from codes import Announcement, DeliveryCodes, Person
from codes.recipients.outbox import ListedMessage, listed_messages
from scanner.pictures.reader import PictureReader
from scanner.settings import ScannerSettings
from web.configuration import Settings
from web.flask_app import create_service
from web.mail.returned.providers import Provider
from web.mail.settings import BounceSettings, BounceWebhookSettings
from web.services import Services

KEY = ec.derive_private_key(20261130, ec.SECP256R1())
POINT = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
WHSEC = "whsec_" + base64.b64encode(b"a sample secret of 32 bytes here").decode()
SECRETS = {
    Provider.POSTMARK: "a sample password",
    Provider.MAILGUN: "key-sample",
    Provider.BREVO: "a sample token",
    Provider.SENDGRID: base64.b64encode(POINT).decode(),
    Provider.RESEND: WHSEC,
    Provider.GENERIC: WHSEC,
}


UNSIGNED = {Provider.POSTMARK, Provider.BREVO, Provider.MAILGUN}
"""Those that sign nothing of the body."""


def event_of(provider: Provider, named: str, *, lost: bool = True) -> Any:
    """Return what a provider documents for a hard bounce, or for one that may pass, of a message named so."""
    whom = "sample@example.org"
    return {
        Provider.POSTMARK: {
            "RecordType": "Bounce",
            "Type": "HardBounce" if lost else "SoftBounce",
            "TypeCode": 1,
            "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
            "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
            "Details": "smtp;550 5.1.1 The email account does not exist.",
            "Email": whom,
            "Content": f"Return-Path: <>\r\nMessage-ID: <{named}>\r\n",
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
            "message-id": f"<{named}>",
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
                "bounce": {"message": "550 5.1.1 user unknown", "type": "Permanent" if lost else "Transient"},
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


def standard(prefix: str, secret: str, body: bytes) -> dict[str, str]:
    """Sign by Standard Webhooks, with its own library."""
    at = datetime(2026, 11, 30, 10, tzinfo=UTC)
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {f"{prefix}-id": "msg_1", f"{prefix}-timestamp": str(int(at.timestamp())), f"{prefix}-signature": signature}


@pytest.fixture
def house(
    codes: DeliveryCodes, settings: Settings, picture_reader: PictureReader, tmp_path: Path
) -> Callable[[Provider], FlaskClient]:
    """A house whose mails go through a provider."""

    def open_house(provider: Provider) -> FlaskClient:
        secret = tmp_path / "bounce-secret"
        secret.write_text(SECRETS[provider] + "\n", encoding="utf-8")
        hook = BounceWebhookSettings(provider=provider, secret_file=secret)
        mail = settings.mail.model_copy(update={"bounces": BounceSettings(webhook=hook)})
        made = Services(codes, settings.server, mail, ScannerSettings(), lambda: picture_reader, "http://localhost")
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
    forged = body.replace(b'"token": "tt', b'"token": "xx')
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
