"""One plain page: what is kept of a recipient, and until when, by the house's real settings."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from web.http.access import public
from web.i18n import COOKIE_SECONDS
from web.services import services

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/privacy")
@public
def page() -> ResponseReturnValue:
    """Say it in the reader's language."""
    codes, mail = services().codes, services().mail
    return render_template(
        "recipient/privacy.html",
        retention=codes.retention,
        settings=codes.settings,
        cookie_days=COOKIE_SECONDS // 86400,
        house=mail.sender_name,
        address=mail.sender_address,
    )
