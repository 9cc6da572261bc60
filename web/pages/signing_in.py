"""Signing in to the office: name and password, then the second factor of those who have one."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import SECOND_FACTOR_WITHIN, SESSION_LIFETIME, Member, Role
from web.access import STAFF_COOKIE, for_roles, public, set_cookie
from web.parts import parts

blueprint = Blueprint("signing_in", __name__, url_prefix="/office")

SPAN = timedelta(minutes=15)
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 50
CODES_PER_ACCOUNT = 5


@blueprint.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Sign a member of staff in."""
    if request.method != "POST":
        return render_template("office/sign-in.html", failed=False, name="", minutes=None)
    name, codes = request.form.get("name", "")[:100], parts().codes
    account, address = f"account {name.casefold()}", f"address {request.remote_addr}"
    waits = (
        codes.throttle.charge(address, TRIES_PER_ADDRESS, SPAN),
        codes.throttle.charge(account, TRIES_PER_ACCOUNT, SPAN),
    )
    if wait := max((wait for wait in waits if wait), default=None):
        return _too_many(wait, name)
    session = codes.access.sign_in(name, request.form.get("password", "")[:1000])
    staff_id = codes.access.account_named(name)
    if staff_id is not None:
        status = 403 if session is None else 200
        codes.staff_log.end(codes.staff_log.begin(staff_id, name, "signing_in.sign_in", ""), status)
    if session is None:
        return render_template("office/sign-in.html", failed=True, name=name, minutes=None), 403
    codes.throttle.forgive(account)
    wanted = request.args.get("next")
    where = url_for("signing_in.second_factor", next=wanted) if session.second_factor_due else _way_on()
    lifetime = SECOND_FACTOR_WITHIN if session.second_factor_due else SESSION_LIFETIME
    return _with_session(where, session.secret, lifetime)


@blueprint.route("/second-factor", methods=["GET", "POST"])
@public
def second_factor() -> ResponseReturnValue:
    """Ask for the code of an authenticator app, or for a recovery code."""
    codes, session = parts().codes, request.cookies.get(STAFF_COOKIE, "")
    member = codes.access.member_of(session, second_factor_due=True)
    if member is None:
        return redirect(url_for("signing_in.sign_in"), 303)
    if request.method != "POST":
        return render_template("office/second-factor.html", failed=False)
    if wait := codes.throttle.charge(f"second factor {member.staff_id}", CODES_PER_ACCOUNT, SPAN):
        return _too_many(wait, member.name)
    fresh = _completed(member, session)
    if fresh is None:
        return render_template("office/second-factor.html", failed=True), 403
    codes.throttle.forgive(f"second factor {member.staff_id}")
    return _with_session(_way_on(), fresh, SESSION_LIFETIME)


@blueprint.post("/sign-out")
@for_roles(*Role)
def sign_out() -> ResponseReturnValue:
    """End the session at once."""
    parts().codes.access.sign_out(request.cookies.get(STAFF_COOKIE, ""))
    response = redirect(url_for("signing_in.sign_in"), 303)
    response.delete_cookie(STAFF_COOKIE)
    return response


def _completed(member: Member, session: str) -> str | None:
    codes = parts().codes
    right = codes.second_factors.spend(member.staff_id, request.form.get("code", "")[:100])
    action = codes.staff_log.begin(member.staff_id, member.name, "signing_in.second_factor", "")
    codes.staff_log.end(action, 200 if right else 403)
    return codes.access.complete(session) if right else None


def _with_session(where: str, secret: str, lifetime: timedelta) -> ResponseReturnValue:
    response = make_response(redirect(where, 303))
    set_cookie(response, STAFF_COOKIE, secret, int(lifetime.total_seconds()))
    return response


def _too_many(wait: timedelta, name: str) -> ResponseReturnValue:
    minutes = math.ceil(wait.total_seconds() / 60)
    page = render_template("office/sign-in.html", failed=False, name=name, minutes=minutes)
    return page, 429, {"Retry-After": str(math.ceil(wait.total_seconds()))}


def _way_on() -> str:
    """Only back into the office, never to another site."""
    wanted = request.args.get("next", "")
    ours = re.fullmatch(r"/office([/?][!-~]*)?", wanted) is not None and "\\" not in wanted
    return wanted if ours else url_for("office.parcels")
