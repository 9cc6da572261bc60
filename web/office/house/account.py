"""One's own account: password, second factor, and where else one is signed in."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.identities import is_linked
from codes.accounts.passkeys import passkeys_of
from codes.accounts.passwords import TooManyHashes, hash_password
from codes.accounts.second_factor import (
    WrongOneTimeCode,
    begin_second_factor,
    confirm_second_factor,
    has_second_factor,
    provisioning_uri,
    recovery_codes_left,
    unfinished_second_factor,
)
from codes.accounts.sessions import end_sessions, reset_password
from codes.accounts.staff import SHORTEST_PASSWORD, Role, credentials_named, member_by_password
from codes.accounts.throttling import Limit
from web.http.access import for_roles, for_staff, staff_session, this_member
from web.http.limits.guess_limits import SPAN, TRIES_PER_ACCOUNT, charge_tries, give_tries_back
from web.http.links import as_data, symbol_of_link
from web.i18n import N_, current_language, text
from web.office.house.signing_in import remember_browser
from web.services import services

blueprint = Blueprint("account", __name__, url_prefix="/office/account")

everybody = for_roles(*Role)
DONE = {
    "password": N_("The password is changed."),
    "out": N_("Signed out everywhere else."),
    "linked": N_("You can sign in there now."),
}
TROUBLE = {
    "taken": N_("Somebody else here signs in with that account already."),
    "loses": N_("You are an administrator here and would not be with your groups there, so nothing was linked."),
}


@blueprint.get("")
@for_staff
def account() -> ResponseReturnValue:
    """Show one's own account."""
    return account_page()


@blueprint.post("/password")
@everybody
def password() -> ResponseReturnValue:
    """Change one's own password, which ends all other sessions."""
    member, new = this_member(), request.form.get("new", "")
    if not SHORTEST_PASSWORD <= len(new) <= 1000:
        return account_page(trouble=N_("Too short: at least ten characters.")), 422
    if not is_own_password(request.form.get("old", "")):
        return account_page(trouble=N_("The old password is wrong.")), 403
    services().codes.write(reset_password, member.staff_id, hash_password(new), but=staff_session(request))
    response = make_response(redirect(url_for("account.account", done="password"), 303))
    remember_browser(response, member.name)
    return response


@blueprint.post("/sessions")
@everybody
def sign_out_elsewhere() -> ResponseReturnValue:
    """End all other sessions of one's own."""
    services().codes.write(end_sessions, this_member().staff_id, but=staff_session(request))
    return redirect(url_for("account.account", done="out"), 303)


@blueprint.post("/second-factor")
@everybody
def begin() -> ResponseReturnValue:
    """Show the symbol for a new authenticator, after the password."""
    if not is_own_password(request.form.get("password", "")):
        return account_page(trouble=N_("The password is wrong.")), 403
    services().codes.write(begin_second_factor, this_member().staff_id)
    return _enrolment(failed=False)


@blueprint.post("/second-factor/confirm")
@everybody
def confirm() -> ResponseReturnValue:
    """Take the new authenticator's first code, and show recovery codes once."""
    codes, staff_id, limit = services().codes, this_member().staff_id, _own_limit()
    charge_tries(limit)
    try:
        spares = codes.write(confirm_second_factor, staff_id, request.form.get("code", "")[:100])
    except WrongOneTimeCode:
        if codes.read(unfinished_second_factor, staff_id) is None:
            return redirect(url_for("account.account"), 303)
        return _enrolment(failed=True), 403
    give_tries_back(limit)
    return render_template("office/account/recovery-codes.html", here="account.account", codes=spares)


def is_own_password(given: str) -> bool:
    """Compare, and bear only so many guesses of somebody who sits down at a desk that is signed in."""
    codes, limit = services().codes, _own_limit()
    charge_tries(limit)
    try:
        is_right = member_by_password(codes.read(credentials_named, this_member().name), given[:1000]) is not None
    except TooManyHashes:
        give_tries_back(limit)
        raise
    if is_right:
        give_tries_back(limit)
    return is_right


def _own_limit() -> Limit:
    return Limit(f"own account {this_member().staff_id}", TRIES_PER_ACCOUNT, SPAN)


def _enrolment(*, failed: bool) -> str:
    codes, member = services().codes, this_member()
    factor_id = codes.read(unfinished_second_factor, member.staff_id)
    assert factor_id is not None
    link = codes.read(provisioning_uri, factor_id, member.name)
    secret = link.partition("secret=")[2].partition("&")[0]
    symbol = as_data(symbol_of_link(link))
    here = "account.account"
    return render_template(
        "office/account/second-factor-enrol.html", here=here, symbol=symbol, secret=secret, failed=failed
    )


def account_page(trouble: str | None = None) -> str:
    """Return one's own account's page."""
    codes, member = services().codes, this_member()
    language, done = current_language().code, DONE.get(request.args.get("done", ""))
    trouble, oidc = trouble or TROUBLE.get(request.args.get("done", "")), services().signing_in.oidc
    return render_template(
        "office/account/account.html",
        here="account.account",
        member=member,
        has_second_factor=codes.read(has_second_factor, member.staff_id),
        left=codes.read(recovery_codes_left, member.staff_id),
        provider=oidc and (oidc.name or oidc.issuer),
        is_linked=oidc is not None and codes.read(is_linked, member.staff_id, oidc.issuer),
        passkeys=codes.read(passkeys_of, member.staff_id),
        trouble=text(language, trouble) if trouble else None,
        done=text(language, done) if done else None,
    )
