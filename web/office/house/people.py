"""Who works here, and what they may."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.passkeys import passkeys_of_all, reset_account, take_passkey_away
from codes.accounts.passwords import hash_password
from codes.accounts.second_factor import remove_second_factor
from codes.accounts.sessions import end_sessions
from codes.accounts.shifts import give_badge, means_of_staff, new_pin, set_pin
from codes.accounts.staff import NameTaken, Role, Task, add_staff, block_staff, grant_tasks, list_staff
from codes.values.symbols import label_png
from web.http.access import for_roles, this_member
from web.http.links import as_data
from web.i18n import N_, current_language, text
from web.i18n.office_words import ROLE_WORDS, TASK_WORDS
from web.office.refusals import Refused, refused_for
from web.outside_text import one_line
from web.services import services

blueprint = Blueprint("people", __name__, url_prefix="/office")

TAKEN = N_("This name is taken.")
CHANGES = frozenset({"block", "unblock", "sign_out", "password", "second_factor", "pin", "badge"})


@blueprint.get("/people")
@for_roles()
def listed() -> ResponseReturnValue:
    """List the members of staff."""
    return _page()


@blueprint.post("/people")
@for_roles()
def add() -> ResponseReturnValue:
    """Add somebody, and show the first password once."""
    name, role = one_line(request.form.get("name", "")), request.form.get("role", "")
    if role not in set(Role):
        abort(400)
    if not name:
        return _page(refused=refused_for(["name"])), 422
    password = secrets.token_urlsafe(12)
    hashed = hash_password(password)
    try:
        services().codes.write(add_staff, name, hashed, Role(role))
    except NameTaken:
        return _page(refused=Refused(text(current_language().code, TAKEN), ("name",))), 409
    return _page(name=name, password=password)


@blueprint.post("/people/<uuid:staff_id>/<what>")
@for_roles()
def change(staff_id: UUID, what: str) -> ResponseReturnValue:
    """Block somebody or let them in, end their sessions, give a new password, PIN or badge, reset a second factor."""
    codes = services().codes
    if what not in CHANGES:
        abort(404)
    account = next((each for each in codes.read(list_staff) if each.staff_id == staff_id), None) or abort(404)
    if account.staff_id == this_member().staff_id and what in ("block", "sign_out"):
        abort(409)
    if what in ("block", "unblock"):
        codes.write(block_staff, staff_id, blocked=what == "block")
    elif what == "sign_out":
        codes.write(end_sessions, staff_id)
    elif what == "second_factor":
        codes.write(remove_second_factor, staff_id)
    elif what == "pin":
        pin = new_pin()
        codes.write(set_pin, staff_id, hash_password(pin))
        return _page(name=account.name, password=pin)
    elif what == "badge":
        badge = codes.write(give_badge, staff_id)
        return render_template(
            "office/house/badge.html", here="people.listed", name=account.name, symbol=as_data(label_png(badge))
        )
    else:
        password = secrets.token_urlsafe(12)
        codes.write(reset_account, staff_id, hash_password(password))
        return _page(name=account.name, password=password)
    return redirect(url_for("people.listed"), 303)


@blueprint.post("/people/<uuid:staff_id>/tasks")
@for_roles()
def grant(staff_id: UUID) -> ResponseReturnValue:
    """Say what somebody may do at counters, whatever their role may in the office."""
    wanted = request.form.getlist("task")
    services().codes.write(grant_tasks, staff_id, frozenset(task for task in Task if task in wanted))
    return redirect(url_for("people.listed"), 303)


@blueprint.post("/people/<uuid:staff_id>/passkeys/<uuid:passkey_id>/remove")
@for_roles()
def remove_passkey(staff_id: UUID, passkey_id: UUID) -> ResponseReturnValue:
    """Forget somebody's passkey, such as that of a phone which was lost; whoever is in by it is signed out."""
    services().codes.write(take_passkey_away, staff_id, passkey_id)
    return redirect(url_for("people.listed"), 303)


def _page(*, name: str | None = None, password: str | None = None, refused: Refused | None = None) -> str:
    language = current_language().code
    return render_template(
        "office/house/people.html",
        here="people.listed",
        accounts=services().codes.read(list_staff),
        roles={role: text(language, word) for role, word in ROLE_WORDS.items()},
        tasks={task: text(language, word) for task, word in TASK_WORDS.items()},
        means=services().codes.read(means_of_staff),
        passkeys=services().codes.read(passkeys_of_all),
        me=this_member().staff_id,
        name=name,
        password=password,
        refused=refused,
    )
