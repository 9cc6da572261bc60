"""A renewal gives the ticket page a new address: whoever holds an old link can end a code, and not get the next one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import Announcement, DeliveryCodes, Person
from codes.accounts.api_keys import add_key
from codes.delivering.visits import Visit, end_without_handover
from codes.life.delegates import delegates_of, name_delegate, withdraw_delegate
from codes.life.issuing import renew_stale_codes
from codes.life.parcel_records import events_of_parcel
from codes.model import AttemptReason, EventKind, MessageKind
from codes.recipients.code_requests import Asker, renew
from codes.recipients.outbox import listed_messages
from codes.recipients.tickets import notice_of_message
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import recorded, shown

RECIPIENT = Person("Ada", "ada@example.org", "en")


@pytest.fixture
def key(codes: DeliveryCodes) -> str:
    """The unguessable part of the first address of the ticket for parcel P-1."""
    codes.announce([Announcement("P-1", RECIPIENT, sender="Sample Shop", sender_wish=True)])
    return newest_key(codes)


def newest_key(codes: DeliveryCodes) -> str:
    """Return the address that the newest message holds."""
    notice = codes.read(notice_of_message, codes.read(listed_messages, limit=1)[0].id)
    assert notice is not None
    return notice.ticket_key


def by_page(codes: DeliveryCodes, client: FlaskClient, key: str) -> None:
    assert client.post(f"/t/{key}/renew").status_code == 303


def by_office(codes: DeliveryCodes, client: FlaskClient, key: str) -> None:
    assert codes.write(renew, recorded(codes).holder_id, Asker.STAFF)


def by_sender(codes: DeliveryCodes, client: FlaskClient, key: str) -> None:
    headers = {"Authorization": f"Bearer {codes.write(add_key, 'Sample Shop')}"}
    assert client.post("/api/v1/parcels/P-1/code/renew", headers=headers).status_code == 204


def by_visit(codes: DeliveryCodes, client: FlaskClient, key: str) -> None:
    codes.settings = codes.settings.model_copy(update={"renew_after_visit": True})
    device = enrolled(codes).device_id
    codes.write(end_without_handover, Visit(uuid4(), device, "P-1", AttemptReason.NOBODY_HOME, codes.clock()))


def by_restore(codes: DeliveryCodes, client: FlaskClient, key: str) -> None:
    codes.ring.replace(codes.ring().with_epoch_raised())
    assert codes.write(renew_stale_codes, 10) == 1


@pytest.mark.parametrize("way", [by_page, by_office, by_sender, by_visit, by_restore])
def test_whoever_renews_the_old_address_shows_nothing_and_the_new_one_is_in_the_mail(
    codes: DeliveryCodes,
    client: FlaskClient,
    key: str,
    clock: TurnableClock,
    way: Callable[[DeliveryCodes, FlaskClient, str], None],
) -> None:
    old = shown(codes, "P-1")
    clock.turn(timedelta(hours=1))
    way(codes, client, key)
    fresh, address = shown(codes, "P-1"), newest_key(codes)
    assert address != key
    assert fresh.digits in client.get(f"/t/{address}").text.replace("<span></span>", "")
    answer = client.get(f"/t/{key}")
    assert answer.status_code == 410
    assert "A newer message was sent" in answer.text
    assert "Nov 24, 2026" in answer.text
    plain = answer.text.replace("<span></span>", "")
    for secret in (old.digits, fresh.digits, old.payload, fresh.payload, address, "Sample Shop", "P-1", "ada@"):
        assert secret not in plain


def test_the_page_that_asked_for_a_new_code_is_given_neither_code_nor_address(
    codes: DeliveryCodes, client: FlaskClient, key: str
) -> None:
    answers = [client.post(f"/t/{key}/renew"), client.post(f"/t/{key}/renew", follow_redirects=True)]
    fresh, address = shown(codes, "P-1"), newest_key(codes)
    assert answers[0].headers["Location"] == f"/t/{key}"
    for answer in answers:
        assert not [secret for secret in (fresh.digits, fresh.payload, address) if secret in answer.text]
    kinds = {message.kind for message in codes.read(listed_messages, limit=9)}
    assert kinds == {MessageKind.CODE_RENEWED, MessageKind.CODE_ISSUED}


def test_every_call_at_an_old_address_is_refused_and_changes_nothing(
    app: Flask, codes: DeliveryCodes, client: FlaskClient, key: str
) -> None:
    client.get(f"/t/{key}/status")
    by_page(codes, client, key)
    parcel = recorded(codes)
    before = codes.read(events_of_parcel, parcel.parcel_id)
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/t/<key>"):
            continue
        path = re.sub(r"<uuid:\w+>", str(uuid4()), rule.rule).replace("<key>", key)
        form = {"name": "Eve", "until": "2026-11-30", "day": "2026-11-30", "kind": "not_received"}
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = client.open(path, method=method, data=form if method == "POST" else None)
            assert answer.status_code == 410, (method, path)
            tried += 1
    assert tried >= 12
    assert codes.read(events_of_parcel, parcel.parcel_id) == before
    assert len(codes.read(listed_messages, limit=9)) == 2


def test_what_happens_later_is_told_at_the_newest_address_alone(
    codes: DeliveryCodes, client: FlaskClient, key: str, clock: TurnableClock
) -> None:
    by_page(codes, client, key)
    address = newest_key(codes)
    codes.present(enrolled(codes).presentation(shown(codes, "P-1").payload, "P-1", now=clock()))
    assert client.get(f"/t/{key}/status").status_code == 410
    assert client.post(f"/t/{key}/report", data={"kind": "not_received", "confirmed": "yes"}).status_code == 410
    assert client.get(f"/t/{key}/proof.json").status_code == 410
    assert client.get(f"/t/{address}/status").json["state"] == "handed_over"  # type: ignore[index]
    assert client.post(f"/t/{address}/report", data={"kind": "not_received", "confirmed": "yes"}).status_code == 303
    assert EventKind.REPORTED in {event.kind for event in codes.read(events_of_parcel, recorded(codes).parcel_id)}


def test_an_address_that_was_replaced_twice_tells_of_the_newest(
    codes: DeliveryCodes, client: FlaskClient, key: str, clock: TurnableClock
) -> None:
    by_page(codes, client, key)
    second = newest_key(codes)
    clock.turn(timedelta(days=2))
    by_page(codes, client, second)
    third = newest_key(codes)
    assert len({key, second, third}) == 3
    for old in (key, second):
        assert "Nov 26, 2026" in client.get(f"/t/{old}").text
    assert client.get(f"/t/{third}").status_code == 200


def test_a_page_without_a_registered_address_cannot_end_its_code(codes: DeliveryCodes, client: FlaskClient) -> None:
    codes.announce([Announcement("P-1", Person("Ada", None, "en"), sender_wish=True)])
    code, address = shown(codes, "P-1"), newest_key(codes)
    assert "Get a new code" not in client.get(f"/t/{address}").text
    assert client.post(f"/t/{address}/renew").status_code == 409
    assert shown(codes, "P-1") == code


def test_a_withdrawn_delegates_page_says_so_and_an_old_link_of_theirs_too(
    codes: DeliveryCodes, client: FlaskClient, key: str, clock: TurnableClock
) -> None:
    def links() -> list[str]:
        return [each.ticket_key for each in codes.read(delegates_of, holder_id)]

    holder_id: UUID = recorded(codes).holder_id
    named = codes.write(name_delegate, holder_id, Person("Bo", "bo@example.org", "en"), clock() + timedelta(days=2))
    by_page(codes, client, named.ticket_key)
    assert "A newer message was sent" in client.get(f"/t/{named.ticket_key}").text
    (fresh,) = links()
    assert client.get(f"/t/{fresh}").status_code == 200
    clock.turn(timedelta(days=1))
    codes.write(withdraw_delegate, holder_id, named.holder_id)
    for link in (named.ticket_key, fresh):
        answer = client.get(f"/t/{link}")
        assert answer.status_code == 410
        assert "This ticket was withdrawn" in answer.text
        assert "Nov 25, 2026" in answer.text
        assert client.get(f"/t/{link}/status").status_code == 410
        assert client.post(f"/t/{link}/renew").status_code == 410


def test_addresses_that_never_were_and_those_of_erased_persons_are_not_found(
    codes: DeliveryCodes, client: FlaskClient, key: str
) -> None:
    by_page(codes, client, key)
    codes.erase_parcel("P-1")
    for address in (key, "x" * 32, key[:20]):
        answer = client.get(f"/t/{address}?lang=en")
        assert answer.status_code == 404
        assert "Please open it straight from the message you received" in answer.text


def test_what_a_mail_program_took_into_the_link_leads_to_the_page_all_the_same(client: FlaskClient, key: str) -> None:
    for behind in (".", ")", ">.", "%C2%BB,", "%0A", "_", "%20now"):
        answer = client.get(f"/t/{key}{behind}")
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/t/{key}"), behind
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(f"/t/{key}/").status_code == 200
