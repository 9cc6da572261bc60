"""What is answered before Flask is answered just as Flask's view would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes, tables
from codes.accounts.devices import revoke_device
from codes.model import DeviceKind
from codes.recipients.tickets import ShownCode
from codes.store.patience import SERVING
from tests.parts.application import Watch
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice
from tests.parts.web.own_loop import run
from web.http.access import DEVICE_COOKIE
from web.http.asgi.application import AsgiApp
from web.http.asgi.verifications import PATH, VerificationFastPath

Enrol = Callable[..., tuple[FlaskClient, SigningDevice]]


@pytest.fixture
def answered(watch: Watch) -> list[bool]:
    """What was answered before Flask, request by request."""
    return watch(VerificationFastPath)


def sent(
    asgi: AsgiApp,
    browser: FlaskClient,
    *bodies: Any,
    address: str = PATH,
    base: str = "http://localhost",
    **headers: str,
) -> list[httpx.Response]:
    """Send what a device signed, all at the same time."""
    cookie = browser.get_cookie(DEVICE_COOKIE)
    cookies = {DEVICE_COOKIE: cookie.value} if cookie else {}

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=asgi)
        async with httpx.AsyncClient(transport=transport, base_url=base, cookies=cookies) as client:
            return await asyncio.gather(*(client.post(PATH, json=each, headers=headers) for each in bodies))

    return run(ask())


def known(codes: DeliveryCodes, device: SigningDevice) -> None:
    """Let this process know a device, as its first request does."""
    codes.devices.key_of(device.device_id)
    codes.devices.kind_of(device.device_id)


@pytest.mark.parametrize("base", ["http://localhost", "https://localhost"])
def test_it_is_the_same_answer_to_the_byte(
    asgi: AsgiApp, enrol: Enrol, code: ShownCode, clock: TurnableClock, answered: list[bool], base: str
) -> None:
    browser, device = enrol()
    body = device.body(code.payload, ["SAMPLE-1"], now=clock())
    by_flask = browser.post(PATH, json=body, base_url=base)
    assert by_flask.json is not None
    assert by_flask.json["accepted"]
    (before,) = sent(asgi, browser, body, base=base)
    assert answered == [True]
    assert before.content == by_flask.data
    assert sorted(before.headers.items()) == sorted((name.lower(), value) for name, value in by_flask.headers.items())


def test_the_first_request_of_a_device_makes_it_known(
    asgi: AsgiApp, enrol: Enrol, code: ShownCode, clock: TurnableClock, answered: list[bool]
) -> None:
    browser, device = enrol()
    for _ in range(2):
        (answer,) = sent(asgi, browser, device.body(code.payload, ["SAMPLE-1"], now=clock()))
        assert answer.status_code == 200
    assert answered == [False, True]


def test_of_fifty_at_once_one_releases_the_parcel(
    asgi: AsgiApp,
    enrol: Enrol,
    codes: DeliveryCodes,
    code: ShownCode,
    clock: TurnableClock,
    answered: list[bool],
) -> None:
    browser, device = enrol()
    codes.devices.recognise(browser.get_cookie(DEVICE_COOKIE).value)  # type: ignore[union-attr]
    known(codes, device)
    bodies = [device.body(code.payload, ["SAMPLE-1"], now=clock()) for _ in range(50)]
    outcomes = [each.json()["outcome"] for each in sent(asgi, browser, *bodies)]
    assert sorted(outcomes) == ["accepted"] + ["already_handed_over"] * 49
    assert answered == [True] * 50


def test_whatever_is_not_plain_is_said_by_the_view(
    asgi: AsgiApp,
    enrol: Enrol,
    codes: DeliveryCodes,
    code: ShownCode,
    clock: TurnableClock,
    answered: list[bool],
) -> None:
    browser, device = enrol()
    stranger, other_browser = SigningDevice(device_id=device.device_id), enrol()[0]
    good = device.body(code.payload, ["SAMPLE-1"], now=clock())
    for each in (browser, other_browser):
        each.post(PATH, json=good)
    known(codes, device)
    used = device.body("123456", ["SAMPLE-1"], now=clock()) | {"presentation_id": good["presentation_id"]}
    cases: list[tuple[Any, int, str]] = [
        ({}, 422, "invalid-request"),
        ([1], 422, "invalid-request"),
        (good | {"presentation_id": "x" * 36}, 422, "invalid-request"),
        (stranger.body(code.payload, ["SAMPLE-1"], now=clock()), 403, "bad-signature"),
        (device.body(code.payload, [], now=clock()), 422, "parcel-missing"),
        (used, 403, "bad-signature"),
    ]
    for body, status, kind in cases:
        (answer,) = sent(asgi, browser, body)
        assert (answer.status_code, answer.json()["type"].rpartition(":")[2].rpartition("/")[2]) == (status, kind)
        assert answer.json() == browser.post(PATH, json=body).json
    (foreign,) = sent(asgi, browser, good, **{"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    (nobody,) = sent(asgi, front_client(browser), good)
    assert nobody.status_code == 401
    codes.write(revoke_device, device.device_id)
    (revoked,) = sent(asgi, browser, device.body(code.payload, ["SAMPLE-1"], now=clock()))
    assert revoked.status_code == browser.post(PATH, json=good).status_code != 200
    assert not any(answered)


def front_client(browser: FlaskClient) -> FlaskClient:
    """Return a browser of the same application without any cookie."""
    return browser.application.test_client()


def test_kiosks_and_counters_are_answered_by_the_view(
    asgi: AsgiApp, enrol: Enrol, code: ShownCode, clock: TurnableClock, answered: list[bool]
) -> None:
    for kind in (DeviceKind.KIOSK, DeviceKind.COUNTER):
        browser, device = enrol(kind)
        for _ in range(2):
            (answer,) = sent(asgi, browser, device.body(code.payload, ["SAMPLE-1"], now=clock()))
            assert answer.status_code == 200
    assert not any(answered)


def test_what_is_answered_before_flask_is_counted_too(
    asgi: AsgiApp, enrol: Enrol, code: ShownCode, clock: TurnableClock, client: FlaskClient
) -> None:
    browser, device = enrol()
    for _ in range(3):
        sent(asgi, browser, device.body(code.payload, ["SAMPLE-1"], now=clock()))
    counted = [line for line in client.get("/metrics").text.splitlines() if f'route="{PATH}",status="200"' in line]
    assert [line.rpartition(" ")[2] for line in counted if "_total" in line] == ["3.0"]


def test_a_database_that_says_nothing_is_told_in_time_and_asked_no_second_time(
    enrol: Enrol, codes: DeliveryCodes, code: ShownCode, clock: TurnableClock, answered: list[bool], app: Flask
) -> None:
    codes.database.patience = SERVING
    asgi = AsgiApp(app, app.extensions["doorcode"])
    browser, device = enrol()
    known(codes, device)
    codes.devices.recognise(browser.get_cookie(DEVICE_COOKIE).value)  # type: ignore[union-attr]
    body = device.body(code.payload, ["SAMPLE-1"], now=clock())
    with codes.database.writing() as connection:
        connection.execute(sa.update(tables.parcels).values(events=tables.parcels.c.events))
        (unknown,) = sent(asgi, browser, body)
    assert (unknown.status_code, unknown.headers["Retry-After"]) == (503, "1")
    assert unknown.json()["type"] == "/problems/unknown-outcome"
    # As a phone does: on a busy machine the database may be late once more.
    answers = (sent(asgi, browser, body)[0] for _ in range(5))
    answer = next(each for each in answers if each.status_code != 503)
    assert answer.json()["outcome"] == "accepted"
    assert set(answered) == {True}


def test_a_closing_service_says_to_ask_again(
    asgi: AsgiApp, enrol: Enrol, codes: DeliveryCodes, code: ShownCode, clock: TurnableClock
) -> None:
    browser, device = enrol()
    sent(asgi, browser, device.body(code.payload, ["SAMPLE-1"], now=clock()))
    codes.close()
    (answer,) = sent(asgi, browser, device.body(code.payload, ["SAMPLE-1"], now=clock()))
    assert answer.status_code == 503
