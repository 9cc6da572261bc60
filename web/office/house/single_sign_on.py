"""Signing in at the house's identity provider: the way there, and back."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.identities import (
    Identity,
    IdentityTaken,
    LosesAdministrator,
    link_identity,
    member_of_identity,
    unlink_identity,
)
from codes.accounts.passkeys import given_at, new_challenge
from codes.accounts.passwords import hash_password
from codes.accounts.staff import NameTaken, Role
from codes.accounts.staff_log import log_action
from codes.store.transaction import Transaction
from web.http.access import for_roles, public, this_member
from web.i18n import N_, current_language, text
from web.office.house.account import account_page, is_own_password
from web.office.house.signing_in import begun_for, sign_in_page, way_on
from web.processes.troubles import log_asked_for
from web.services import services
from web.settings import OidcSettings

log = logging.getLogger("doorcode.web")
blueprint = Blueprint("single_sign_on", __name__, url_prefix="/office/single-sign-on")

COOKIE = "doorcode_single_sign_on"
WITHIN = timedelta(minutes=10)
REFUSED = N_("Signing in there did not work. Try again.")
NO_ROLE = N_("You have no role here. Ask an administrator to give you one.")
NAME_TAKEN = N_("Somebody here already has your name. Ask an administrator.")


@blueprint.get("")
@public
def begin() -> ResponseReturnValue:
    """Lead to the provider."""
    return _begun(None, {"next": way_on()})


@blueprint.post("/link")
@for_roles(*Role)
def link() -> ResponseReturnValue:
    """Lead to the provider, to come back with the identity by which one's own account is entered from then on.

    The way back comes from another site, and without the session's cookie; so the state itself is sealed, and says
    whose account it is for as long as it is good.
    """
    member, codes = this_member(), services().codes
    _settings()
    if not is_own_password(request.form.get("password", "")):
        return account_page(trouble=N_("The password is wrong.")), 403
    state = new_challenge(codes.ring(), _linking(member.staff_id), codes.clock()).hex()
    return _begun(state, {"link": member.staff_id.hex})


@blueprint.post("/unlink")
@for_roles(*Role)
def unlink() -> ResponseReturnValue:
    """Let nobody into one's own account by an identity of the provider any more."""
    services().codes.write(unlink_identity, this_member().staff_id, _settings().issuer)
    return redirect(url_for("account.account"), 303)


def _begun(state: str | None, wanted: dict[str, str]) -> ResponseReturnValue:
    from web.office.house.oidc import Begun, NotSignedInThere, way_there

    begun = Begun.new(state)
    try:
        response = make_response(redirect(way_there(_settings(), begun, _back()), 303))
    except NotSignedInThere as error:
        return _refused(error, REFUSED, 502)
    kept = json.dumps(asdict(begun) | wanted)
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
        begun = Begun(*(str(kept[name]) for name in ("state", "nonce", "verifier")))
        where, owner = way_on(str(kept.get("next", ""))), UUID(str(kept["link"])) if "link" in kept else None
        sealed = bytes.fromhex(begun.state) if owner is not None else b""
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return _refused(error, REFUSED, 403)
    try:
        identity = identity_in(settings, begun, request.url, _back(), int(codes.clock().timestamp()))
        if owner is not None:
            return _linked(owner, sealed, identity)
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


def _linked(owner: UUID, state: bytes, identity: Identity) -> ResponseReturnValue:
    """Bind the identity to the account that the sealed state names, and lead on to that account's page."""
    codes, done = services().codes, "linked"
    if given_at(codes.ring(), _linking(owner), state, codes.clock()) is None:
        return _refused(None, REFUSED, 403)
    try:
        codes.write(_link_and_log, owner, identity)
    except IdentityTaken:
        done = "taken"
    except LosesAdministrator:
        done = "loses"
    page = render_template("office/account/come-in.html", where=url_for("account.account", done=done))
    response = make_response(page, 200 if done == "linked" else 409)
    response.delete_cookie(COOKIE, path=url_for("single_sign_on.begin"))
    return response


def _link_and_log(t: Transaction, owner: UUID, identity: Identity) -> None:
    name = link_identity(t, owner, identity)
    log_action(t, owner, name, "single_sign_on.linked", "", 200)


def _linking(owner: UUID) -> bytes:
    return b"link identity " + owner.bytes


def _settings() -> OidcSettings:
    return services().signing_in.oidc or abort(404)


def _back() -> str:
    """Return the address to which the provider leads back; it is registered there, and never the caller's to say."""
    return services().pages_url.rstrip("/") + url_for("single_sign_on.back")


def _refused(error: Exception | None, words: str, status: int) -> tuple[Response, int]:
    log_asked_for(log, f"single sign-on: refused: {type(error).__name__ if error else 'blocked'}")
    return make_response(sign_in_page(trouble=text(current_language().code, words))), status
