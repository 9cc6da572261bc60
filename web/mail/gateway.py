"""Short messages through a gateway for SMS or a messenger: one HTTP request each, as its provider wants it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from string import Template
from typing import Any
from urllib.parse import quote_plus

import httpx

from codes.recipients.tickets import Notice
from web.i18n import language_named, left_to_right
from web.mail.addresses import NotAnAddress
from web.mail.channels import Session
from web.mail.compose import NothingToTell
from web.mail.delivery import Delivered, Delivery, PermanentFailure, TemporaryFailure
from web.mail.gateway_settings import BodyForm, GatewaySettings
from web.mail.wording import WITH_CODE, lines_of, only_where, subject_of
from web.outside_calls import Answer, NotAnswered, ask
from web.outside_text import one_line
from web.webhooks.outside import NotOutside, addresses_outside

LONGEST_PAUSE = timedelta(hours=6)
# The gateway says that this number or text will never do; anything else may be a setting of ours.
REFUSED = frozenset({400, 410, 413, 422})


@dataclass(frozen=True, slots=True)
class Gateway:
    """The channel. Its secret stays in here and in no text."""

    settings: GatewaySettings
    secret: str
    pages: str
    clock: Callable[[], datetime]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Give a session; a gateway that is silent is asked once in it."""
        yield _Texting(self)


@dataclass(slots=True)
class _Texting:
    gateway: Gateway
    silent: TemporaryFailure | None = None
    """A gateway that gave no answer is not asked again in this session, or mails would wait behind it."""

    def send(self, notice: Notice) -> Delivery:
        """Fill the template and send it."""
        settings = self.gateway.settings
        phone = notice.ticket.phone
        if phone is None:
            raise NotAnAddress("no phone number is known")
        values = {
            "phone": phone,
            "text": short_text(notice, self.gateway.pages),
            "id": str(notice.message_id),
            "receipt": f"{self.gateway.pages.rstrip('/')}/api/v1/receipts/{notice.message_id}/{notice.receipt_key}",
            "kind": notice.kind.value,
            "language": language_named(notice.ticket.language).code,
            "secret": self.gateway.secret,
        }
        if self.silent is not None:
            return self.silent
        try:
            answer = self._ask(settings, values)
            return read_answer(answer.status, answer.headers.get("retry-after"), self.gateway.clock())
        except NotOutside as error:
            return TemporaryFailure(f"not sent: {error}")
        except (NotAnswered, httpx.InvalidURL) as error:
            said = str(error) if isinstance(error, NotAnswered) else type(error).__name__
            self.silent = TemporaryFailure(f"the gateway gave no answer: {said}")
            return self.silent

    def _ask(self, settings: GatewaySettings, values: Mapping[str, str]) -> Answer:
        """Raises NotOutside, NotAnswered or httpx.InvalidURL."""
        url = httpx.URL(fill(settings.url, values, quote_plus))
        texts = {"Content-Type": settings.form.content_type}
        texts |= {name: fill(value, values, one_line_of) for name, value in settings.headers.items()}
        texts["Idempotency-Key"] = values["id"]
        # As bytes: httpx writes text in headers as ASCII or not at all.
        headers = {name.encode(): value.encode() for name, value in texts.items()}
        content = fill(settings.body, values, ESCAPES[settings.form]).encode() if settings.body else None
        extensions: dict[str, Any] = {}
        if settings.public_only:
            # Judge the address that the name leads to, and connect to that address itself.
            headers[b"Host"], extensions["sni_hostname"] = url.netloc, url.host
            url = url.copy_with(host=_judged(url))
        bounded = partial(ask, seconds=settings.timeout_seconds, most_bytes=0, trust_env=False)
        return bounded(settings.method, url, headers=headers, content=content, extensions=extensions)


def short_text(notice: Notice, pages: str) -> str:
    """Return what fits into a text message: what it is about, the digits, the warning, the page."""
    first, rest = one_line(subject_of(notice)), f"{pages.rstrip('/')}/t/{notice.ticket_key}"
    if look := notice.ticket.look:
        first = f"{one_line(look.name)}: {first}"
    if not notice.ticket_key:
        return "\n".join(lines_of(notice))
    if notice.kind not in WITH_CODE:
        return f"{first}\n{rest}"
    if notice.ticket.code is None:
        raise NothingToTell(f"{notice.kind} without a code")
    digits = left_to_right(notice.ticket.language, notice.ticket.code.grouped)
    return f"{first}: {digits}\n{only_where(notice)}\n{rest}"


def fill(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """Put values into a template, each escaped for where it stands. Raises KeyError or ValueError."""
    return Template(template).substitute({name: escape(value) for name, value in values.items()})


def one_line_of(value: str) -> str:
    """Keep a value within its header."""
    return one_line(value, 1000)


ESCAPES: Mapping[BodyForm, Callable[[str], str]] = {
    BodyForm.JSON: lambda value: json.dumps(value)[1:-1],
    BodyForm.FORM: quote_plus,
}


def read_answer(status: int, retry_after: str | None, now: datetime) -> Delivery:
    """Say what a gateway's answer means; one that wants us to wait is told how long by itself."""
    if 200 <= status < 300:
        return Delivered(f"{status} taken by the gateway")
    if status in REFUSED:
        return PermanentFailure(f"{status} refused by the gateway")
    return TemporaryFailure(f"{status} from the gateway", _pause(retry_after, now))


def _pause(retry_after: str | None, now: datetime) -> timedelta:
    """Read Retry-After (RFC 9110 §10.2.3): seconds, or a moment."""
    try:
        seconds = int(retry_after or "")
    except ValueError:
        try:
            moment = parsedate_to_datetime(retry_after or "")
        except ValueError:
            return timedelta(0)
        seconds = int(((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())
    return min(timedelta(seconds=max(0, min(seconds, 10**6))), LONGEST_PAUSE)


def _judged(url: httpx.URL) -> str:
    """Return the address that a name leads to. Raises NotOutside."""
    port = url.port or (443 if url.scheme == "https" else 80)
    return str(addresses_outside(url.host, port, ())[0])
