"""Signing in at the house's identity provider: the way there, and back."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import asdict
from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.identities import member_of_identity
from codes.accounts.passwords import hash_password
from codes.accounts.staff import NameTaken
from web.http.access import public
from web.i18n import N_, current_language, text
from web.office.house.signing_in import begun_for, sign_in_page, way_on
from web.services import services
from web.settings import OidcSettings

log = logging.getLogger("doorcode.web")
blueprint = Blueprint("single_sign_on", __name__, url_prefix="/office/single-sign-on")

COOKIE = "doorcode_single_sign_on"
WITHIN = timedelta(minutes=10)
REFUSED = N_("Signing in there did not work. Try again.")
NO_ROLE = N_("You have no role here. Ask an administrator to give you one.")
NAME_TAKEN = N_("Somebody here has your name already. Ask an administrator.")


@blueprint.get("")
@public
def begin() -> ResponseReturnValue:
    """Lead to the provider."""
    from web.office.house.oidc import Begun, NotSignedInThere, way_there

    begun = Begun.new()
    try:
        response = make_response(redirect(way_there(_settings(), begun, _back()), 303))
    except NotSignedInThere as error:
        return _refused(error, REFUSED, 502)
    kept = json.dumps(asdict(begun) | {"next": way_on()})
    # Lax, since the provider's page leads back; it is good for nothing but that.
    response.set_cookie(
        COOKIE,
        kept,
        max_age=int(WITHIN.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
        path=url_for("single_sign_on.begin"),
    )
    return response


@blueprint.get("/back")
@public
def back() -> ResponseReturnValue:
    """Take whoever comes back from the provider in, if its answer fits the way that this browser has begun."""
    from web.office.house.oidc import Begun, NoRole, NotSignedInThere, identity_in

    codes, settings = services().codes, _settings()
    try:
        kept = json.loads(request.cookies.get(COOKIE, ""))
        begun, where = Begun(*(str(kept[name]) for name in ("state", "nonce", "verifier"))), str(kept["next"])
    except (ValueError, KeyError, TypeError) as error:
        return _refused(error, REFUSED, 403)
    try:
        identity = identity_in(settings, begun, request.url, _back(), int(codes.clock().timestamp()))
        nobody_knows = hash_password(secrets.token_urlsafe(32))
        found = codes.write(member_of_identity, identity, nobody_knows)
    except NotSignedInThere as error:
        return _refused(error, REFUSED, 403)
    except NoRole as error:
        return _refused(error, NO_ROLE, 403)
    except NameTaken as error:
        return _refused(error, NAME_TAKEN, 403)
    response = begun_for(found, where, how="single_sign_on.back")
    if response is None:
        return _refused(None, NO_ROLE, 403)
    response.delete_cookie(COOKIE, path=url_for("single_sign_on.begin"))
    return response


def _settings() -> OidcSettings:
    return services().signing_in.oidc or abort(404)


def _back() -> str:
    """Return the address to which the provider leads back; it is registered there, and never the caller's to say."""
    return services().pages_url.rstrip("/") + url_for("single_sign_on.back")


def _refused(error: Exception | None, words: str, status: int) -> tuple[Response, int]:
    log.warning("single sign-on: refused: %s", type(error).__name__ if error else "blocked")
    return make_response(sign_in_page(trouble=text(current_language().code, words))), status
