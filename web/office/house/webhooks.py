"""Where events go: addresses, secrets, and the log of what came of each message."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import StringConstraints, ValidationError

from codes.integrations.webhook_queue import ReceiverReply, listed_messages, replay_messages
from codes.integrations.webhooks import (
    UnknownWebhook,
    Webhook,
    add_webhook,
    change_webhook,
    listed_webhooks,
    remove_webhook,
    rotate_secret,
    secrets_of_webhook,
    webhook_of,
)
from codes.model import EventKind
from web.api.requests import OneLine
from web.http.access import for_roles
from web.http.forms import FormModel, Ticked, form_as
from web.i18n import current_language, text
from web.i18n.event_words import EVENT_WORDS
from web.office.refusals import Refused, refused_by
from web.services import services
from web.webhooks.outside import BadTarget, check_url
from web.webhooks.trying import try_webhook

blueprint = Blueprint("webhooks", __name__, url_prefix="/office/webhooks")

LISTED = 100
ACTS = frozenset({"on", "off", "test", "rotate", "remove", "replay"})


class WebhookForm(FormModel):
    """Where events are to go, and which; no kinds means all. The address is looked at by itself."""

    url: Annotated[str, StringConstraints(strip_whitespace=True)] = ""
    kinds: tuple[EventKind, ...] = ()
    name: OneLine = ""
    test: Ticked = False


@blueprint.get("")
@for_roles()
def listed() -> ResponseReturnValue:
    """List the webhooks, and offer to add one."""
    return _list()


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Have events sent to an address."""
    try:
        form = form_as(WebhookForm)
        check_url(form.url, services().webhooks.allowed_networks)
    except ValidationError as error:
        return _list(refused_by(error)), 422
    except BadTarget as error:
        return _list(Refused(text(current_language().code, str(error)), ("url",))), 422
    webhook_id = services().codes.write(add_webhook, form.name, form.url, form.kinds, test=form.test)
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
    """Switch it on or off, try it, make a new secret, send again, or remove it."""
    codes, found = services().codes, _found(webhook_id)
    if what not in ACTS:
        abort(404)
    if what in ("on", "off"):
        codes.write(change_webhook, found.webhook_id, enabled=what == "on")
    elif what == "rotate":
        codes.write(rotate_secret, found.webhook_id)
        return _page(found, show_secrets=True)
    elif what == "test":
        return _page(found, tried=try_webhook(services(), found))
    elif what == "replay":
        message = request.form.get("message", type=UUID)
        codes.write(replay_messages, found.webhook_id, message_id=message, only_failed=message is None)
    else:
        codes.write(remove_webhook, found.webhook_id)
        return redirect(url_for("webhooks.listed"), 303)
    return redirect(url_for("webhooks.webhook", webhook_id=webhook_id), 303)


def _found(webhook_id: UUID) -> Webhook:
    try:
        return services().codes.read(webhook_of, webhook_id)
    except UnknownWebhook:
        abort(404)


def _words() -> dict[EventKind, str]:
    language = current_language().code
    return {kind: text(language, word) for kind, word in EVENT_WORDS.items()}


def _list(refused: Refused | None = None) -> str:
    return render_template(
        "office/house/webhooks.html",
        here="webhooks.listed",
        webhooks=services().codes.read(listed_webhooks),
        words=_words(),
        refused=refused,
    )


def _page(found: Webhook, *, show_secrets: bool = False, tried: ReceiverReply | None = None) -> str:
    codes = services().codes
    return render_template(
        "office/house/webhook.html",
        here="webhooks.listed",
        webhook=found,
        secrets=codes.read(secrets_of_webhook, found.webhook_id) if show_secrets else [],
        deliveries=codes.read(listed_messages, found.webhook_id, limit=LISTED),
        words=_words(),
        tried=tried,
    )
