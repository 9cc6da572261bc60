"""One's own account: password, second factor, and where else one is signed in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import SHORTEST_PASSWORD, Role
from codes.accounts.second_factor import WrongOneTimeCode
from web.access import STAFF_COOKIE, for_roles, for_staff, this_member
from web.i18n import N_, current_language, text
from web.pages.addresses import as_data, symbol_of_link
from web.pages.signing_in import CODES_PER_ACCOUNT, SPAN
from web.parts import parts
from web.problems import Problem

blueprint = Blueprint("account", __name__, url_prefix="/office/account")

everybody = for_roles(*Role)
DONE = {"password": N_("The password is changed."), "out": N_("Signed out everywhere else.")}


@blueprint.get("")
@for_staff
def account() -> ResponseReturnValue:
    """Show one's own account."""
    return _page()


@blueprint.post("/password")
@everybody
def password() -> ResponseReturnValue:
    """Change one's own password, which ends all other sessions."""
    access, member = parts().codes.access, this_member()
    _charge()
    new = request.form.get("new", "")
    if not SHORTEST_PASSWORD <= len(new) <= 1000:
        return _page(trouble=N_("Too short: at least ten characters.")), 422
    if access.member_by_password(member.name, request.form.get("old", "")[:1000]) is None:
        return _page(trouble=N_("The old password is wrong.")), 403
    access.set_password(member.staff_id, new)
    access.sign_out_everywhere(member.staff_id, but=request.cookies.get(STAFF_COOKIE, ""))
    return redirect(url_for("account.account", done="password"), 303)


@blueprint.post("/sessions")
@everybody
def sign_out_elsewhere() -> ResponseReturnValue:
    """End all other sessions of one's own."""
    parts().codes.access.sign_out_everywhere(this_member().staff_id, but=request.cookies.get(STAFF_COOKIE, ""))
    return redirect(url_for("account.account", done="out"), 303)


@blueprint.post("/second-factor")
@everybody
def begin() -> ResponseReturnValue:
    """Show the symbol for a new authenticator, after the password."""
    codes, member = parts().codes, this_member()
    _charge()
    if codes.access.member_by_password(member.name, request.form.get("password", "")[:1000]) is None:
        return _page(trouble=N_("The password is wrong.")), 403
    codes.second_factors.begin(member.staff_id)
    return _enrolment(failed=False)


@blueprint.post("/second-factor/confirm")
@everybody
def confirm() -> ResponseReturnValue:
    """Take the new authenticator's first code, and show recovery codes once."""
    _charge()
    factors, member = parts().codes.second_factors, this_member()
    try:
        codes = factors.confirm(member.staff_id, request.form.get("code", "")[:100])
    except WrongOneTimeCode:
        if factors.unfinished(member.staff_id) is None:
            return redirect(url_for("account.account"), 303)
        return _enrolment(failed=True), 403
    return render_template("office/recovery-codes.html", here="account.account", codes=codes)


def _charge() -> None:
    """Bear only so many guesses of somebody who sits down at a desk that is signed in."""
    member = this_member()
    wait = parts().codes.throttle.charge(f"own account {member.staff_id}", 2 * CODES_PER_ACCOUNT, SPAN)
    if wait:
        raise Problem(429, "too-many-tries", "too many tries; wait a quarter of an hour")


def _enrolment(*, failed: bool) -> str:
    factors, member = parts().codes.second_factors, this_member()
    factor_id = factors.unfinished(member.staff_id)
    assert factor_id is not None
    link = factors.provisioning_uri(factor_id, member.name)
    secret = link.partition("secret=")[2].partition("&")[0]
    symbol = as_data(symbol_of_link(link))
    here = "account.account"
    return render_template("office/second-factor-enrol.html", here=here, symbol=symbol, secret=secret, failed=failed)


def _page(trouble: str | None = None) -> str:
    codes, member = parts().codes, this_member()
    language, done = current_language().code, DONE.get(request.args.get("done", ""))
    return render_template(
        "office/account.html",
        here="account.account",
        member=member,
        has_second_factor=codes.second_factors.has(member.staff_id),
        left=codes.second_factors.recovery_codes_left(member.staff_id),
        trouble=text(language, trouble) if trouble else None,
        done=text(language, done) if done else None,
    )
