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

from codes.recipients.tickets import Notice
from web.access import for_staff
from web.i18n import current_language, text
from web.mail.addresses import NotAnAddress
from web.mail.compose import NothingToTell, compose
from web.office_words import MESSAGE_WORDS
from web.parts import parts

blueprint = Blueprint("mails", __name__, url_prefix="/office/mails")

LISTED = 200
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
    ticket: str


def may_read_mails() -> bool:
    """Tell whether mails may be read here: only where they are not sent to anybody."""
    return parts().mail.smtp is None and parts().mail.gateway is None


@blueprint.get("")
@for_staff
def outbox() -> ResponseReturnValue:
    """List the newest mails."""
    return render_template(
        "office/outbox.html",
        here="mails.outbox",
        messages=parts().codes.outbox.listed(limit=LISTED),
        kinds={kind: text(current_language().code, word) for kind, word in MESSAGE_WORDS.items()},
        readable=may_read_mails(),
    )


@blueprint.get("/<uuid:message_id>")
@for_staff
def message(message_id: UUID) -> ResponseReturnValue:
    """Show a mail in a frame that can run nothing."""
    notice, written = _mail(message_id)
    mail = ShownMail(
        subject=str(written["Subject"]),
        sender=str(written["From"]),
        recipient=str(written["To"]),
        written_at=notice.queued_at,
        plain=cast(EmailMessage, written.get_body(("plain",))).get_content(),
        ticket=f"{_pages()}/t/{notice.ticket_key}",
    )
    return render_template("office/message.html", here="mails.outbox", mail=mail, message_id=message_id)


@blueprint.get("/<uuid:message_id>/html")
@for_staff
def message_html(message_id: UUID) -> ResponseReturnValue:
    """Return the mail's HTML with its own pictures in it."""
    _, written = _mail(message_id)
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
    notice = parts().codes.notice(message_id) or abort(404)
    try:
        return notice, compose(notice, parts().mail, _pages())
    except (NotAnAddress, NothingToTell):
        abort(404)


def _pages() -> str:
    """The reader sits before this computer, so links lead to where this page came from."""
    return request.url_root.rstrip("/")
