"""One plain page: what is kept of a recipient, and until when, by the house's real settings."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from codes.accounts.api_keys import Scope, is_any_key_for
from web.http.access import public
from web.i18n import COOKIE_SECONDS
from web.services import services

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/privacy")
@public
def page() -> ResponseReturnValue:
    """Say it in the reader's language."""
    codes, mail, wallets = services().codes, services().mail, services().wallets
    return render_template(
        "recipient/privacy.html",
        retention=codes.retention,
        settings=codes.settings,
        apple=wallets.certificate(codes.clock()),
        google=wallets.service_account(),
        shops=codes.read(is_any_key_for, Scope.TICKETS_READ),
        cookie_days=COOKIE_SECONDS // 86400,
        house=mail.sender_name,
        address=mail.sender_address,
    )
