"""Every route is closed unless its view says otherwise, and no other site can use a signed-in browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from codes import DeliveryCodes
from tests.parts.calls import PASSWORD, filled
from tests.parts.device import SigningDevice
from web.flask_app import create_service
from web.http.access import Guard, UnguardedView, guard_of
from web.services import Services

PUBLIC = {
    "/static/<path:filename>",
    "/static/js/<path:name>",
    "/static/vendor/zxing-wasm/<path:name>",
    "/api/v1/devices",
    "/api/v1/proofs/check",
    "/api/v1/proofs/named",
    "/api/v1/receipts/<uuid:message_id>/<receipt_key>",
    "/api/v1/bounces",
    "/api/v1/shops/<uuid:shop_id>/calls",
    "/api/v1/shops/<uuid:shop_id>/registration",
    "/api/v1/openapi.json",
    "/proofs/check",
    "/proofs/key.pem",
    "/enrol",
    "/healthz",
    "/readyz",
    "/metrics",
    "/driver-worker.js",
    "/ticket-worker.js",
    "/privacy",
    "/status/<name>.svg",
    "/office/sign-in",
    "/office/passkeys",
    "/office/passkeys/options",
    "/office/single-sign-on",
    "/office/single-sign-on/back",
    "/office/second-factor",
    "/",
}


def test_what_is_public_is_known_by_name(app: Flask) -> None:
    found = {rule.rule for rule in app.url_map.iter_rules() if guard_of(app, rule.endpoint) is Guard.PUBLIC}
    assert {rule for rule in found if not rule.startswith("/t/<key>")} == PUBLIC


def test_every_other_route_is_closed_to_strangers(app: Flask, client: FlaskClient) -> None:
    walked = 0
    for rule in app.url_map.iter_rules():
        guard = guard_of(app, rule.endpoint)
        if guard is Guard.PUBLIC:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(filled(rule.rule), method=method)
            led_to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/office/sign-in")
            assert answer.status_code == 401 or led_to_sign_in, (method, rule.rule, answer.status_code)
            walked += 1
    assert walked > 10


def test_a_view_without_a_guard_keeps_the_service_from_starting(app: Flask) -> None:
    from flask import Blueprint

    from web.api import blueprints

    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/forgotten", view_func=lambda: "open")
    services: Services = app.extensions["doorcode"]
    original = blueprints.BLUEPRINTS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.api.blueprints.BLUEPRINTS", (*original, forgotten))
        with pytest.raises(UnguardedView, match="/forgotten"):
            create_service(services)


@pytest.mark.parametrize("guard", [Guard.DEVICE, Guard.STAFF, Guard.SENDER])
def test_one_kind_of_caller_cannot_use_anothers_routes(
    app: Flask,
    guard: Guard,
    administrator: FlaskClient,
    sender: dict[str, str],
    enrol: Callable[[], tuple[FlaskClient, SigningDevice]],
) -> None:
    device, _ = enrol()
    callers: dict[Guard, Callable[[str], TestResponse]] = {
        Guard.DEVICE: lambda path: device.get(path),
        Guard.STAFF: lambda path: administrator.get(path),
        Guard.SENDER: lambda path: app.test_client().get(path, headers=sender),
    }
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is not guard or "GET" not in (rule.methods or set()):
            continue
        for other, call in callers.items():
            if other is not guard:
                assert call(filled(rule.rule)).status_code in (401, 302), (rule.rule, other)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example.org"},
        {"Origin": "null"},
        {"Origin": "http://["},
    ],
)
def test_another_site_cannot_make_a_signed_in_browser_act(administrator: FlaskClient, headers: dict[str, str]) -> None:
    assert administrator.post("/office/sign-out", headers=headers).status_code == 403
    assert administrator.get("/office").status_code == 200


def test_guesses_at_an_enrolment_write_nothing_and_so_keep_no_handover_waiting(
    client: FlaskClient, codes: DeliveryCodes
) -> None:
    body = {"enrolment": "guessed", "public_key": SigningDevice().jwk}
    with codes.database.writing():
        assert client.post("/api/v1/devices", json=body).status_code == 403


def test_the_own_pages_can_act(administrator: FlaskClient) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert administrator.post("/office/sign-out", headers=headers).status_code == 303
    assert administrator.get("/office").status_code == 302


def test_a_wrong_password_and_an_unknown_name_look_the_same(app: Flask, administrator: FlaskClient) -> None:
    answers = [
        app.test_client().post("/office/sign-in", data={"name": name, "password": "wrong"}) for name in ("admin", "nob")
    ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].text.replace("admin", "nob") == answers[1].text
    assert PASSWORD not in answers[0].text


def test_cookies_are_for_this_site_and_no_script(app: Flask, codes: DeliveryCodes, administrator: FlaskClient) -> None:
    answer = app.test_client().post(
        "/office/sign-in",
        data={"name": "admin", "password": PASSWORD},
        base_url="https://localhost",
    )
    cookie = answer.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Secure", "Path=/"))


def test_every_answer_forbids_foreign_scripts_and_caches(client: FlaskClient) -> None:
    for path in ("/office/sign-in", "/nowhere", "/api/v1/devices/me"):
        headers = client.get(path).headers
        assert "script-src 'self' 'wasm-unsafe-eval'" in headers["Content-Security-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
