"""Events reach every address that wants them, signed, once each, whatever receivers do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from threading import Thread

import pytest
import standardwebhooks

from codes import DeliveryCodes
from codes.integrations.webhook_queue import listed_messages, replay_messages
from codes.integrations.webhooks import (
    ROTATION,
    change_webhook,
    remove_webhook,
    rotate_secret,
    secrets_of_webhook,
    webhook_of,
)
from codes.model import EventKind
from codes.values.tracking_numbers import TEST_PARCELS
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from tests.parts.servers.webhook_receiver import Received, WebhookReceiver, add, happen
from web.webhooks.outside import BadTarget, NotOutside, addresses_outside, check_url, is_outside
from web.webhooks.webhook_worker import LEASE, WAITS, WebhookWorker, claim_due, gather, wait_after

Make = Callable[..., WebhookWorker]


def verify(received: Received, secret: str, monkeypatch: pytest.MonkeyPatch, clock: TurnableClock) -> None:
    """Check a signature as receivers do, by the reference package; its clock is turned to the test's."""

    class Then(standardwebhooks.webhooks.datetime):  # type: ignore[misc, name-defined]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return clock()

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Then)
    standardwebhooks.Webhook(secret).verify(received.body, {k.lower(): v for k, v in received.headers.items()})


def test_everything_that_is_sealed_is_sent_signed_and_told_without_code_or_person(
    codes: DeliveryCodes,
    driver: SigningDevice,
    receiver: WebhookReceiver,
    make_worker: Make,
    clock: TurnableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happen(codes, "BEFORE")
    webhook = add(codes, receiver, "/all")
    add(codes, receiver, "/handovers", kinds=[EventKind.HANDED_OVER])
    happen(codes, "P-1")
    code = shown(codes, "P-1")
    codes.present(driver.presentation(code.payload, "P-1", now=clock()))
    codes.seal()
    assert make_worker(codes).deliver_due() > 0
    while make_worker(codes).deliver_due():
        pass
    (secret,) = codes.read(secrets_of_webhook, webhook)
    for received in receiver.received:
        assert received.headers["Content-Type"] == "application/json"
        assert code.digits not in received.body.decode()
        assert code.payload not in received.body.decode()
        assert "@example.org" not in received.body.decode()
        assert "Sample" not in received.body.decode()
    for received in receiver.at("/all"):
        verify(received, secret.text, monkeypatch, clock)
    told = [json.loads(each.body) for each in receiver.at("/all")]
    assert {each["data"]["reference"] for each in told} == {"P-1"}
    assert {each["type"] for each in told} >= {"parcel.announced", "parcel.code_issued", "parcel.handed_over"}
    assert all(each["test"] is False for each in told)
    (handover,) = receiver.at("/handovers")
    assert json.loads(handover.body)["type"] == "parcel.handed_over"
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert len(ids) == len(set(ids)) == len(told) + 1


def test_two_secrets_sign_while_one_takes_the_others_place_and_a_leaked_database_holds_none(
    codes: DeliveryCodes,
    receiver: WebhookReceiver,
    make_worker: Make,
    clock: TurnableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook = add(codes, receiver, kinds=[EventKind.ANNOUNCED])
    (old,) = codes.read(secrets_of_webhook, webhook)
    codes.write(rotate_secret, webhook)
    new, still = codes.read(secrets_of_webhook, webhook)
    assert (still.text, still.ends_at) == (old.text, clock() + ROTATION)
    happen(codes, "P-1")
    make_worker(codes).deliver_due()
    (received,) = receiver.received
    for secret in (old, new):
        verify(received, secret.text, monkeypatch, clock)
    clock.turn(ROTATION)
    assert [each.text for each in codes.read(secrets_of_webhook, webhook)] == [new.text]
    happen(codes, "P-2")
    make_worker(codes).deliver_due()
    verify(receiver.received[1], new.text, monkeypatch, clock)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        verify(receiver.received[1], old.text, monkeypatch, clock)
    assert new.text not in repr(new)
    if codes.database.is_sqlite:
        with codes.database.reading() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            assert new.text not in "".join(raw.iterdump())


def test_a_receiver_that_fails_hangs_drips_or_leads_away_is_tried_again_and_holds_up_nobody(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make, clock: TurnableClock
) -> None:
    inside = f"{receiver.url}/inside"
    slow = dict.fromkeys((f"/slow-{number}" for number in range(12)), "hang")
    receiver.answers |= {"/fails": 500, "/hangs": "hang", "/drips": "drip", "/leads": inside, **slow, "/works": 200}
    webhooks = {path: add(codes, receiver, path, kinds=[EventKind.ANNOUNCED]) for path in receiver.answers}
    happen(codes, "P-1")
    worker = make_worker(codes, timeout_seconds=3)
    worker.deliver_due()
    assert {each.path for each in receiver.received} == set(receiver.answers)
    found = {path: codes.read(listed_messages, webhook, limit=5)[0] for path, webhook in webhooks.items()}
    assert found["/works"].delivered_at == clock()
    assert {path: found[path].status for path in found if path not in slow} == {
        "/fails": 500,
        "/hangs": None,
        "/drips": None,
        "/leads": 302,
        "/works": 200,
    }
    assert found["/hangs"].reply == found["/drips"].reply == "no answer within 3 seconds"
    assert found["/fails"].reply == "x" * 1024
    assert receiver.at("/inside") == []
    for path in ("/fails", "/hangs", "/drips", "/leads"):
        due = found[path].due_at
        assert due is not None
        assert WAITS[0] * 0.79 < due - clock() < WAITS[0] * 1.21
    assert worker.deliver_due() == 0
    receiver.answers.clear()
    clock.turn(WAITS[0] * 2)
    worker.deliver_due()
    first, second = receiver.at("/fails")
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert all(codes.read(listed_messages, each, limit=1)[0].delivered_at for each in webhooks.values())


def test_it_is_tried_for_days_then_given_up_and_can_be_replayed(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make, clock: TurnableClock
) -> None:
    receiver.answers["/"] = 503
    webhook = add(codes, receiver, kinds=[EventKind.ANNOUNCED])
    happen(codes, "P-1")
    worker, began = make_worker(codes), clock()
    for _ in range(len(WAITS) + 1):
        assert worker.deliver_due() > 0
        due = codes.read(listed_messages, webhook, limit=1)[0].due_at
        clock.now = due or clock.now
    (given_up,) = codes.read(listed_messages, webhook, limit=5)
    assert (given_up.tries, given_up.failed_at) == (len(WAITS) + 1, clock())
    assert timedelta(days=2) < clock() - began < timedelta(days=5)
    assert worker.deliver_due() == 0
    receiver.answers.clear()
    assert codes.write(replay_messages, webhook, only_failed=True) == 1
    worker.deliver_due()
    assert codes.read(listed_messages, webhook, limit=1)[0].delivered_at == clock()
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert codes.write(replay_messages, webhook, only_failed=True) == 0
    assert codes.write(replay_messages, webhook, message_id=given_up.message_id) == 1
    clock.turn(timedelta(days=91))
    worker.deliver_due()
    codes.purge()
    assert codes.read(listed_messages, webhook, limit=5) == []


def test_waits_grow_with_jitter_and_end() -> None:
    assert [wait_after(tries, 0.5) for tries in range(1, len(WAITS) + 2)] == [*WAITS, None]
    assert wait_after(2, 0.0) == WAITS[1] * 0.8
    assert wait_after(2, 1.0) == WAITS[1] * 1.2


def test_a_receiver_that_is_gone_is_switched_off_and_gets_what_it_missed_when_switched_on(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make, clock: TurnableClock
) -> None:
    receiver.answers["/"] = 410
    webhook, worker = add(codes, receiver, kinds=[EventKind.ANNOUNCED]), make_worker(codes)
    happen(codes, "P-1")
    worker.deliver_due()
    assert codes.read(webhook_of, webhook).gone_at == clock()
    happen(codes, "P-2")
    clock.turn(timedelta(days=1))
    assert worker.deliver_due() == 0
    receiver.answers.clear()
    codes.write(change_webhook, webhook, enabled=True)
    while worker.deliver_due():
        pass
    assert {json.loads(each.body)["data"]["reference"] for each in receiver.received[1:]} == {"P-1", "P-2"}
    codes.write(remove_webhook, webhook)
    happen(codes, "P-3")
    assert worker.deliver_due() == 0


def test_several_workers_send_each_message_once_and_one_that_dies_loses_nothing(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make, clock: TurnableClock
) -> None:
    paths = ["/a", "/b", "/c"]
    for path in paths:
        add(codes, receiver, path, kinds=[EventKind.ANNOUNCED])
    references = [f"P-{number}" for number in range(12)]
    happen(codes, *references)
    claimed_and_lost = 0
    while gather(codes):
        pass
    for messages in claim_due(codes, webhooks=1, each=2, lease=LEASE).values():
        claimed_and_lost += len(messages)

    def work() -> None:
        worker = make_worker(codes)
        while worker.deliver_due():
            pass

    workers = [Thread(target=work) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert len(receiver.received) == len(paths) * len(references) - claimed_and_lost
    clock.turn(LEASE)
    work()
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert len(ids) == len(set(ids)) == len(paths) * len(references)


def test_test_parcels_go_to_test_webhooks_only_and_are_marked(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make
) -> None:
    add(codes, receiver, "/test", test=True, kinds=[EventKind.ANNOUNCED])
    add(codes, receiver, "/real", kinds=[EventKind.ANNOUNCED])
    happen(codes, f"{TEST_PARCELS}P-1", "P-1")
    make_worker(codes).deliver_due()
    (tried,), (real,) = receiver.at("/test"), receiver.at("/real")
    assert (json.loads(tried.body)["test"], json.loads(real.body)["test"]) == (True, False)
    assert json.loads(tried.body)["data"]["reference"] == json.loads(real.body)["data"]["reference"] == "P-1"


@pytest.mark.parametrize(
    "inside",
    [
        *(
            "127.0.0.1",
            "10.0.0.8",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *(
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fe80::1%lo",
            "fd00:ec2::254",
            "fc00::1",
        ),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fec0::1", "ff02::1", "2001::1"),
    ],
)
def test_an_address_inside_is_known_in_every_form(inside: str) -> None:
    from ipaddress import ip_address

    assert not is_outside(ip_address(inside))
    with pytest.raises(BadTarget):
        check_url(f"https://[{inside}]/" if ":" in inside else f"https://{inside}/", ())


def test_addresses_outside_are_let_through_and_others_only_if_allowed_by_name() -> None:
    from ipaddress import ip_address

    assert is_outside(ip_address("93.184.215.14"))
    assert is_outside(ip_address("2606:2800:21f:cb07::1"))
    with pytest.raises(NotOutside):
        addresses_outside("127.0.0.1", 80, ())
    for written in ("localhost", "2130706433", "0x7f000001", "127.1"):
        with pytest.raises(NotOutside):
            addresses_outside(written, 80, ())
    assert addresses_outside("127.0.0.1", 80, (ip_network("127.0.0.1/32"),)) == [ip_address("127.0.0.1")]
    for refused in (
        *("http://example.org/", "ftp://example.org/", "https://user:secret@example.org/", "https:///x"),
        *("https://example.org/#x", "https://example.org/ü", "https://example.org:99999/", "https://[::1", "x" * 501),
    ):
        with pytest.raises(BadTarget):
            check_url(refused, ())
    assert check_url("https://example.org/hook?a=1", ()) == "https://example.org/hook?a=1"


def test_without_permission_nothing_inside_is_written_to(
    codes: DeliveryCodes, receiver: WebhookReceiver, make_worker: Make
) -> None:
    webhook = add(codes, receiver, kinds=[EventKind.ANNOUNCED])
    happen(codes, "P-1")
    make_worker(codes, allowed_networks=()).deliver_due()
    assert receiver.received == []
    (listed,) = codes.read(listed_messages, webhook, limit=5)
    assert (listed.status, listed.reply) == (None, "not sent: the name leads to an address inside")
