"""Write a mail: pure, from a notice to a MIME message. The same notice gives the same message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import cast
from urllib.parse import quote

from codes.model import MessageKind
from codes.recipients.tickets import Notice, ShownCode
from codes.values.symbols import qr_png
from web.i18n import language_named, left_to_right, text
from web.i18n.place_words import PLACE_WORDS
from web.mail import wording
from web.mail.addresses import mailbox
from web.mail.headers import mailbox_header, subject
from web.mail.look import Logo, MailLook, look_for, template_for
from web.mail.returned.providers import ECHOED
from web.mail.settings import MailSettings
from web.outside_text import one_line

HERE = Path(__file__).parent
# 7 bits: every server takes that, and the digits still stand in the source as themselves.
MAIL = SMTP.clone(cte_type="7bit")
TEXT_ENCODING = "quoted-printable"


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture inside the message, named by its Content-ID."""

    cid: str
    filename: str
    data: bytes
    kind: str = "png"


@dataclass(frozen=True, slots=True)
class _Step:
    """One of the three pictures of the story, with its words below."""

    cid: str
    words: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """Something that the reader may choose, one tap away."""

    address: str
    words: str


class NothingToTell(Exception):
    """A message was to bring a code, but its parcel has none."""


def compose(notice: Notice, settings: MailSettings, pages: str) -> EmailMessage:
    """Return the message for a notice; ``pages`` is where our pages are, such as ``https://example.org``.

    Raises NotAnAddress if the recipient has no address that a message can be sent to, and NothingToTell.
    """
    notice = _to_the_house(notice, settings) if notice.kind is MessageKind.REPORTED else notice
    look = look_for(notice, settings.sender_name, settings.look, language_named(notice.ticket.language).code)
    message = _with_headers(notice, settings, look)
    logo = _logo(notice, look.logo, settings.domain) if look.logo else None
    values = _values(notice, pages) | _look(look, logo)
    pictures = [logo] if logo else []
    if notice.kind in wording.WITH_CODE:
        code_pictures = _pictures(notice, _code(notice), settings.domain)
        values |= _values_with_code(notice, code_pictures)
        pictures += code_pictures
    else:
        values |= {"lines": wording.lines_of(notice), "warned": wording.is_warned(notice)}
        values["choices"] = [
            _Choice(f"{values['ticket']}{where}", words) for where, words in wording.choices_of(notice)
        ]
    _fill(message, notice, settings, values, pictures)
    # At last, or it would move into the first of the parts that speak this language.
    message["Content-Language"] = language_named(notice.ticket.language).code
    return message


def _logo(notice: Notice, logo: Logo, domain: str) -> _Picture:
    return _Picture(f"logo.{notice.message_id}@{domain}", f"logo.{logo.kind}", logo.data, logo.kind)


def _look(look: MailLook, logo: _Picture | None) -> dict[str, object]:
    shown = {"cid": logo.cid, "width": look.logo.width, "height": look.logo.height} if logo and look.logo else None
    return {
        "house": one_line(look.name),
        "logo": shown,
        "accent": look.accent,
        "accent_ink": look.ink,
        "footer": look.footer,
        "answered": look.reply_to is not None,
    }


def _to_the_house(notice: Notice, settings: MailSettings) -> Notice:
    """A report is told to the house, not to who made it, and without the way to their page."""
    ticket = replace(
        notice.ticket, name="", email=settings.operations_address, code=None, language=settings.operations_language
    )
    return replace(notice, ticket=ticket)


def _code(notice: Notice) -> ShownCode:
    if notice.ticket.code is None:
        raise NothingToTell(f"{notice.kind} without a code")
    return notice.ticket.code


def _fill(
    message: EmailMessage,
    notice: Notice,
    settings: MailSettings,
    values: dict[str, object],
    pictures: Iterable[_Picture],
) -> None:
    """Put the texts and pictures in: alternative(plain, related(html, pictures))."""
    language, folder = language_named(notice.ticket.language).code, settings.look.templates
    plain, html = (template_for(notice.kind, language, form, folder).render(values) for form in ("txt", "html"))
    message.set_content(plain.strip() + "\n", cte=TEXT_ENCODING)
    message.add_alternative(html, subtype="html", cte=TEXT_ENCODING)
    related = cast(EmailMessage, message.get_payload(1))
    for picture in pictures:
        related.add_related(
            picture.data,
            maintype="image",
            subtype=picture.kind,
            cid=f"<{picture.cid}>",
            filename=picture.filename,
            disposition="inline",
        )


def _with_headers(notice: Notice, settings: MailSettings, look: MailLook) -> EmailMessage:
    message = EmailMessage(policy=MAIL)
    # The address stays the house's, which its servers are known for; only the name is the sender's.
    message["From"] = mailbox_header("From", look.name, mailbox(settings.sender_address))
    if look.reply_to:
        message["Reply-To"] = mailbox_header("Reply-To", look.name, mailbox(look.reply_to))
    message["To"] = mailbox_header("To", notice.ticket.name or "", mailbox(notice.ticket.email or ""))
    message["Subject"] = subject(wording.subject_of(notice))
    message["Date"] = notice.queued_at
    # From the row of the outbox: a message sent twice, because the first answer was lost, has one name.
    message["Message-ID"] = f"<{notice.message_id}@{settings.domain}>"
    hook = settings.bounces.webhook
    if hook is not None and hook.provider in ECHOED:
        message[ECHOED[hook.provider]] = f"{notice.message_id}@{settings.domain}"[:80]
    # All that is told of one ticket stands in one thread (RFC 5322 §3.6.4), also where the first message was lost.
    thread = f"<ticket.{notice.ticket.holder_id}@{settings.domain}>"
    if notice.kind is not MessageKind.REPORTED:
        message["In-Reply-To"] = thread
        message["References"] = thread
    # No absence notes, please: RFC 3834 §5, and what Exchange heeds instead.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    return message


def _pictures(notice: Notice, code: ShownCode, domain: str) -> tuple[_Picture, ...]:
    symbol = _Picture(f"code.{notice.message_id}@{domain}", "delivery-code.png", qr_png(code.payload))
    story = (
        _Picture(f"step{number}.{notice.message_id}@{domain}", f"step-{number}.png", _story_picture(name))
        for number, name in enumerate(PLACE_WORDS[notice.ticket.place].pictures, start=1)
    )
    return (symbol, *story)


def _values(notice: Notice, pages: str) -> dict[str, object]:
    language = language_named(notice.ticket.language)
    return {
        "name": one_line(notice.ticket.name or ""),
        "language": language,
        "subject": one_line(wording.subject_of(notice)),
        "ticket": _page_of(notice, pages.rstrip("/")),
        "only_at_the_door": wording.only_where(notice),
    }


def _page_of(notice: Notice, pages: str) -> str:
    if notice.kind is MessageKind.REPORTED:
        return f"{pages}/office/parcels/{quote(notice.ticket.reference)}"
    # Whoever is told without the way to a page, gets none.
    return f"{pages}/t/{notice.ticket_key}" if notice.ticket_key else ""


def _values_with_code(notice: Notice, pictures: tuple[_Picture, ...]) -> dict[str, object]:
    language = language_named(notice.ticket.language).code
    code = _code(notice)
    symbol, *story = pictures
    place = PLACE_WORDS[notice.ticket.place]
    return {
        "digits": code.digits,
        "digits_grouped": code.grouped,
        # A line of plain text has no direction of its own.
        "digits_in_line": left_to_right(language, code.grouped),
        "symbol_cid": symbol.cid,
        "story": [_Step(picture.cid, text(language, words)) for picture, words in zip(story, place.story, strict=True)],
        "about": wording.about(notice),
        "where": (
            *wording.parcels_of(notice),
            *wording.withdrawn_of(notice),
            *wording.where_of(notice),
            *wording.why_of(notice),
        ),
        "map": wording.map_of(notice),
        "valid_until": text(
            language,
            place.valid_until,
            moment=wording.moment_for(notice, code.expires_at),
        ),
    }


@cache
def _story_picture(name: str) -> bytes:
    return (HERE / "pictures" / f"{name}.png").read_bytes()
