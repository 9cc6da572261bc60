"""API keys: made and shown once, with what they may, when they were used last, and their end."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from codes.accounts.api_keys import USUAL_SCOPES, Scope, add_key, listed_keys, revoke_key
from web.api.requests import ShortName
from web.http.access import for_roles
from web.http.forms import FormModel, Ticked, form_as
from web.i18n import current_language, text
from web.i18n.office_words import SCOPE_WORDS
from web.office.refusals import refused_by
from web.services import services

blueprint = Blueprint("keys", __name__, url_prefix="/office/keys")


class KeyForm(FormModel):
    """A key to make; no scopes means the usual ones."""

    name: ShortName
    scopes: tuple[Scope, ...] = ()
    test: Ticked = False


@blueprint.get("")
@for_roles()
def listed() -> ResponseReturnValue:
    """List the keys, and offer to make one."""
    return _page()


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Make a key and show it, this once."""
    try:
        form = form_as(KeyForm)
    except ValidationError as error:
        return _page(refused=refused_by(error)), 422
    key = services().codes.write(add_key, form.name, form.scopes or USUAL_SCOPES, test=form.test)
    return _page(name=form.name, key=key)


@blueprint.post("/<uuid:key_id>/revoke")
@for_roles()
def revoke(key_id: UUID) -> ResponseReturnValue:
    """End a key at once."""
    services().codes.write(revoke_key, key_id)
    return redirect(url_for("keys.listed"), 303)


def _page(**more: object) -> str:
    return render_template(
        "office/house/keys.html",
        here="keys.listed",
        keys=services().codes.read(listed_keys),
        scopes=tuple(Scope),
        scope_words={scope: text(current_language().code, word) for scope, word in SCOPE_WORDS.items()},
        usual=USUAL_SCOPES,
        **more,
    )
