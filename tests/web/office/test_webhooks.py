"""An administrator sets webhooks up in the office, sees their log, and has messages sent again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.staff import Role
from codes.accounts.staff_log import list_actions
from codes.integrations.webhook_queue import ReceiverReply, failed_for_good, listed_messages
from codes.integrations.webhooks import add_webhook, secrets_of_webhook, webhook_of
from tests.parts.servers.webhook_receiver import running_receiver
from tests.parts.staff import add_member
from web.settings import WebhookSettings
from web.webhooks.webhook_worker import LEASE, claim_due, gather

URL = "https://receiver.example.org/hook"


def test_a_webhook_is_set_up_watched_and_removed_in_the_office(
    administrator: FlaskClient, codes: DeliveryCodes
) -> None:
    refused = administrator.post("/office/webhooks?lang=en", data={"url": "https://127.0.0.1/"})
    assert (refused.status_code, "inside" in refused.text) == (422, True)
    added = administrator.post("/office/webhooks", data={"url": URL, "kinds": ["announced"]})
    path = added.headers["Location"]
    codes.announce([Announcement("SAMPLE-9", Person("Sample"))])
    codes.seal()
    gather(codes)
    ((message,),) = claim_due(codes, webhooks=1, each=1, lease=LEASE).values()
    codes.write(failed_for_good, message, ReceiverReply(500, 12, "<b>no</b>"))
    page = administrator.get(path).text
    assert "SAMPLE-9" in page
    assert "&lt;b&gt;no" in page
    assert "whsec_" not in page
    shown = administrator.post(f"{path}/secrets").text
    assert len(re.findall(r"whsec_", shown)) == 1
    assert len(re.findall(r"whsec_", administrator.post(f"{path}/rotate").text)) == 2
    for data in ({}, {"message": str(message.message_id)}):
        assert administrator.post(f"{path}/replay", data=data).status_code == 303
    (row,) = codes.read(listed_messages, message.webhook_id, limit=9)
    assert (row.tries, row.failed_at) == (0, None)
    administrator.post(f"{path}/off")
    assert not codes.read(webhook_of, message.webhook_id).enabled
    administrator.post(f"{path}/on")
    assert codes.read(webhook_of, message.webhook_id).enabled
    administrator.post(f"{path}/remove")
    assert administrator.get(path).status_code == 404
    assert {each.action for each in codes.read(list_actions, limit=20)} >= {"webhooks.show_secrets", "webhooks.act"}


def test_only_administrators_see_webhooks(app: Flask, codes: DeliveryCodes) -> None:
    add_member(codes, "dispatcher", "a sample password", Role.DISPATCHER)
    browser = app.test_client()
    browser.post("/office/sign-in", data={"name": "dispatcher", "password": "a sample password"})
    assert browser.get("/office/webhooks").status_code == 403
    assert "/office/webhooks" not in browser.get("/office").text


@pytest.mark.parametrize(
    ("status", "words"), [(204, "accepted the test event"), (500, "did not accept the test event")]
)
def test_a_receiver_is_tried_with_a_signed_event_that_tells_of_nothing(
    app: Flask, codes: DeliveryCodes, administrator: FlaskClient, status: int, words: str
) -> None:
    outside = WebhookSettings(allowed_networks=(ip_network("127.0.0.0/8"),))
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], webhooks=outside)
    with running_receiver() as receiver:
        receiver.answers["/hook"] = status
        webhook_id = codes.write(add_webhook, "Shop", f"{receiver.url}/hook")
        page = administrator.post(f"/office/webhooks/{webhook_id}/test?lang=en").text
    (received,) = receiver.at("/hook")
    assert words in page
    assert f"{status} ·" in page
    (secret,) = codes.read(secrets_of_webhook, webhook_id)
    headers, told = {name.lower(): each for name, each in received.headers.items()}, json.loads(received.body)
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    signed = Webhook(secret.text).sign(headers["webhook-id"], at, received.body.decode())
    assert headers["webhook-signature"] == signed
    assert (told["type"], told["test"], told["data"]) == ("test", True, {})
    assert codes.read(listed_messages, webhook_id, limit=9) == [], "it is no event of the log"
    assert "webhooks.act" in [each.action for each in codes.read(list_actions, limit=9)]


def test_a_receiver_inside_the_house_is_not_tried(codes: DeliveryCodes, administrator: FlaskClient) -> None:
    with running_receiver() as receiver:
        webhook_id = codes.write(add_webhook, "Shop", f"{receiver.url}/hook")
        page = administrator.post(f"/office/webhooks/{webhook_id}/test?lang=en").text
    assert receiver.received == []
    assert "leads to an address inside" in page
