"""Live parcels and test parcels never meet: every call that a key can make stays in the realm of its key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from codes import DeliveryCodes, tables
from codes.accounts.api_keys import Scope, add_key
from codes.delivering.tours import tour_of
from codes.delivering.visits import Visit, end_without_handover
from codes.model import AttemptReason, Realm
from codes.office.statistics import COUNTS
from codes.values.tracking_numbers import TEST_PARCELS
from tests.parts.calls import parcel
from tests.parts.device import SigningDevice
from tests.parts.domain import shown
from web.http.access import Guard, guard_of

Headers = dict[str, str]
KEPT_APART = ("api_keys", "idempotency_keys")
"""Tables that tell of the keys themselves."""


@pytest.fixture
def keys(codes: DeliveryCodes) -> dict[Realm, Headers]:
    """A key for each realm, which may do everything."""
    made = {realm: codes.write(add_key, realm.value, list(Scope), test=realm is Realm.TEST) for realm in Realm}
    return {realm: {"Authorization": f"Bearer {key}"} for realm, key in made.items()}


@pytest.fixture
def driver(
    client: FlaskClient,
    codes: DeliveryCodes,
    keys: dict[Realm, Headers],
    enrol: Callable[..., tuple[FlaskClient, SigningDevice]],
) -> SigningDevice:
    """A driver who carries a parcel of each realm; in each, something of everything that is counted has happened."""
    browser, device = enrol()
    for realm, headers in keys.items():
        before = TEST_PARCELS if realm is Realm.TEST else ""
        for name in ("CARRIED", "HANDED", "GUESSED"):
            body = parcel(f"{realm.value}-{name}", sender=f"Sender of {realm.value}")
            assert client.post("/api/v1/parcels", json=body, headers=headers).status_code == 201
            assert (
                client.post(f"/api/v1/parcels/{realm.value}-{name}/out-for-delivery", headers=headers).status_code
                == 200
            )
        reference = f"{before}{realm.value}-HANDED".upper()
        for code, presented in (
            (shown(codes, reference).payload, reference),
            (WRONG, f"{before}{realm.value}-GUESSED"),
        ):
            answer = browser.post(
                "/api/v1/verifications", json=device.body(code, [presented.upper()], now=codes.clock())
            )
            assert answer.status_code == 200, answer.text
        missed = Visit(
            uuid4(), device.device_id, f"{before}{realm.value}-CARRIED", AttemptReason.NO_CODE, codes.clock()
        )
        codes.write(end_without_handover, missed)
        body = {"device": str(device.device_id), "references": [f"{realm.value}-CARRIED"]}
        assert client.post("/api/v1/assignments", json=body, headers=headers).json["assigned"] == 1  # type: ignore[index]
        hook = {"name": f"Hook of {realm.value}", "url": "https://example.org/hook"}
        assert client.post("/api/v1/webhooks", json=hook, headers=headers).status_code == 201
    codes.seal()
    return device


WRONG = "000000"


@pytest.mark.parametrize("realm", list(Realm))
def test_whatever_a_key_calls_nothing_of_the_other_realm_is_told_or_changed(
    app: Flask, codes: DeliveryCodes, keys: dict[Realm, Headers], driver: SigningDevice, realm: Realm
) -> None:
    other = next(each for each in Realm if each is not realm)
    before, walked = rows_of(codes, other), 0
    secrets = [f"of {other.value}", *(str(row.id) for row in before["parcels.consignment_id"])]
    for method, path, body in calls(app, codes, other, driver):
        answer = app.test_client().open(path, method=method, json=body, headers=keys[realm])
        assert answer.status_code < 500, (method, path, answer.text)
        assert [secret for secret in secrets if secret in answer.text] == [], (method, path)
        assert rows_of(codes, other) == before, (method, path)
        walked += 1
    assert walked > 40


@pytest.mark.parametrize("realm", list(Realm))
def test_statistics_count_the_keys_own_realm(
    client: FlaskClient, codes: DeliveryCodes, keys: dict[Realm, Headers], driver: SigningDevice, realm: Realm
) -> None:
    assert driver.device_id is not None
    day = codes.clock().date().isoformat()
    answer: Any = client.get(f"/api/v1/statistics?first={day}&last={day}", headers=keys[realm]).json
    found = {name: answer["days"][0][name] for name in COUNTS}
    expected = {"announced": 3, "no_code": 1}
    if realm is Realm.LIVE:  # no device hands a test parcel over
        expected |= {"handed_over": 1, "at_first_attempt": 1, "refused": 1}
    assert found == dict.fromkeys(COUNTS, 0) | expected


def test_a_test_key_that_replaces_a_tour_leaves_the_live_parcels_on_it(
    client: FlaskClient, codes: DeliveryCodes, keys: dict[Realm, Headers], driver: SigningDevice
) -> None:
    body = {"device": str(driver.device_id), "references": [], "replace": True}
    answer = client.post("/api/v1/assignments", json=body, headers=keys[Realm.TEST])
    assert answer.status_code in (200, 422)
    body["references"] = ["test-GUESSED"]
    assert client.post("/api/v1/assignments", json=body, headers=keys[Realm.TEST]).status_code == 200
    carried = {each.reference for each in codes.read(tour_of, driver.device_id).parcels}
    assert carried == {"LIVE-CARRIED"}


def calls(app: Flask, codes: DeliveryCodes, other: Realm, driver: SigningDevice) -> Iterator[tuple[str, str, object]]:
    """Make every call of a sender with everything that names something of the other realm."""
    prefix = TEST_PARCELS if other is Realm.TEST else ""
    references = [f"{before}{other.value}-{name}" for before in ("", prefix) for name in ("CARRIED", "HANDED")]
    with codes.database.reading() as connection:
        hooks = sa.select(tables.webhooks.c.id).where(tables.webhooks.c.test == (other is Realm.TEST))
        hook_ids = [str(each) for each in connection.execute(hooks).scalars()]
    day = codes.clock().date()
    bodies: dict[str, list[object]] = {
        "api_tours.assign": [
            {"device": str(driver.device_id), "references": references, "replace": replace} for replace in (False, True)
        ],
        "api_codes.report": [{"kind": "lost"}],
        "api_parcels.announce_batch": [[parcel(reference, value="1.00") for reference in references]],
        "api_parcels.announce": [parcel(reference, value="1.00") for reference in references],
    }
    for rule in app.url_map.iter_rules():
        if guard_of(app, rule.endpoint) is not Guard.SENDER:
            continue
        names = references if "reference" in rule.rule else hook_ids
        paths = [re.sub(r"<[^>]+>", name, rule.rule) for name in names] if "<" in rule.rule else [rule.rule]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for path in paths:
                question = f"?first={day - timedelta(days=1)}&last={day}" if path.endswith("statistics") else ""
                for body in bodies.get(rule.endpoint, [{}]) if method != "GET" else [None]:
                    yield method, path + question, body


def rows_of(codes: DeliveryCodes, realm: Realm) -> dict[str, Sequence[Any]]:
    """Return every row that belongs to a realm's parcels, consignments and webhooks."""
    found: dict[str, Sequence[Any]] = {}
    t = tables
    own = sa.select(t.consignments.c.id).where(t.consignments.c.realm == realm.value)
    parcels = sa.select(t.parcels.c.id).where(t.parcels.c.consignment_id.in_(own))
    hooks = sa.select(t.webhooks.c.id).where(t.webhooks.c.test == (realm is Realm.TEST))
    with codes.database.reading() as connection:
        for name, table in t.metadata.tables.items():
            columns = table.columns
            if name in KEPT_APART:
                continue
            for column, ids in (("consignment_id", own), ("parcel_id", parcels), ("webhook_id", hooks)):
                if column in columns:
                    rows = sa.select(table).where(columns[column].in_(ids)).order_by(*table.primary_key.columns)
                    found[f"{name}.{column}"] = connection.execute(rows).all()
        found["webhooks"] = connection.execute(sa.select(t.webhooks).where(t.webhooks.c.id.in_(hooks))).all()
    return found
