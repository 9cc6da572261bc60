"""A ticket page in clumsy or bad hands: each answer is the page's own, and nothing happens twice or unasked."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes, tables
from codes.life.contests import reports_of
from codes.life.delegates import delegates_of
from codes.model import MessageKind
from codes.pickup.points import PointTerms, add_point
from codes.recipients.outbox import listed_messages
from codes.settings import WishSettings
from tests.parts.clock import TurnableClock
from tests.parts.device import enrolled
from tests.parts.domain import recorded
from tests.parts.web.tickets import announced, delegate_key, name, ticket
from tests.parts.web.wallet_certificates import offered_wallets
from web.http.bodies import REFUSED_BODY, BodyTooLarge, BodyTooSlow

HEADING = re.compile(r"<h1>(.*?)</h1>", re.DOTALL)
SEAL = {"log_leaves", "log_nodes", "checkpoints"}
DAYS = 5


@pytest.fixture
def key(codes: DeliveryCodes) -> str:
    """The unguessable part of the address of the ticket for parcel P-1, in a house that offers everything."""
    wishes = WishSettings(another_day_within=DAYS, pickup_point=True, phone=True)
    codes.settings = codes.settings.model_copy(update={"wishes": wishes, "contest_photos": True})
    return announced(codes)


@pytest.fixture
def hand_over(codes: DeliveryCodes, key: str, clock: TurnableClock) -> Callable[[], None]:
    """Hand the parcel over."""

    def do() -> None:
        code = ticket(codes, key).code
        assert code is not None
        assert codes.present(enrolled(codes).presentation(code.payload, "P-1", now=clock())).accepted

    return do


def kinds(codes: DeliveryCodes, kind: MessageKind) -> int:
    """Return how many messages of a kind were queued."""
    return sum(each.kind is kind for each in codes.read(listed_messages, limit=100))


@pytest.mark.parametrize(
    ("path", "form", "status", "heading"),
    [
        ("delegates", {"name": " ", "until": "2026-11-26"}, 422, "Who receives the parcel?"),
        ("delegates", {"name": "Bo", "until": "2026-11-20"}, 422, "This day cannot be chosen"),
        ("delegates", {"name": "Bo", "until": "24.12.2026"}, 422, "This day cannot be chosen"),
        ("delegates", {"name": "Bo", "until": ""}, 422, "This day cannot be chosen"),
        ("delegates", {"name": "Bo", "until": "9999-12-31"}, 422, "This day cannot be chosen"),
        ("wish", {"day": "2026-11-24"}, 409, "That cannot be chosen"),
        ("wish", {"day": "2027-11-24"}, 409, "That cannot be chosen"),
        ("wish", {"day": "tomorrow"}, 422, "This day cannot be chosen"),
        ("wish", {"day": ""}, 422, "This day cannot be chosen"),
        ("wish", {"point": "00000000-0000-0000-0000-000000000000"}, 409, "That cannot be chosen"),
        ("phone", {"phone": "Ada"}, 422, "This is not a phone number"),
        ("phone", {"phone": ""}, 422, "This is not a phone number"),
        ("report", {"kind": "not_received", "confirmed": "yes"}, 409, "That is not possible any more"),
        ("report", {"kind": "", "confirmed": "yes"}, 400, "What is wrong?"),
        ("report", {"kind": "opened"}, 422, "Your confirmation is missing"),
        ("report", {"kind": "opened", "confirmed": "yes", "words": "x" * 1001}, 422, "That is too long"),
    ],
)
def test_what_cannot_be_taken_is_told_in_the_tickets_language_with_the_way_back(
    client: FlaskClient, codes: DeliveryCodes, key: str, path: str, form: dict[str, str], status: int, heading: str
) -> None:
    answer = client.post(f"/t/{key}/{path}", data=form, headers={"Accept-Language": "pl"})
    assert answer.status_code == status
    assert HEADING.findall(answer.text) == [heading]
    assert '<html lang="en"' in answer.text
    assert f'href="/t/{key}"' in answer.text
    assert codes.read(delegates_of, ticket(codes, key).holder_id) == []


def test_a_form_that_is_sent_twice_does_what_it_says_once(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock, hand_over: Callable[[], None]
) -> None:
    point = str(codes.write(add_point, PointTerms("Corner Shop", "Main Street 1", "8-20")))
    assert [name(client, key, clock) for _ in range(2)] == [303, 303]
    assert len(codes.read(delegates_of, ticket(codes, key).holder_id)) == 1
    assert kinds(codes, MessageKind.DELEGATE_NAMED) == 1
    for number, wish in enumerate(({"day": "2026-11-26"}, {"point": point}), start=1):
        assert [client.post(f"/t/{key}/wish", data=wish).status_code for _ in range(3)] == [303] * 3
        assert kinds(codes, MessageKind.WISH_NOTED) == number
    hand_over()
    report = {"kind": "opened", "confirmed": "yes"}
    assert [client.post(f"/t/{key}/report", data=report).status_code for _ in range(2)] == [303, 303]
    (stands,) = codes.read(reports_of, recorded(codes, "P-1").parcel_id)
    assert kinds(codes, MessageKind.REPORTED) == 1
    withdraw = f"/t/{key}/report/{stands.report_id}/withdraw"
    assert [client.post(withdraw).status_code for _ in range(2)] == [303, 303]


def test_a_body_that_was_refused_unread_is_told_in_the_tickets_language_with_the_way_back(
    client: FlaskClient, key: str
) -> None:
    for refused, heading in ((BodyTooLarge(12), "The photo is too large"), (BodyTooSlow(), "The service is busy")):
        answer = client.post(
            f"/t/{key}/report", headers={"Accept-Language": "pl"}, environ_overrides={REFUSED_BODY: refused}
        )
        assert HEADING.findall(answer.text) == [heading]
        assert f'href="/t/{key}"' in answer.text
    assert client.post("/t/none/report", environ_overrides={REFUSED_BODY: BodyTooSlow()}).status_code == 408


def test_a_tab_that_is_brought_back_shows_the_page_whatever_was_sent_from_it(client: FlaskClient, key: str) -> None:
    for form in ("delegates", "wish", "phone", "renew", "send-again", "report"):
        answer = client.get(f"/t/{key}/{form}")
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/t/{key}"), form


def test_an_old_tab_changes_nothing_of_what_became_of_the_parcel(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock, hand_over: Callable[[], None]
) -> None:
    assert name(client, key, clock) == 303
    [named] = codes.read(delegates_of, ticket(codes, key).holder_id)
    hand_over()
    old = {
        "delegates": {"name": "Bo", "until": "2026-11-26"},
        "send-again": {},
        "renew": {},
        "phone": {"phone": "+491701234567"},
        "wish": {"day": "2026-11-26"},
    }
    for path, form in old.items():
        answer = client.post(f"/t/{key}/{path}", data=form)
        assert answer.status_code == 409, path
        assert f'href="/t/{key}"' in answer.text
        assert "Go back and try again" not in answer.text
    assert client.post(f"/t/{key}/delegates/{named.holder_id}/withdraw").status_code in (303, 409)
    assert client.get(f"/t/{key}").text.count("mark-green") == 1


def test_only_the_recipient_contests_and_takes_back(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock, hand_over: Callable[[], None]
) -> None:
    name(client, key, clock)
    theirs = delegate_key(codes, key)
    hand_over()
    report = {"kind": "not_received", "confirmed": "yes", "words": "Ask my neighbour"}
    assert client.post(f"/t/{theirs}/report", data=report).status_code == 409
    assert client.post(f"/t/{key}/report", data=report).status_code == 303
    page = client.get(f"/t/{theirs}?lang=en").text
    assert "The recipient has reported a problem" in page
    assert "Ask my neighbour" not in page
    assert "/report" not in page
    [stands] = codes.read(reports_of, recorded(codes, "P-1").parcel_id)
    assert client.post(f"/t/{theirs}/report/{stands.report_id}/withdraw").status_code == 409
    assert "data-contested" in client.get(f"/t/{key}").text


def test_a_delegate_names_nobody_wishes_nothing_and_receives_no_longer_than_the_recipient(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    assert name(client, key, clock, days=3000) == 303
    theirs = delegate_key(codes, key)
    [named] = codes.read(delegates_of, ticket(codes, key).holder_id)
    code = ticket(codes, key).code
    assert code is not None
    assert named.valid_until == code.expires_at
    assert name(client, theirs, clock) == 409
    for path, form in {"wish": {"day": "2026-11-26"}, "phone": {"phone": "+491701234567"}, "renew": {}}.items():
        assert client.post(f"/t/{theirs}/{path}", data=form).status_code == 409, path
    assert client.post(f"/t/{theirs}/delegates/{named.holder_id}/withdraw").status_code == 409


def test_a_page_whose_code_expired_says_whom_to_ask_and_offers_nothing_but_a_new_one(
    client: FlaskClient, codes: DeliveryCodes, key: str, clock: TurnableClock
) -> None:
    codes.write(add_point, PointTerms("Corner Shop", "Main Street 1", "8-20"))
    name(client, key, clock, language="en")
    theirs = delegate_key(codes, key)
    assert "Other ways to get it" in client.get(f"/t/{key}").text
    clock.turn(timedelta(days=31))
    page = client.get(f"/t/{key}").text
    assert "Please look for a newer email." in page
    assert "Get a new code" in page
    assert "Other ways to get it" not in page
    page = client.get(f"/t/{theirs}").text
    assert "Please ask the person who named you." in page
    assert "email" not in page


def test_words_of_several_lines_are_as_long_as_the_page_counts_them(
    client: FlaskClient, codes: DeliveryCodes, key: str, hand_over: Callable[[], None]
) -> None:
    hand_over()
    # A browser counts the end of a line as one sign, and sends it as two.
    words = "x\n" * 500
    form = {"kind": "opened", "confirmed": "yes", "words": words.replace("\n", "\r\n")}
    assert client.post(f"/t/{key}/report", data=form).status_code == 303


def test_a_photo_of_something_else_has_its_own_answer(
    client: FlaskClient, codes: DeliveryCodes, key: str, hand_over: Callable[[], None]
) -> None:
    hand_over()
    form = {"kind": "opened", "confirmed": "yes", "photo": (io.BytesIO(b"%PDF-1.7"), "photo.jpg")}
    answer = client.post(f"/t/{key}/report", data=form)
    assert answer.status_code == 422
    assert HEADING.findall(answer.text) == ["Photos are only for damaged parcels"]


def rows(codes: DeliveryCodes) -> dict[str, list[sa.Row[Any]]]:
    """Return what stands in every table, but for those of the seal, which is put on what happened before anyway."""
    kept = [each for each in tables.metadata.sorted_tables if each.name not in SEAL]
    with codes.database.reading() as connection:
        return {each.name: list(connection.execute(sa.select(each))) for each in kept}


@pytest.mark.parametrize("done", [False, True])
def test_nothing_changes_because_somebody_looks(
    app: Flask,
    client: FlaskClient,
    codes: DeliveryCodes,
    key: str,
    clock: TurnableClock,
    hand_over: Callable[[], None],
    tmp_path: Path,
    done: bool,
) -> None:
    app.extensions["doorcode"] = replace(app.extensions["doorcode"], wallets=offered_wallets(tmp_path, clock()))
    name(client, key, clock)
    if done:
        hand_over()
    clock.turn(timedelta(minutes=1))
    before = rows(codes)
    looked_at = [
        each.rule.replace("<key>", key) for each in app.url_map.iter_rules() if each.rule.startswith("/t/<key>")
    ]
    paths = [each for each in looked_at if "<" not in each]
    assert len(paths) > 10
    for path in paths:
        # Mail filters ask what kind of thing a link leads to; browsers fetch ahead what may be opened next.
        client.head(path)
        client.get(path, headers={"Sec-Purpose": "prefetch;prerender"})
        client.get(path, headers={"Purpose": "prefetch"})
        # Whoever follows a link follows every link; only the page's own script is noted.
        if not path.endswith("/status"):
            client.get(path)
            client.get(f"{path}?lang=fr&open=day&asked=sent&parcel=P-1")
    assert rows(codes) == before
