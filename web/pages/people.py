"""Who works here, what they may, and what they did."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import NameTaken, Role, Task
from codes.symbols import label_png
from web.access import for_roles, this_member
from web.i18n import current_language, text
from web.office_words import ROLE_WORDS, TASK_WORDS
from web.pages.addresses import as_data
from web.parts import parts

blueprint = Blueprint("people", __name__, url_prefix="/office")

LISTED = 200


@blueprint.get("/people")
@for_roles()
def listed() -> ResponseReturnValue:
    """List the members of staff."""
    return _page()


@blueprint.post("/people")
@for_roles()
def add() -> ResponseReturnValue:
    """Add somebody, and show the first password once."""
    name, role = " ".join(request.form.get("name", "").split())[:100], request.form.get("role", "")
    if not name or role not in set(Role):
        abort(400)
    password = secrets.token_urlsafe(12)
    try:
        parts().codes.access.add_staff(name, password, Role(role))
    except NameTaken:
        return _page(taken=True), 409
    return _page(name=name, password=password)


@blueprint.post("/people/<uuid:staff_id>/<what>")
@for_roles()
def change(staff_id: UUID, what: str) -> ResponseReturnValue:
    """Block somebody or let them in, end their sessions, give a new password, PIN or badge, reset a second factor."""
    codes = parts().codes
    if what not in ("block", "unblock", "sign_out", "password", "second_factor", "pin", "badge"):
        abort(404)
    account = next((each for each in codes.access.accounts() if each.staff_id == staff_id), None) or abort(404)
    if account.staff_id == this_member().staff_id and what in ("block", "sign_out"):
        abort(409)
    if what in ("block", "unblock"):
        codes.access.block(staff_id, blocked=what == "block")
    elif what == "sign_out":
        codes.access.sign_out_everywhere(staff_id)
    elif what == "second_factor":
        codes.second_factors.remove(staff_id)
    elif what == "pin":
        return _page(name=account.name, password=codes.shifts.new_pin(staff_id))
    elif what == "badge":
        badge = codes.shifts.new_badge(staff_id)
        return render_template(
            "office/badge.html", here="people.listed", name=account.name, symbol=as_data(label_png(badge))
        )
    else:
        password = secrets.token_urlsafe(12)
        codes.access.set_password(staff_id, password)
        codes.access.sign_out_everywhere(staff_id)
        return _page(name=account.name, password=password)
    return redirect(url_for("people.listed"), 303)


@blueprint.post("/people/<uuid:staff_id>/tasks")
@for_roles()
def grant(staff_id: UUID) -> ResponseReturnValue:
    """Say what somebody may do at counters, whatever their role may in the office."""
    wanted = request.form.getlist("task")
    parts().codes.access.grant(staff_id, frozenset(task for task in Task if task in wanted))
    return redirect(url_for("people.listed"), 303)


@blueprint.get("/actions")
@for_roles(Role.AUDITOR)
def actions() -> ResponseReturnValue:
    """Show what members of staff did, newest first."""
    search = {name: request.args.get(name, "").strip() for name in ("name", "subject")}
    found = parts().codes.staff_log.listed(limit=LISTED, **search)
    return render_template("office/actions.html", here="people.actions", actions=found, search=search)


def _page(*, name: str | None = None, password: str | None = None, taken: bool = False) -> str:
    language = current_language().code
    return render_template(
        "office/people.html",
        here="people.listed",
        accounts=parts().codes.access.accounts(),
        roles={role: text(language, word) for role, word in ROLE_WORDS.items()},
        tasks={task: text(language, word) for task, word in TASK_WORDS.items()},
        means=parts().codes.shifts.means(),
        me=this_member().staff_id,
        name=name,
        password=password,
        taken=taken,
    )
