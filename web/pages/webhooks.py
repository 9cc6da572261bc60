"""Where events go: addresses, secrets, and the log of what came of each message."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.integrations.webhooks import UnknownWebhook, Webhook
from codes.model import EventKind
from web.access import for_roles
from web.i18n import current_language, text
from web.office_words import EVENT_WORDS
from web.parts import parts
from web.webhooks.outside import BadTarget, check_url

blueprint = Blueprint("webhooks", __name__, url_prefix="/office/webhooks")

LISTED = 100
ACTS = frozenset({"on", "off", "rotate", "remove", "replay"})


@blueprint.get("")
@for_roles()
def listed() -> ResponseReturnValue:
    """List the webhooks, and offer to add one."""
    return _list(url="", bad=None), 200


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Have events sent to an address."""
    url = request.form.get("url", "").strip()
    kinds = [EventKind(each) for each in request.form.getlist("kinds") if each in set(EventKind)]
    try:
        check_url(url, parts().webhooks.allowed_networks)
    except BadTarget as error:
        return _list(url=url, bad=str(error)), 422
    name = request.form.get("name", "").strip()[:100]
    webhook_id = parts().codes.webhooks.add(name, url, kinds, test="test" in request.form)
    return redirect(url_for("webhooks.webhook", webhook_id=webhook_id), 303)


@blueprint.get("/<uuid:webhook_id>")
@for_roles()
def webhook(webhook_id: UUID) -> ResponseReturnValue:
    """Show one webhook with its log."""
    return _page(_found(webhook_id))


@blueprint.post("/<uuid:webhook_id>/secrets")
@for_roles()
def show_secrets(webhook_id: UUID) -> ResponseReturnValue:
    """Show the secrets; by POST, so that the log of what staff did tells who saw them."""
    return _page(_found(webhook_id), show_secrets=True)


@blueprint.post("/<uuid:webhook_id>/<what>")
@for_roles()
def act(webhook_id: UUID, what: str) -> ResponseReturnValue:
    """Switch it on or off, make a new secret, send again, or remove it."""
    codes, found = parts().codes, _found(webhook_id)
    if what not in ACTS:
        abort(404)
    if what in ("on", "off"):
        codes.webhooks.change(found.webhook_id, enabled=what == "on")
    elif what == "rotate":
        codes.webhooks.rotate(found.webhook_id)
        return _page(found, show_secrets=True)
    elif what == "replay":
        message = request.form.get("message", type=UUID)
        codes.webhook_queue.replay(found.webhook_id, message_id=message, only_failed=message is None)
    else:
        codes.webhooks.remove(found.webhook_id)
        return redirect(url_for("webhooks.listed"), 303)
    return redirect(url_for("webhooks.webhook", webhook_id=webhook_id), 303)


def _found(webhook_id: UUID) -> Webhook:
    try:
        return parts().codes.webhooks.get(webhook_id)
    except UnknownWebhook:
        abort(404)


def _words() -> dict[EventKind, str]:
    language = current_language().code
    return {kind: text(language, word) for kind, word in EVENT_WORDS.items()}


def _list(*, url: str, bad: str | None) -> str:
    return render_template(
        "office/webhooks.html",
        here="webhooks.listed",
        webhooks=parts().codes.webhooks.listed(),
        words=_words(),
        url=url,
        bad=bad,
    )


def _page(found: Webhook, *, show_secrets: bool = False) -> str:
    codes = parts().codes
    return render_template(
        "office/webhook.html",
        here="webhooks.listed",
        webhook=found,
        secrets=codes.webhooks.secrets(found.webhook_id) if show_secrets else [],
        deliveries=codes.webhook_queue.listed(found.webhook_id, limit=LISTED),
        words=_words(),
    )
