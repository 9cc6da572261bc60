"""Signing in to the office: name and password, then the second factor of those who have one."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.known_browsers import known_browser, new_mark
from codes.accounts.passwords import TooManyHashes
from codes.accounts.second_factor import spend_code
from codes.accounts.sessions import (
    SECOND_FACTOR_WITHIN,
    SESSION_LIFETIME,
    SignedIn,
    begin_session,
    complete_session,
    end_session,
    member_of_session,
)
from codes.accounts.staff import Credentials, Member, Role, credentials_named, member_by_password
from codes.accounts.staff_log import log_action
from codes.accounts.throttling import Limit, charge, give_back
from codes.store.transaction import Transaction
from web.http.access import STAFF_COOKIE, for_roles, named_by_proxy, public, set_cookie, staff_session
from web.http.limits.guess_limits import (
    IPV4_PREFIX,
    code_limits,
    give_tries_back,
    known_browser_limit,
    stranger_limits,
)
from web.http.origin import network_of
from web.services import services

blueprint = Blueprint("signing_in", __name__, url_prefix="/office")

KNOWN_COOKIE = "doorcode_known"
KNOWN_FOR = timedelta(days=400)
"""Browsers keep no cookie for longer (RFC 6265bis §5.5)."""


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign a member of staff in."""
    if request.method != "POST":
        named = named_by_proxy()
        if named is None or "out" in request.args:
            return sign_in_page(named=named)
        return _sign_in_by_proxy(named)
    codes, name = services().codes, request.form.get("name", "")[:100]
    found = codes.read(credentials_named, name)
    limits = _limits(name, found)
    if wait := codes.write(charge, *limits):
        return _too_many(wait, name)
    try:
        member = member_by_password(found, request.form.get("password", "")[:1000])
    except TooManyHashes:
        # Nothing was compared.
        give_tries_back(*limits)
        raise
    session = codes.write(_let_in, found, limits, how="signing_in.sign_in") if found and member else None
    if session is None:
        if found is not None:
            codes.write(log_action, found.member.staff_id, name, "signing_in.sign_in", "", 403)
        return sign_in_page(failed=True, name=name), 403
    return _begun(session) if session.second_factor_due else _remembering(_begun(session), name)


@blueprint.route("/second-factor", methods=["GET", "POST"])
@public
def second_factor() -> ResponseReturnValue:
    """Ask for the code of an authenticator app, or for a recovery code."""
    codes, session = services().codes, staff_session(request)
    member = codes.read(member_of_session, session, second_factor_due=True)
    if member is None:
        return redirect(url_for("signing_in.sign_in"), 303)
    if request.method != "POST":
        return render_template("office/account/second-factor.html", failed=False)
    browser_id = _known_browser(codes.read(credentials_named, member.name))
    limits = code_limits(member.staff_id, browser_id or _network(), is_known=browser_id is not None)
    if wait := codes.write(charge, *limits):
        return _too_many(wait, member.name)
    fresh = codes.write(_complete, member, session, request.form.get("code", "")[:100], limits)
    if fresh is None:
        return render_template("office/account/second-factor.html", failed=True), 403
    return _remembering(_with_session(way_on(), fresh, SESSION_LIFETIME), member.name)


@blueprint.post("/sign-out")
@for_roles(*Role)
def sign_out() -> ResponseReturnValue:
    """End the session at once."""
    services().codes.write(end_session, staff_session(request))
    # Where a proxy names who is there, signing out would else be signing in again.
    response = redirect(url_for("signing_in.sign_in", out="1" if named_by_proxy() else None), 303)
    response.delete_cookie(STAFF_COOKIE)
    return response


def _sign_in_by_proxy(name: str) -> ResponseReturnValue:
    """Let in whom the proxy has signed in; the second factor of those who have one is asked all the same."""
    codes = services().codes
    found = codes.read(credentials_named, name)
    session = codes.write(_let_in, found, (), how="signing_in.by_proxy") if found and not found.blocked else None
    if session is None:
        return sign_in_page(stranger=name), 403
    return _begun(session)


def begun_for(found: Credentials | None, where: str, *, how: str) -> Response | None:
    """Begin a session for whom somebody else has verified; a page of ours leads on. None for whoever is blocked."""
    due = found is not None and found.second_factor
    on = url_for("signing_in.second_factor", next=where) if due else where
    return let_in_by(found, make_response(render_template("office/account/come-in.html", where=on)), how=how)


def let_in_by(found: Credentials | None, response: Response, *, how: str) -> Response | None:
    """Begin a session and send it with this answer. None for whoever is blocked."""
    session = services().codes.write(_let_in, found, (), how=how) if found and not found.blocked else None
    if session is None:
        return None
    lifetime = SECOND_FACTOR_WITHIN if session.second_factor_due else SESSION_LIFETIME
    set_cookie(response, STAFF_COOKIE, session.secret, int(lifetime.total_seconds()))
    return response


def _begun(session: SignedIn) -> Response:
    """Answer with a new session: go on, or to the second factor first."""
    if session.second_factor_due:
        where = url_for("signing_in.second_factor", next=request.args.get("next"))
        return _with_session(where, session.secret, SECOND_FACTOR_WITHIN)
    return _with_session(way_on(), session.secret, SESSION_LIFETIME)


def sign_in_page(**said: object) -> str:
    """Show the page with name and password, and with what leads to the identity provider where there is one."""
    oidc = services().signing_in.oidc
    return render_template("office/account/sign-in.html", single_sign_on=oidc and (oidc.name or oidc.issuer), **said)


def remember_browser(response: Response, name: str) -> None:
    """Let this browser keep a budget of tries of its own for the account; a mark of an older password ends."""
    found = services().codes.read(credentials_named, name)
    if found is not None:
        mark = new_mark(services().codes.ring(), found.member.staff_id, found.password_hash)
        set_cookie(response, _known_cookie(found.member.staff_id), mark, int(KNOWN_FOR.total_seconds()))


def _let_in(t: Transaction, found: Credentials, limits: tuple[Limit, ...], *, how: str) -> SignedIn | None:
    session = begin_session(t, found)
    if session is not None:
        give_back(t, *limits)
        log_action(t, found.member.staff_id, found.member.name, how, "", 200)
    return session


def _complete(t: Transaction, member: Member, session: str, code: str, limits: tuple[Limit, ...]) -> str | None:
    fresh = complete_session(t, session) if spend_code(t, member.staff_id, code) else None
    status = 403 if fresh is None else 200
    log_action(t, member.staff_id, member.name, "signing_in.second_factor", "", status)
    if fresh is not None:
        give_back(t, *limits)
    return fresh


def _limits(name: str, found: Credentials | None) -> tuple[Limit, ...]:
    """Return what is charged: a browser that is known by itself, all others by network and account."""
    browser_id = _known_browser(found)
    if browser_id is not None:
        return (known_browser_limit(browser_id),)
    return stranger_limits(name, _network())


def _known_browser(found: Credentials | None) -> str | None:
    if found is None:
        return None
    staff_id = found.member.staff_id
    mark = request.cookies.get(_known_cookie(staff_id), "")
    return known_browser(services().codes.ring(), staff_id, found.password_hash, mark)


def _known_cookie(staff_id: UUID) -> str:
    """Return the cookie of an account: colleagues may share a desk."""
    return f"{KNOWN_COOKIE}_{staff_id.hex[-8:]}"


def _network() -> str:
    return network_of(request.remote_addr, ipv4_prefix=IPV4_PREFIX)


def _with_session(where: str, secret: str, lifetime: timedelta) -> Response:
    response = make_response(redirect(where, 303))
    set_cookie(response, STAFF_COOKIE, secret, int(lifetime.total_seconds()))
    return response


def _remembering(response: Response, name: str) -> Response:
    remember_browser(response, name)
    return response


def _too_many(wait: timedelta, name: str) -> ResponseReturnValue:
    minutes = math.ceil(wait.total_seconds() / 60)
    return sign_in_page(name=name, minutes=minutes), 429, {"Retry-After": str(math.ceil(wait.total_seconds()))}


def way_on(wanted: str | None = None) -> str:
    """Return where to go on, which the address says unless it is given: back into the office, never to another site."""
    wanted = request.args.get("next", "") if wanted is None else wanted
    ours = re.fullmatch(r"/office([/?][!-~]*)?", wanted) is not None and "\\" not in wanted
    return wanted if ours else url_for("overview.today")
