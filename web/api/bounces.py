"""Where the mail provider tells which messages came back. Open to all, because the provider signs what it sends."""

from __future__ import annotations

import logging
import os

from flask import Blueprint, abort, request

from web.api.answers import Answered, AnyDocument
from web.api.operations import operation
from web.http.access import public
from web.http.bodies import BodyKind, takes
from web.http.problems import Problem
from web.mail.returned.bounces import NoBounce
from web.mail.returned.folder import note
from web.mail.returned.providers import NotReadable, Provider, is_genuine, read_events
from web.mail.returned.sns import AmazonUnreachable, NotFromTopic
from web.processes.troubles import log_asked_for
from web.secret_files import SecretUnreadable
from web.services import services

log = logging.getLogger("doorcode.web")

blueprint = Blueprint("api_bounces", __name__, url_prefix="/api/v1/bounces")


class NotedAnswer(Answered):
    """How many messages turned out lost, how many are not ours or forgotten, and how many events end nothing."""

    lost: int
    unknown: int
    ignored: int


@blueprint.post("")
@public
# SendGrid sends its events in batches, SNS up to 256 kB: as much as any call of the API may bring.
@takes(BodyKind.JSON)
@operation({200: NotedAnswer}, 401, 404, 422, body=AnyDocument)
def take() -> NotedAnswer:
    """Note what a mail provider says of messages: lost ones are marked so, and their codes will not be there."""
    hook = services().mail.bounces.webhook
    if hook is None:
        abort(404)
    body = request.get_data(cache=False)
    try:
        secret = hook.secret(os.environ)
    except SecretUnreadable as error:
        log_asked_for(log, f"bounces: {error}", logging.ERROR)
        detail = "the secret of mail.bounces.webhook cannot be read; the log says why"
        raise Problem(503, "not-set-up", detail, retry_after=60) from error
    if hook.provider is Provider.SES:
        notification = _opened(body, secret)
        if notification is None:
            return NotedAnswer(lost=0, unknown=0, ignored=1)
        body = notification
    elif not is_genuine(hook.provider, request.headers, body, secret):
        raise Problem(401, "bad-signature", f"this is not signed as {hook.provider} signs, with the secret that is set")
    try:
        told = read_events(hook.provider, body)
    except NotReadable as error:
        raise Problem(422, "invalid-request", str(error)) from error
    lost = unknown = 0
    for bounce in told.bounces:
        try:
            lost += note(bounce, services().codes)
        except NoBounce:
            unknown += 1
    return NotedAnswer(lost=lost, unknown=unknown, ignored=told.ignored)


def _opened(body: bytes, topic: str) -> bytes | None:
    """Return the notification that a topic of SNS sent, or None where it holds none."""
    codes, sns = services().codes, services().sns
    try:
        return sns.open(body, topic, codes.clock())
    except NotFromTopic as error:
        raise Problem(401, "bad-signature", "this is not signed by Amazon SNS for the topic that is set") from error
    except ValueError as error:
        log_asked_for(log, f"bounces: mail.bounces.webhook.secret_file: {error}", logging.ERROR)
        detail = "the topic of mail.bounces.webhook cannot be used; the log says why"
        raise Problem(503, "not-set-up", detail, retry_after=60) from error
    except AmazonUnreachable as error:
        log_asked_for(log, f"bounces: Amazon's certificate or confirmation could not be had: {error}")
        raise Problem(503, "not-reached", "Amazon could not be asked; send the same again", retry_after=30) from error
