"""The mails as their recipients see them. Readable only where no server takes them: they hold codes."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import cast
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from codes.model import MessageKind
from codes.office.mail_list import MailFilters, MailOrder, MailState, count_mails, list_mails
from codes.recipients.outbox import kind_of_message
from codes.recipients.tickets import Notice, notice_of_message
from web.http.access import for_staff
from web.i18n import N_, current_language, text
from web.i18n.office_words import MESSAGE_WORDS
from web.mail.addresses import NotAnAddress
from web.mail.compose import NothingToTell, compose
from web.office.lists import asked_choice, asked_day, asked_page, asked_text
from web.office.parcels.filters import LONGEST_SEARCH
from web.services import services

blueprint = Blueprint("mails", __name__, url_prefix="/office/mails")

STATE_WORDS = {
    MailState.WAITING: N_("Waiting"),
    MailState.SENT: N_("Sent"),
    MailState.ARRIVED: N_("Arrived"),
    MailState.FAILED: N_("Not delivered"),
}
ERASED = N_("The recipient of this message has been erased.")
NO_ADDRESS = N_("The recipient of this message has no email address.")
NO_HOUSE = N_("No address is set for reports: mail.operations_address in config.yaml.")
NO_CODE = N_("The code that this message was to bring is no longer valid.")
# Mail is written for mail programs: styles inside, pictures as data, nothing from elsewhere, no scripts.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A mail's parts as a mail program shows them."""

    subject: str
    sender: str
    recipient: str
    written_at: datetime
    plain: str
    ticket: str | None
    """The recipient's page; a report to the house is nobody's way there."""


class CannotBeShown(Exception):
    """There is such a message, but nothing of it to show."""

    def __init__(self, kind: MessageKind, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


def may_read_mails() -> bool:
    """Tell whether mails may be read here: only where they are not sent to anybody."""
    return services().mail.smtp is None and services().mail.gateway is None


@blueprint.get("")
@for_staff
def outbox() -> ResponseReturnValue:
    """List the mails that fit, a page at a time."""
    filters = MailFilters(
        search=asked_text("search", LONGEST_SEARCH),
        state=asked_choice("state", MailState),
        day=asked_day(),
    )
    listing, found = asked_page(list_mails, count_mails, filters, MailOrder.QUEUED)
    return render_template(
        "office/parcels/outbox.html",
        here="mails.outbox",
        messages=found,
        filters=filters,
        listing=listing,
        state_words={state: text(current_language().code, word) for state, word in STATE_WORDS.items()},
        kinds={kind: text(current_language().code, word) for kind, word in MESSAGE_WORDS.items()},
        readable=may_read_mails(),
    )


@blueprint.get("/<uuid:message_id>")
@for_staff
def message(message_id: UUID) -> ResponseReturnValue:
    """Show a mail in a frame that can run nothing."""
    try:
        notice, written = _mail(message_id)
    except CannotBeShown as error:
        kind = text(current_language().code, MESSAGE_WORDS[error.kind])
        why = text(current_language().code, error.why)
        return render_template("office/parcels/message.html", here="mails.outbox", kind=kind, why=why)
    mail = ShownMail(
        subject=str(written["Subject"]),
        sender=str(written["From"]),
        recipient=str(written["To"]),
        written_at=notice.queued_at,
        plain=cast(EmailMessage, written.get_body(("plain",))).get_content(),
        ticket=_ticket_of(notice),
    )
    return render_template("office/parcels/message.html", here="mails.outbox", mail=mail, message_id=message_id)


@blueprint.get("/<uuid:message_id>/html")
@for_staff
def message_html(message_id: UUID) -> ResponseReturnValue:
    """Return the mail's HTML with its own pictures in it."""
    try:
        _, written = _mail(message_id)
    except CannotBeShown:
        abort(404)
    html: str = cast(EmailMessage, written.get_body(("html",))).get_content()
    for part in written.walk():
        cid = part["Content-ID"]
        if cid and part.get_content_maintype() == "image":
            data = base64.b64encode(cast(bytes, part.get_payload(decode=True))).decode()
            html = html.replace(f"cid:{cid.strip('<>')}", f"data:{part.get_content_type()};base64,{data}")
    html = html.replace("<head>", '<head><base target="_blank">', 1)
    return Response(html, mimetype="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


def _mail(message_id: UUID) -> tuple[Notice, EmailMessage]:
    if not may_read_mails():
        abort(404)
    notice = services().codes.read(notice_of_message, message_id)
    if notice is None:
        kind = services().codes.read(kind_of_message, message_id) or abort(404)
        raise CannotBeShown(kind, ERASED)
    try:
        return notice, compose(notice, services().mail, _pages())
    except NotAnAddress as error:
        raise CannotBeShown(notice.kind, NO_HOUSE if notice.kind is MessageKind.REPORTED else NO_ADDRESS) from error
    except NothingToTell as error:
        raise CannotBeShown(notice.kind, NO_CODE) from error


def _pages() -> str:
    """The reader sits before this computer, so links lead to where this page came from."""
    return request.url_root.rstrip("/")


def _ticket_of(notice: Notice) -> str | None:
    """Return the page that a message leads to, if it leads to one."""
    if notice.kind is MessageKind.REPORTED or not notice.ticket_key:
        return None
    return f"{_pages()}/t/{notice.ticket_key}"
