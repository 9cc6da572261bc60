"""A test event, sent at once: whoever set a webhook up sees what its receiver says to it."""

from __future__ import annotations

from codes.integrations.webhook_queue import ReceiverReply, secrets_to_try
from codes.integrations.webhooks import Webhook
from codes.tables.base import uuid7
from web.http.limits.outside_waits import outside_waits
from web.services import Services
from web.webhooks.posting import Poster
from web.webhooks.signing import body_of_test, signed_headers


def try_webhook(services: Services, webhook: Webhook) -> ReceiverReply:
    """Send a message that tells of nothing, and return what the receiver said to it. It is no event of the log.

    Raises TooOften, or Crowded where others wait for their receivers.
    """
    codes, now = services.codes, services.codes.clock()
    with outside_waits.passed():
        secrets, body = codes.write(secrets_to_try, webhook.webhook_id), body_of_test(now)
        headers = signed_headers(uuid7(now), secrets, now, body)
        return Poster(services.webhooks).post(webhook.url, body, headers)
