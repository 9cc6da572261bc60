"""A holder's code as a pass for the wallet of their phone, where the house has what signs it."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for
from flask.typing import ResponseReturnValue

from codes.integrations.looks import logo_of
from web.http.access import by_address
from web.http.problems import Problem
from web.i18n import current_language, speak
from web.recipient.own_ticket import code_tag, open_code, ticket_at, written_by
from web.services import services
from web.wallet.apple_pass import MIME, apple_pass
from web.wallet.contents import PassContents, contents_of
from web.wallet.google_link import google_link

blueprint = Blueprint("ticket_wallet", __name__, url_prefix="/t/<key>")


class NoPass(Problem):
    """An old page asks for a pass: by now the code opens nothing, or the house has nothing that signs."""

    def __init__(self) -> None:
        super().__init__(409, "no-pass", "no pass is offered for this code (any more)")


@blueprint.get("/delivery-code.pkpass")
@by_address
def apple(key: str) -> ResponseReturnValue:
    """Give the pass as a signed bundle; of a renewed code, it takes the older one's place on the phone.

    Like the code's pictures it is only drawn, as often as anybody looks: whoever follows every link of a page, as
    filters of mail do, keeps nobody from having it.
    """
    contents, certificate = _contents(key), services().wallets.certificate(services().codes.clock())
    if certificate is None:
        raise NoPass
    return Response(
        apple_pass(contents, certificate),
        mimetype=MIME,
        headers={"Content-Disposition": 'attachment; filename="delivery-code.pkpass"'},
    )


@blueprint.post("/google-wallet")
@by_address
def google(key: str) -> ResponseReturnValue:
    """Lead to where Google saves the pass. Google is told by whoever presses the button: no link leads here."""
    contents = _contents(key)
    account, settings = services().wallets.service_account(), services().wallets.settings.google
    if account is None or settings is None:
        raise NoPass
    return redirect(google_link(contents, account, settings, services().codes.clock()), 303)


def apple_link(key: str) -> str | None:
    """Return where the page of a live code offers a pass for Apple's wallet."""
    signs = services().wallets.certificate(services().codes.clock())
    return url_for("ticket_wallet.apple", key=key) if signs else None


def google_action(key: str) -> str | None:
    """Return to where such a page sends who wants one in Google's."""
    return url_for("ticket_wallet.google", key=key) if services().wallets.service_account() else None


def _contents(key: str) -> PassContents:
    """Say what stands on a holder's pass."""
    ticket = ticket_at(key)
    code = open_code(ticket)
    if code is None:
        raise NoPass
    speak(ticket.language)
    return contents_of(
        ticket,
        code,
        tag=code_tag(code),
        house=written_by(ticket),
        place=services().codes.house,
        logo=services().codes.read(logo_of, ticket.announced_by) if ticket.look else None,
        page=url_for("ticket.page", key=key, _external=True),
        language=current_language().code,
    )
