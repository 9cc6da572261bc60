"""A page to which nothing is new is told so before Flask, just as Flask's view would."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.life.delegates import withdraw_delegate
from codes.recipients.ticket_addresses import ticket_versions
from codes.store.transaction import Transaction
from tests.parts.application import Watch
from tests.parts.clock import TurnableClock
from tests.parts.web.own_loop import run
from tests.parts.web.tickets import announced, delegate_key, name, ticket
from web.http.asgi.application import AsgiApp
from web.http.asgi.ticket_status import TicketStatusFastPath
from web.http.limits.ticket_polling import ASK_AGAIN

OF_FLASK_ALONE = {"content-type", "content-length", "content-language", "vary"}
"""What it adds to answers without a body too, where nobody reads it."""


@pytest.fixture
def before_flask(watch: Watch) -> list[bool]:
    """Whether it was answered before Flask, request by request."""
    return watch(TicketStatusFastPath)


def looked(
    asgi: AsgiApp, *keys: str, known: str, query: str = "", base: str = "http://localhost"
) -> list[httpx.Response]:
    """Let pages look, all at the same time."""

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=asgi), base_url=base) as client:
            headers = {"If-None-Match": known}
            return await asyncio.gather(*(client.get(f"/t/{key}/status{query}", headers=headers) for key in keys))

    return run(ask())


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
@pytest.mark.parametrize("query", ["", "?held"])
def test_it_is_the_same_answer(
    asgi: AsgiApp, client: FlaskClient, codes: DeliveryCodes, before_flask: list[bool], base: str, query: str
) -> None:
    key = announced(codes)
    tag = client.get(f"/t/{key}/status").headers["ETag"]
    by_flask = client.get(f"/t/{key}/status{query}", headers={"If-None-Match": tag}, base_url=base)
    (before,) = looked(asgi, key, known=tag, query=query, base=base)
    assert before_flask == [True]
    assert (before.status_code, before.content) == (by_flask.status_code, by_flask.data) == (304, b"")
    theirs = sorted((each.lower(), value) for each, value in by_flask.headers.items())
    assert sorted(before.headers.items()) == [each for each in theirs if each[0] not in OF_FLASK_ALONE]


def test_news_are_told_by_the_view(
    asgi: AsgiApp, codes: DeliveryCodes, clock: TurnableClock, before_flask: list[bool]
) -> None:
    key, known, statuses = announced(codes), "", []

    def look() -> None:
        nonlocal known
        (answer,) = looked(asgi, key, known=known)
        known = answer.headers["ETag"]
        statuses.append((answer.status_code, int(answer.headers[ASK_AGAIN])))

    look()
    look()
    codes.write(mark_out_for_delivery, "P-1")
    look()
    look()
    clock.turn(timedelta(days=30))
    look()
    assert [status for status, _ in statuses] == [200, 304, 200, 304, 200]
    assert [pause for _, pause in statuses[:4]] == [60_000, 60_000, 10_000, 10_000]
    assert before_flask == [False, True, False, True, False]


def test_whatever_is_not_plain_is_said_by_the_view(
    asgi: AsgiApp, client: FlaskClient, codes: DeliveryCodes, clock: TurnableClock, before_flask: list[bool]
) -> None:
    key = announced(codes)
    tag = client.get(f"/t/{key}/status").headers["ETag"]
    assert looked(asgi, "a-key-of-nobody", known=tag)[0].status_code == 404
    assert looked(asgi, key, known='"1.other"')[0].status_code == 200
    assert looked(asgi, key, known=tag, query="?held=1")[0].status_code == 304
    name(client, key, clock)
    theirs = delegate_key(codes, key)
    tag = client.get(f"/t/{theirs}/status").headers["ETag"]
    codes.write(withdraw_delegate, ticket(codes, key).holder_id, ticket(codes, theirs).holder_id)
    assert looked(asgi, theirs, known=tag)[0].status_code == 410
    assert before_flask == [False] * 4


def test_the_database_is_asked_once_for_all_who_look_at_the_same_time(
    app: Flask, client: FlaskClient, codes: DeliveryCodes, monkeypatch: pytest.MonkeyPatch, before_flask: list[bool]
) -> None:
    asked: list[list[str]] = []

    def watched(t: Transaction, keys: Iterable[str]) -> dict[str, int]:
        asked.append(list(keys))
        return ticket_versions(t, asked[-1])

    monkeypatch.setattr("web.http.asgi.ticket_status.ticket_versions", watched)
    asgi, key = AsgiApp(app, app.extensions["doorcode"]), announced(codes)
    tag = client.get(f"/t/{key}/status").headers["ETag"]
    assert {each.status_code for each in looked(asgi, *[key] * 20, known=tag)} == {304}
    assert asked == [[key] * 20]
    assert before_flask == [True] * 20


def test_a_page_that_goes_away_takes_nobody_with_it(asgi: AsgiApp, client: FlaskClient, codes: DeliveryCodes) -> None:
    key = announced(codes)
    headers = {"If-None-Match": client.get(f"/t/{key}/status").headers["ETag"]}

    async def ask() -> int:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=asgi), base_url="http://localhost") as page:
            gone, stays = (asyncio.create_task(page.get(f"/t/{key}/status", headers=headers)) for _ in range(2))
            await asyncio.sleep(0)
            gone.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gone
            return (await stays).status_code

    assert run(ask()) == 304


def test_a_look_that_fails_is_left_to_the_view(
    app: Flask, client: FlaskClient, codes: DeliveryCodes, monkeypatch: pytest.MonkeyPatch, before_flask: list[bool]
) -> None:
    key = announced(codes)
    tag = client.get(f"/t/{key}/status").headers["ETag"]

    def broken(_t: Transaction, _keys: Iterable[str]) -> dict[str, int]:
        raise OSError("the database is away")

    monkeypatch.setattr("web.http.asgi.ticket_status.ticket_versions", broken)
    (answer,) = looked(AsgiApp(app, app.extensions["doorcode"]), key, known=tag)
    assert (answer.status_code, answer.headers["ETag"]) == (304, tag)
    assert before_flask == [False]


def test_looks_are_counted(asgi: AsgiApp, client: FlaskClient, codes: DeliveryCodes) -> None:
    key = announced(codes)
    tag = client.get(f"/t/{key}/status").headers["ETag"]
    for _ in range(3):
        looked(asgi, key, known=tag)
    metrics = client.get("/metrics").text.splitlines()
    counted = [line for line in metrics if 'route="/t/<key>/status",status="304"' in line and "_total" in line]
    assert [line.rpartition(" ")[2] for line in counted] == ["3.0"]
