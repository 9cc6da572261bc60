"""A holder's code as a pass for the wallet of their phone, where the house has what signs it."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from codes.integrations.looks import logo_of
from codes.recipients.code_requests import take_pass
from codes.recipients.tickets import ShownCode
from codes.store.budgets import TooOften
from web.http.access import by_address
from web.i18n import current_language, speak
from web.recipient.own_ticket import code_at, code_tag, is_only_looked_at, ticket_at, written_by
from web.services import services
from web.wallet.apple_pass import MIME, apple_pass
from web.wallet.contents import PassContents, contents_of
from web.wallet.google_link import google_link

blueprint = Blueprint("ticket_wallet", __name__, url_prefix="/t/<key>")

APPLE, GOOGLE = "Apple Wallet", "Google Wallet"
"""The same in every language: they are names."""
NOTHING_YET = "", 204
"""A pass is made, and Google is told, only for who opens the link."""


@blueprint.get("/delivery-code.pkpass")
@by_address
def apple(key: str) -> ResponseReturnValue:
    """Give the pass as a signed bundle; of a renewed code, it takes the older one's place on the phone."""
    code = code_at(key)
    if is_only_looked_at():
        return NOTHING_YET
    certificate = services().wallets.certificate(services().codes.clock()) or abort(404)
    bundle = apple_pass(_contents(key, code), certificate)
    return Response(
        bundle, mimetype=MIME, headers={"Content-Disposition": 'attachment; filename="delivery-code.pkpass"'}
    )


@blueprint.get("/google-wallet")
@by_address
def google(key: str) -> ResponseReturnValue:
    """Lead to where Google saves the pass; only whoever opens this tells Google of it."""
    code = code_at(key)
    if is_only_looked_at():
        return NOTHING_YET
    account, settings = services().wallets.service_account(), services().wallets.settings.google
    if account is None or settings is None:
        abort(404)
    return redirect(google_link(_contents(key, code), account, settings, services().codes.clock()), 303)


def wallet_links(key: str) -> list[tuple[str, str]]:
    """Return the wallets that a page of a live code offers: where each is, and its name."""
    wallets = services().wallets
    offered = {
        "ticket_wallet.apple": (wallets.certificate(services().codes.clock()), APPLE),
        "ticket_wallet.google": (wallets.service_account(), GOOGLE),
    }
    return [(url_for(view, key=key), name) for view, (signs, name) in offered.items() if signs]


def _contents(key: str, code: ShownCode) -> PassContents:
    """Charge the holder's budget, and say what stands on their pass."""
    ticket = ticket_at(key)
    if not services().codes.write(take_pass, ticket.holder_id):
        raise TooOften("a pass was taken too often today")
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
