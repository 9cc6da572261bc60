"""Bounces that a mail provider tells by webhook: how each signs, and what it says of a message. Pure.

A message is known by our Message-ID or the mark in the address it comes back to, wherever the provider writes them:
both hold 74 random bits. What a provider calls soft or blocked for now is tried again by itself, and is no loss.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from werkzeug.datastructures import Headers

from web.mail.returned.bounces import DIAGNOSTIC_LENGTH, UNSAID, Bounce, Fate
from web.mail.returned.sns import host_of
from web.outside_json import within
from web.outside_text import one_line
from web.standard_webhooks import SHORTEST_KEY, key_in

_HEX = "[0-9a-f]"
_ID = re.compile(rf"({_HEX}{{8}}-{_HEX}{{4}}-7{_HEX}{{3}}-[89ab]{_HEX}{{3}}-{_HEX}{{12}})@|\+({_HEX}{{32}})@", re.I)
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


class Provider(StrEnum):
    """Whose webhooks are taken. A generic one signs by Standard Webhooks, and sends ``fate`` and ``words``."""

    SES = "ses"
    POSTMARK = "postmark"
    MAILGUN = "mailgun"
    BREVO = "brevo"
    SENDGRID = "sendgrid"
    RESEND = "resend"
    GENERIC = "generic"


class NotReadable(Exception):
    """The body is not in the form that the provider documents."""


@dataclass(frozen=True, slots=True)
class _Adapter:
    """How one provider signs, where its events are, and which field says what became of a message."""

    is_genuine: Callable[[Headers, bytes, str], bool]
    events: Callable[[Any], Any]
    kind: Callable[[Any], object]
    fates: Mapping[str, Fate]
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What a call says: bounces of our messages, and how many events there were that name none or end nothing."""

    bounces: tuple[Bounce, ...]
    ignored: int


ECHOED: Mapping[Provider, str] = {
    # postmarkapp.com/developer/user-guide/send-email-with-smtp: the Message-ID is Postmark's own, metadata comes back.
    Provider.POSTMARK: "X-PM-Metadata-message",
    # developers.brevo.com/docs/transactional-webhooks: its message-id is an internal one, this header comes back.
    Provider.BREVO: "X-Mailin-custom",
}
"""The header in which a message is named to a provider that keeps no Message-ID of ours, and sends this one back."""


def secret_fault(provider: Provider, secret: str) -> str | None:
    """Say what is wrong with a secret that cannot be this provider's, or None."""
    try:
        if provider is Provider.SES:
            host_of(secret)
        elif provider is Provider.SENDGRID:
            load_der_public_key(base64.b64decode(secret, validate=True))
        elif provider in (Provider.RESEND, Provider.GENERIC):
            key_in(secret)
    except ValueError as error:
        if provider is Provider.SES:
            return str(error)
        if provider is Provider.SENDGRID:
            return "it is no public key in base64"
        return f"it is no whsec_… in base64, of at least {SHORTEST_KEY} bytes"
    return None


def is_genuine(provider: Provider, headers: Headers, body: bytes, secret: str) -> bool:
    """Tell whether the provider sent this, by the secret, password or public key that it shares with us."""
    try:
        return _ADAPTERS[provider].is_genuine(headers, body, secret)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return False


def read_events(provider: Provider, body: bytes) -> Told:
    """Read what a call says. Raises NotReadable."""
    adapter = _ADAPTERS[provider]
    try:
        events = adapter.events(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise NotReadable("the body is no JSON") from error
    if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
        raise NotReadable(f"the body is not in the form that {provider} documents")
    found = [bounce for each in events if (bounce := _bounce(adapter, each)) is not None]
    return Told(tuple(found), len(events) - len(found))


def _bounce(adapter: _Adapter, event: Any) -> Bounce | None:
    fate = adapter.fates.get(str(adapter.kind(event)))
    message_id = next(_ids_in(event), None)
    if fate is None or message_id is None:
        return None
    said = [str(text) for path in adapter.words if (text := within(event, path)) is not None]
    status = next((found[0] for text in said if (found := _STATUS.search(text))), UNSAID[fate])
    return Bounce(message_id, fate, status, one_line(" ".join(said), DIAGNOSTIC_LENGTH))


def _ids_in(event: Any) -> Iterator[UUID]:
    """Return the ids of ours in all texts of an event."""
    waiting = [event]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            for found in _ID.finditer(value):
                yield UUID(found[1] or found[2])


def _standard(prefix: str) -> Callable[[Headers, bytes, str], bool]:
    """Standard Webhooks, under the names of its headers: HMAC-SHA256 over id, timestamp and body."""

    def check(headers: Headers, body: bytes, secret: str) -> bool:
        key = key_in(secret)
        signed = f"{headers[f'{prefix}-id']}.{headers[f'{prefix}-timestamp']}.".encode() + body
        right = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
        given = headers[f"{prefix}-signature"].split()
        return any(hmac.compare_digest(right.encode(), each.encode()) for each in given)

    return check


def _by_mailgun(_headers: Headers, body: bytes, secret: str) -> bool:
    """Mailgun signs a timestamp and a token, and sends all three in the body."""
    given = json.loads(body)["signature"]
    right = hmac.new(secret.encode(), f"{given['timestamp']}{given['token']}".encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(right.encode(), str(given["signature"]).encode())


def _by_sendgrid(headers: Headers, body: bytes, secret: str) -> bool:
    """SendGrid signs with ECDSA; what is shared is its public key."""
    key = load_der_public_key(base64.b64decode(secret))
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    signature = base64.b64decode(headers["X-Twilio-Email-Event-Webhook-Signature"])
    signed = headers["X-Twilio-Email-Event-Webhook-Timestamp"].encode() + body
    with suppress(InvalidSignature):
        key.verify(signature, signed, ec.ECDSA(SHA256()))
        return True
    return False


def _by_password(headers: Headers, _body: bytes, secret: str) -> bool:
    """Postmark does not sign: it sends the user and password that stand in the address it was given."""
    with suppress(binascii.Error, UnicodeDecodeError):
        given = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")[2]
        return hmac.compare_digest(given.encode(), secret.encode())
    return False


def _by_token(headers: Headers, _body: bytes, secret: str) -> bool:
    """Brevo does not sign: it sends the token that it was given."""
    return hmac.compare_digest(headers["Authorization"].encode(), f"Bearer {secret}".encode())


def _alone(document: Any) -> Any:
    return [document]


def _never(_headers: Headers, _body: bytes, _secret: str) -> bool:
    """SES sends through SNS, whose signature `web.mail.returned.sns` checks before the notification is read."""
    return False


def _of_ses(event: Any) -> str:
    """Name what happened; a bounce is final where SES or the other server says that delivery failed."""
    kind = event.get("notificationType") or event.get("eventType")
    failed = within(event, "bounce.bouncedRecipients.0.action") == "failed"
    return f"{kind} {'Permanent' if failed else within(event, 'bounce.bounceType') or ''}".strip()


_ADAPTERS: Mapping[Provider, _Adapter] = {
    # docs.aws.amazon.com/ses/latest/dg/notification-contents.html, and …/event-publishing-retrieving-sns-contents.html
    Provider.SES: _Adapter(
        _never,
        _alone,
        _of_ses,
        {
            **dict.fromkeys(("Bounce Permanent", "Reject"), Fate.LOST),
            **dict.fromkeys(("Bounce Transient", "Bounce Undetermined", "DeliveryDelay"), Fate.DELAYED),
            "Delivery": Fate.DELIVERED,
        },
        (
            "bounce.bouncedRecipients.0.status",
            "bounce.bouncedRecipients.0.diagnosticCode",
            "bounce.bounceSubType",
            "reject.reason",
        ),
    ),
    # postmarkapp.com/developer/webhooks/bounce-webhook; types: postmarkapp.com/developer/api/bounce-api#bounce-types
    Provider.POSTMARK: _Adapter(
        _by_password,
        _alone,
        lambda event: event.get("Type") or event.get("RecordType"),
        {
            **dict.fromkeys(
                (
                    *("HardBounce", "BadEmailAddress", "ManuallyDeactivated", "Blocked", "VirusNotification"),
                    *("SMTPApiError", "DMARCPolicy", "TemplateRenderingFailed"),
                ),
                Fate.LOST,
            ),
            **dict.fromkeys(("SoftBounce", "Transient", "DnsError"), Fate.DELAYED),
            "Delivery": Fate.DELIVERED,
        },
        ("Details", "Description"),
    ),
    # documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-payloads, …/webhooks/securing-webhooks
    Provider.MAILGUN: _Adapter(
        _by_mailgun,
        lambda document: [within(document, "event-data")],
        lambda event: f"{event.get('event')} {event.get('severity') or ''}".strip(),
        {
            **dict.fromkeys(("failed permanent", "rejected"), Fate.LOST),
            "failed temporary": Fate.DELAYED,
            "delivered": Fate.DELIVERED,
        },
        ("delivery-status.enhanced-code", "delivery-status.message", "delivery-status.description", "reject.reason"),
    ),
    # developers.brevo.com/docs/transactional-webhooks
    Provider.BREVO: _Adapter(
        _by_token,
        _alone,
        lambda event: event.get("event"),
        {
            **dict.fromkeys(("hard_bounce", "invalid_email", "blocked", "error"), Fate.LOST),
            **dict.fromkeys(("soft_bounce", "deferred"), Fate.DELAYED),
            "delivered": Fate.DELIVERED,
        },
        ("reason",),
    ),
    # twilio.com/docs/sendgrid/for-developers/tracking-events/event
    Provider.SENDGRID: _Adapter(
        _by_sendgrid,
        lambda document: document,
        lambda event: f"{event.get('event')} {event.get('type') or ''}".strip(),
        {
            **dict.fromkeys(("bounce bounce", "bounce", "dropped"), Fate.LOST),
            **dict.fromkeys(("bounce blocked", "deferred"), Fate.DELAYED),
            "delivered": Fate.DELIVERED,
        },
        ("status", "reason", "response"),
    ),
    # resend.com/docs/webhooks/emails/bounced: a bounce without a type is final; docs.svix.com, verifying manually
    Provider.RESEND: _Adapter(
        _standard("svix"),
        _alone,
        lambda event: f"{event.get('type')} {within(event, 'data.bounce.type') or ''}".strip(),
        {
            **dict.fromkeys(
                ("email.bounced", "email.bounced Permanent", "email.failed", "email.suppressed"), Fate.LOST
            ),
            **dict.fromkeys(
                ("email.bounced Transient", "email.bounced Undetermined", "email.delivery_delayed"), Fate.DELAYED
            ),
            "email.delivered": Fate.DELIVERED,
        },
        ("data.bounce.message", "data.failed.reason", "data.suppressed.message"),
    ),
    Provider.GENERIC: _Adapter(
        _standard("webhook"),
        _alone,
        lambda event: event.get("fate"),
        {fate.value: fate for fate in Fate},
        ("status", "words"),
    ),
}
