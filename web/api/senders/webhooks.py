"""Senders say where events are to be sent, and see what came of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, Field

from codes.accounts.api_keys import Scope
from codes.integrations.webhook_queue import listed_messages, replay_messages
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
from web.api.answers import Answered, Moment
from web.api.operations import operation
from web.api.requests import OneLine, Strict, body_as, with_examples
from web.http.access import for_scope, this_sender
from web.http.moments import PlausibleMoment
from web.services import services
from web.webhooks.outside import MAX_URL, check_url
from web.webhooks.trying import try_webhook

blueprint = Blueprint("api_webhooks", __name__, url_prefix="/api/v1/webhooks")

PREFIX = "parcel."


def _kind(text: str) -> str:
    if text.removeprefix(PREFIX) not in set(EventKind) or not text.startswith(PREFIX):
        raise ValueError(f"is {PREFIX}announced, {PREFIX}handed_over or another type of events")
    return text


def _target(text: str) -> str:
    return check_url(text, services().webhooks.allowed_networks)


Url = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_target)]
Kinds = Annotated[list[Annotated[str, AfterValidator(_kind)]], Field(max_length=len(EventKind))]


class WebhookBody(Strict):
    """Where events go, and which; no types means all."""

    model_config = with_examples(
        {"url": "https://shop.example.org/hook", "types": ["parcel.handed_over"], "name": "Shop"}
    )

    url: Url
    types: Kinds = Field(default_factory=list)
    name: OneLine = ""


class WebhookChangesBody(Strict):
    """What is to be different."""

    url: Url | None = None
    types: Kinds | None = None
    name: OneLine | None = None
    enabled: bool | None = None


class ReplayBody(Strict):
    """What is to be sent again: one message, or all that were queued since, or only those that were given up."""

    message_id: UUID | None = None
    since: PlausibleMoment | None = None
    only_failed: bool = False


class DeliveriesQuery(Strict):
    """How many of the newest messages."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100


class WebhookAnswer(Answered):
    """A webhook. Its secrets are told apart, so that no stored answer holds one."""

    webhook_id: UUID
    name: str
    url: str
    types: list[str]
    test: bool
    enabled: bool
    created_at: Moment
    gone_at: Moment | None
    failing_since: PlausibleMoment | None
    given_up_at: Moment | None


class WebhooksAnswer(Answered):
    """All webhooks of this kind of key."""

    webhooks: list[WebhookAnswer]


class SecretAnswer(Answered):
    """A secret that signs now; the old one says until when."""

    secret: str
    ends_at: Moment | None


class SecretsAnswer(Answered):
    """The secrets that sign now, the newest first."""

    secrets: list[SecretAnswer]


class DeliveryAnswer(Answered):
    """A message, and what came of its newest delivery."""

    message_id: UUID
    type: str
    reference: str
    queued_at: Moment
    due_at: Moment | None
    tries: int
    delivered_at: Moment | None
    failed_at: Moment | None
    at: Moment | None
    status: int | None
    milliseconds: int | None
    reply: str | None


class DeliveriesAnswer(Answered):
    """A webhook's newest messages."""

    deliveries: list[DeliveryAnswer]


class TriedAnswer(Answered):
    """What the receiver said to a test event; no status means that there was no answer, and `reply` says why."""

    status: int | None
    milliseconds: int
    reply: str


class ReplayedAnswer(Answered):
    """How many messages are on their way again."""

    queued: int


@blueprint.post("")
@for_scope(Scope.WEBHOOKS)
@operation({201: WebhookAnswer}, body=WebhookBody)
def add() -> tuple[WebhookAnswer, int, dict[str, str]]:
    """Have events sent to an address from now on."""
    body, sender = body_as(WebhookBody), this_sender()
    webhook_id = services().codes.write(add_webhook, body.name, body.url, _kinds(body.types), test=sender.test)
    location = url_for("api_webhooks.show", webhook_id=webhook_id)
    return _answer(_webhook(str(webhook_id))), 201, {"Location": location}


@blueprint.get("")
@for_scope(Scope.WEBHOOKS)
@operation({200: WebhooksAnswer, 304: None})
def listed() -> WebhooksAnswer:
    """List the webhooks."""
    found = services().codes.read(listed_webhooks, test=this_sender().test)
    return WebhooksAnswer(webhooks=[_answer(each) for each in found])


@blueprint.get("/<webhook_id>")
@for_scope(Scope.WEBHOOKS)
@operation({200: WebhookAnswer, 304: None}, 404)
def show(webhook_id: str) -> WebhookAnswer:
    """Show one webhook."""
    return _answer(_webhook(webhook_id))


@blueprint.patch("/<webhook_id>")
@for_scope(Scope.WEBHOOKS)
@operation({200: WebhookAnswer}, 404, body=WebhookChangesBody)
def change(webhook_id: str) -> WebhookAnswer:
    """Change it, or switch it off and on; what happened meanwhile is sent when it is on again."""
    found, body = _webhook(webhook_id).webhook_id, body_as(WebhookChangesBody)
    kinds = None if body.types is None else _kinds(body.types)
    services().codes.write(change_webhook, found, name=body.name, url=body.url, kinds=kinds, enabled=body.enabled)
    return _answer(_webhook(webhook_id))


@blueprint.delete("/<webhook_id>")
@for_scope(Scope.WEBHOOKS)
@operation({204: None}, 404)
def remove(webhook_id: str) -> ResponseReturnValue:
    """Remove it, with its messages."""
    services().codes.write(remove_webhook, _webhook(webhook_id).webhook_id)
    return "", 204


@blueprint.get("/<webhook_id>/secrets")
@for_scope(Scope.WEBHOOKS)
@operation({200: SecretsAnswer, 304: None}, 404)
def secrets(webhook_id: str) -> SecretsAnswer:
    """Tell the secrets that sign now."""
    found = services().codes.read(secrets_of_webhook, _webhook(webhook_id).webhook_id)
    return SecretsAnswer(secrets=[SecretAnswer(secret=each.text, ends_at=each.ends_at) for each in found])


@blueprint.post("/<webhook_id>/secrets")
@for_scope(Scope.WEBHOOKS)
@operation({204: None}, 404)
def rotate(webhook_id: str) -> ResponseReturnValue:
    """Make a new secret; the one before signs as well for a day."""
    services().codes.write(rotate_secret, _webhook(webhook_id).webhook_id)
    return "", 204


@blueprint.get("/<webhook_id>/deliveries")
@for_scope(Scope.WEBHOOKS)
@operation({200: DeliveriesAnswer, 304: None}, 404, query=DeliveriesQuery)
def deliveries(webhook_id: str) -> DeliveriesAnswer:
    """List the newest messages, and what came of them."""
    found, query = _webhook(webhook_id), DeliveriesQuery.model_validate(request.args.to_dict())
    rows = services().codes.read(listed_messages, found.webhook_id, limit=query.limit)
    return DeliveriesAnswer(deliveries=[DeliveryAnswer.from_record(each, type=PREFIX + each.kind) for each in rows])


@blueprint.post("/<webhook_id>/tests")
@for_scope(Scope.WEBHOOKS)
@operation({200: TriedAnswer}, 404, 429)
def try_out(webhook_id: str) -> TriedAnswer:
    """Send a signed test event now, and tell what the receiver said to it; it is no event of the log."""
    reply = try_webhook(services(), _webhook(webhook_id))
    return TriedAnswer(status=reply.status, milliseconds=reply.milliseconds, reply=reply.text)


@blueprint.post("/<webhook_id>/replays")
@for_scope(Scope.WEBHOOKS)
@operation({200: ReplayedAnswer}, 404, body=ReplayBody)
def replay(webhook_id: str) -> ReplayedAnswer:
    """Send messages again that were delivered or given up, under the same ids."""
    found, body = _webhook(webhook_id), body_as(ReplayBody)
    queued = services().codes.write(
        replay_messages, found.webhook_id, message_id=body.message_id, since=body.since, only_failed=body.only_failed
    )
    return ReplayedAnswer(queued=queued)


def _webhook(text: str) -> Webhook:
    try:
        return services().codes.read(webhook_of, UUID(text), test=this_sender().test)
    except ValueError as error:
        raise UnknownWebhook("there is no such webhook") from error


def _kinds(types: list[str]) -> set[EventKind]:
    return {EventKind(each.removeprefix(PREFIX)) for each in types}


def _answer(webhook: Webhook) -> WebhookAnswer:
    return WebhookAnswer.from_record(webhook, types=sorted(PREFIX + kind for kind in webhook.kinds))
