"""API keys: made and shown once, with what they may, when they were used last, and their end."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.api_keys import Scope
from web.access import for_roles
from web.parts import parts

blueprint = Blueprint("keys", __name__, url_prefix="/office/keys")


@blueprint.get("")
@for_roles()
def listed() -> ResponseReturnValue:
    """List the keys, and offer to make one."""
    return _page()


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Make a key and show it, this once."""
    name = " ".join(request.form.get("name", "").split())[:100]
    scopes = [Scope(each) for each in request.form.getlist("scopes") if each in set(Scope)] or list(Scope)
    if not name:
        abort(400)
    return _page(name=name, key=parts().codes.api_keys.add(name, scopes, test="test" in request.form))


@blueprint.post("/<uuid:key_id>/revoke")
@for_roles()
def revoke(key_id: UUID) -> ResponseReturnValue:
    """End a key at once."""
    parts().codes.api_keys.revoke(key_id)
    return redirect(url_for("keys.listed"), 303)


def _page(**more: object) -> str:
    return render_template(
        "office/keys.html", here="keys.listed", keys=parts().codes.api_keys.listed(), scopes=tuple(Scope), **more
    )
