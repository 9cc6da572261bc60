"""Notifications of Amazon SNS, by which SES tells of bounces: signed, and fetched from nowhere but the topic's region.

docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html says what is signed, and
docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.prepare.html how a subscription is confirmed. What is shared with
Amazon is the topic's name (ARN): it is compared first, and the one host that is ever asked is made from it. So no
message leads anywhere else, and of two addresses that it holds one is checked and the other never read.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509.oid import NameOID

_TOPIC = re.compile(r"arn:aws(|-cn|-us-gov):sns:([a-z0-9-]{1,32}):\d{12}:[A-Za-z0-9_-]{1,256}(?:\.fifo)?")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")
_TOKEN = re.compile(r"[0-9A-Za-z]{1,1000}")
_HASHES: Mapping[str, SHA1 | SHA256] = {"1": SHA1(), "2": SHA256()}
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_NOT_IN = {"Notification": {"SubscribeURL", "Token"}, "SubscriptionConfirmation": {"Subject"}}
SIGNER = "sns.amazonaws.com"
LARGEST_CERTIFICATE, CERTIFICATES = 1 << 14, 8
FETCH_SECONDS = 5
PAUSE_SECONDS = 10
"""So long nothing is fetched after a certificate that could not be: whoever knows the topic's name could ask for it."""


class NotFromTopic(Exception):
    """The message is of another topic, or not signed by Amazon SNS."""


class AmazonUnreachable(Exception):
    """Amazon's certificate or confirmation could not be had now; the message comes again."""


def host_of(topic: str) -> str:
    """Return the one host that signs for a topic. Raises ValueError."""
    if (found := _TOPIC.fullmatch(topic)) is None:
        raise ValueError("no topic of SNS: an ARN is wanted, such as arn:aws:sns:eu-central-1:123456789012:bounces")
    return f"sns.{found[2]}.amazonaws.com" + (".cn" if found[1] == "-cn" else "")


def fetch(url: str) -> bytes:
    """Read one small answer. Raises AmazonUnreachable."""
    from web.outside_calls import NotAnswered, ask

    try:
        answer = ask("GET", url, seconds=FETCH_SECONDS, most_bytes=LARGEST_CERTIFICATE, trust_env=False)
    except NotAnswered as error:
        raise AmazonUnreachable(str(error)) from error
    if answer.status != HTTPStatus.OK:
        raise AmazonUnreachable(f"it answers {answer.status}")
    return answer.content


class SnsMessages:
    """Opens what a topic sends. A class, because it keeps the few certificates that it was signed with."""

    def __init__(self, read: Callable[[str], bytes] = fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._read, self._clock = read, clock
        self._kept: dict[str, x509.Certificate] = {}
        self._lock, self._not_before = threading.Lock(), 0.0

    def open(self, body: bytes, topic: str, now: datetime) -> bytes | None:
        """Return the notification inside, or None for what tells of none; a subscription is confirmed.

        Raises NotFromTopic, AmazonUnreachable, and ValueError for a topic that is none.
        """
        host = host_of(topic)
        message = _fields(body)
        if message.get("TopicArn") != topic or message.get("Type") not in _NOT_IN:
            raise NotFromTopic
        self._check_signature(message, host, now)
        if message["Type"] == "SubscriptionConfirmation":
            self._confirm(message, host)
            return None
        text = message["Message"].strip()
        # A topic greets its new subscriber with a sentence.
        return text.encode("utf-8", "replace") if text.startswith("{") else None

    def _check_signature(self, message: Mapping[str, str], host: str, now: datetime) -> None:
        kind = message["Type"]
        named = [name for name in _SIGNED if name not in _NOT_IN[kind] and (name != "Subject" or name in message)]
        try:
            signed = "".join(f"{name}\n{message[name]}\n" for name in named).encode()
            signature = base64.b64decode(message["Signature"], validate=True)
            hashed = _HASHES[message["SignatureVersion"]]
            certificate = self._certificate(message["SigningCertURL"], host)
        except (KeyError, ValueError) as error:
            raise NotFromTopic from error
        key = certificate.public_key()
        names = [each.value for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        if names != [SIGNER] or not in_time or not isinstance(key, RSAPublicKey) or key.key_size < 2048:
            raise NotFromTopic
        try:
            key.verify(signature, signed, padding.PKCS1v15(), hashed)
        except InvalidSignature as error:
            raise NotFromTopic from error

    def _certificate(self, url: str, host: str) -> x509.Certificate:
        begin = f"https://{host}"
        if not (url.startswith(begin) and _CERTIFICATE.fullmatch(url.removeprefix(begin))):
            raise NotFromTopic
        if (kept := self._kept.get(url)) is not None:
            return kept
        # One thread waits for Amazon at most: whoever else needs a certificate meanwhile sends the same again.
        if not self._lock.acquire(blocking=False):
            raise AmazonUnreachable("it is being asked already")
        try:
            return self._fetched(url)
        finally:
            self._lock.release()

    def _fetched(self, url: str) -> x509.Certificate:
        if self._clock() < self._not_before:
            raise AmazonUnreachable("it could not be reached a moment ago")
        self._not_before = self._clock() + PAUSE_SECONDS
        try:
            certificate = x509.load_pem_x509_certificate(self._read(url))
        except ValueError as error:
            raise AmazonUnreachable("its certificate cannot be read") from error
        self._not_before = 0.0
        while len(self._kept) >= CERTIFICATES:
            del self._kept[next(iter(self._kept))]
        self._kept[url] = certificate
        return certificate

    def _confirm(self, message: Mapping[str, str], host: str) -> None:
        """Confirm by an address made here; the one in the message may lead anywhere."""
        if not _TOKEN.fullmatch(message["Token"]):
            raise NotFromTopic
        asked = {"Action": "ConfirmSubscription", "TopicArn": message["TopicArn"], "Token": message["Token"]}
        self._read(f"https://{host}/?{urlencode(asked)}")


def _fields(body: bytes) -> dict[str, str]:
    try:
        found: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotFromTopic from error
    if not isinstance(found, dict):
        raise NotFromTopic
    return {name: value for name, value in found.items() if isinstance(value, str)}
