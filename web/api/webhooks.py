"""Senders say where events are to be sent, and see what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from codes.accounts.api_keys import Scope
from codes.integrations.webhook_queue import ListedDelivery
from codes.integrations.webhooks import UnknownWebhook, Webhook
from codes.model import EventKind
from web.access import for_scope, this_sender
from web.api.requests import OneLine, Strict, body_as
from web.parts import parts
from web.problems import Problem
from web.webhooks.outside import MAX_URL, check_url

blueprint = Blueprint("api_webhooks", __name__, url_prefix="/api/v1/webhooks")

PREFIX = "parcel."


def _kind(text: str) -> str:
    if text.removeprefix(PREFIX) not in set(EventKind) or not text.startswith(PREFIX):
        raise ValueError(f"is {PREFIX}announced, {PREFIX}handed_over or another type of events")
    return text


def _target(text: str) -> str:
    return check_url(text, parts().webhooks.allowed_networks)


def _moment(moment: datetime) -> datetime:
    if not 2000 <= moment.year <= 2999:
        raise ValueError("is no time of this service")
    return moment


Url = Annotated[str, Field(max_length=MAX_URL), AfterValidator(_target)]
Kinds = Annotated[list[Annotated[str, AfterValidator(_kind)]], Field(max_length=len(EventKind))]


class WebhookBody(Strict):
    """Where events go, and which; no types means all."""

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
    since: Annotated[AwareDatetime, AfterValidator(_moment)] | None = None
    only_failed: bool = False


class DeliveriesQuery(Strict):
    """How many of the newest messages."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100


class WebhookAnswer(BaseModel):
    """A webhook. Its secrets are told apart, so that no stored answer holds one."""

    webhook_id: UUID
    name: str
    url: str
    types: list[str]
    test: bool
    enabled: bool
    created_at: datetime
    gone_at: datetime | None
    failing_since: datetime | None
    given_up_at: datetime | None


class WebhooksAnswer(BaseModel):
    """All webhooks of this kind of key."""

    webhooks: list[WebhookAnswer]


class SecretAnswer(BaseModel):
    """A secret that signs now; the old one says until when."""

    secret: str
    ends_at: datetime | None


class SecretsAnswer(BaseModel):
    """The secrets that sign now, the newest first."""

    secrets: list[SecretAnswer]


class DeliveryAnswer(BaseModel):
    """A message, and what came of its newest delivery."""

    message_id: UUID
    type: str
    reference: str
    queued_at: datetime
    due_at: datetime | None
    tries: int
    delivered_at: datetime | None
    failed_at: datetime | None
    at: datetime | None
    status: int | None
    milliseconds: int | None
    reply: str | None


class DeliveriesAnswer(BaseModel):
    """A webhook's newest messages."""

    deliveries: list[DeliveryAnswer]


class ReplayedAnswer(BaseModel):
    """How many messages are on their way again."""

    queued: int


@blueprint.post("")
@for_scope(Scope.WEBHOOKS)
def add() -> ResponseReturnValue:
    """Have events sent to an address from now on."""
    body, sender = body_as(WebhookBody), this_sender()
    webhook_id = parts().codes.webhooks.add(body.name, body.url, _kinds(body.types), test=sender.test)
    location = url_for("api_webhooks.show", webhook_id=webhook_id)
    return _document(_webhook(str(webhook_id))), 201, {"Location": location}


@blueprint.get("")
@for_scope(Scope.WEBHOOKS)
def listed() -> ResponseReturnValue:
    """List the webhooks."""
    return {"webhooks": [_document(each) for each in parts().codes.webhooks.listed(test=this_sender().test)]}


@blueprint.get("/<webhook_id>")
@for_scope(Scope.WEBHOOKS)
def show(webhook_id: str) -> ResponseReturnValue:
    """Show one webhook."""
    return _document(_webhook(webhook_id))


@blueprint.patch("/<webhook_id>")
@for_scope(Scope.WEBHOOKS)
def change(webhook_id: str) -> ResponseReturnValue:
    """Change it, or switch it off and on; what happened meanwhile is sent when it is on again."""
    found, body = _webhook(webhook_id).webhook_id, body_as(WebhookChangesBody)
    kinds = None if body.types is None else _kinds(body.types)
    parts().codes.webhooks.change(found, name=body.name, url=body.url, kinds=kinds, enabled=body.enabled)
    return _document(_webhook(webhook_id))


@blueprint.delete("/<webhook_id>")
@for_scope(Scope.WEBHOOKS)
def remove(webhook_id: str) -> ResponseReturnValue:
    """Remove it, with its messages."""
    parts().codes.webhooks.remove(_webhook(webhook_id).webhook_id)
    return "", 204


@blueprint.get("/<webhook_id>/secrets")
@for_scope(Scope.WEBHOOKS)
def secrets(webhook_id: str) -> ResponseReturnValue:
    """Tell the secrets that sign now."""
    found = parts().codes.webhooks.secrets(_webhook(webhook_id).webhook_id)
    return {"secrets": [{"secret": each.text, "ends_at": each.ends_at and each.ends_at.isoformat()} for each in found]}


@blueprint.post("/<webhook_id>/secrets")
@for_scope(Scope.WEBHOOKS)
def rotate(webhook_id: str) -> ResponseReturnValue:
    """Make a new secret; the one before signs as well for a day."""
    parts().codes.webhooks.rotate(_webhook(webhook_id).webhook_id)
    return "", 204


@blueprint.get("/<webhook_id>/deliveries")
@for_scope(Scope.WEBHOOKS)
def deliveries(webhook_id: str) -> ResponseReturnValue:
    """List the newest messages, and what came of them."""
    found, query = _webhook(webhook_id), DeliveriesQuery.model_validate(request.args.to_dict())
    rows = parts().codes.webhook_queue.listed(found.webhook_id, limit=query.limit)
    return {"deliveries": [_delivery(each) for each in rows]}


@blueprint.post("/<webhook_id>/replays")
@for_scope(Scope.WEBHOOKS)
def replay(webhook_id: str) -> ResponseReturnValue:
    """Send messages again that were delivered or given up, under the same ids."""
    found, body = _webhook(webhook_id), body_as(ReplayBody)
    queue = parts().codes.webhook_queue
    which = {"message_id": body.message_id, "since": body.since, "only_failed": body.only_failed}
    return {"queued": queue.replay(found.webhook_id, **which)}  # type: ignore[arg-type]


def _webhook(text: str) -> Webhook:
    try:
        return parts().codes.webhooks.get(UUID(text), test=this_sender().test)
    except (UnknownWebhook, ValueError) as error:
        raise Problem(404, "unknown-webhook", "there is no such webhook") from error


def _kinds(types: list[str]) -> set[EventKind]:
    return {EventKind(each.removeprefix(PREFIX)) for each in types}


def _document(webhook: Webhook) -> dict[str, object]:
    return {
        "webhook_id": str(webhook.webhook_id),
        "name": webhook.name,
        "url": webhook.url,
        "types": sorted(PREFIX + kind for kind in webhook.kinds),
        "test": webhook.test,
        "enabled": webhook.enabled,
        "created_at": webhook.created_at.isoformat(),
        "gone_at": webhook.gone_at and webhook.gone_at.isoformat(),
        "failing_since": webhook.failing_since and webhook.failing_since.isoformat(),
        "given_up_at": webhook.given_up_at and webhook.given_up_at.isoformat(),
    }


def _delivery(row: ListedDelivery) -> dict[str, object]:
    moments = {name: getattr(row, name) for name in ("queued_at", "due_at", "delivered_at", "failed_at", "at")}
    return {
        "message_id": str(row.message_id),
        "type": PREFIX + row.kind,
        "reference": row.reference,
        "tries": row.tries,
        "status": row.status,
        "milliseconds": row.milliseconds,
        "reply": row.reply,
        **{name: moment and moment.isoformat() for name, moment in moments.items()},
    }
