"""The served description of the API: it names every route, and every answer is as it says."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from codes import DeliveryCodes
from codes.model import DeviceKind, EventKind, ParcelSize
from codes.pickup.points import PointTerms, add_point, put_shelf
from tests.parts.calls import parcel
from tests.parts.device import SigningDevice
from web.api.openapi import api_rules, methods_of, path_of
from web.api.operations import operation_of
from web.api.requests import AssignmentBody, ParcelBody, PresentationBody, VisitBody

pytestmark = pytest.mark.slow

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12
ONLY = {
    DeviceKind.COUNTER: tuple(f"/api/v1/{name}" for name in ("point", "shift", "slips", "supervised-handovers")),
    DeviceKind.KIOSK: ("/api/v1/kiosk",),
}
"""Calls that are for one kind of device; the others are a driver's."""
BEHIND_A_PIN = {("/api/v1/shift", "POST"), ("/api/v1/kiosk", "DELETE"), ("/api/v1/kiosk/order", "PUT")}


def test_the_document_names_every_route_and_no_other(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    served = {(path_of(rule), method.lower()) for rule in api_rules(app) for method in methods_of(rule)}
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert told == served
    assert all(operation_of(app, rule.endpoint) for rule in api_rules(app))


def test_the_document_has_what_is_sent_to_webhooks_groups_and_examples_that_are_taken(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    assert set(document["webhooks"]) == {f"parcel.{kind}" for kind in EventKind}
    told = {tag["name"]: tag["description"] for tag in document["tags"]}
    assert all(told.values())
    calls = [operation for methods in document["paths"].values() for operation in methods.values()]
    assert {tag for call in calls for tag in call["tags"]} == set(told)
    assert {call["post"]["tags"][0] for call in document["webhooks"].values()} <= set(told)
    for model in (ParcelBody, VisitBody, AssignmentBody, PresentationBody):
        (example,) = document["components"]["schemas"][model.__name__]["examples"]
        model.model_validate_json(json.dumps(example))


def test_each_call_says_who_may_make_it_and_what_for(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    open_calls = {"devices_enrol", "proofs_check", "proofs_named", "openapi_document"}
    open_calls |= {"shops_call", "shops_register", "shops_confirm", "receipts_take", "receipts_take_from_address"}
    open_calls |= {"bounces_take"}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            open_to_all = operation["operationId"] in open_calls
            assert bool(operation["security"]) is not open_to_all, (path, method)


def statuses_of(operation: APIOperation[Any, Any, Any, Any], headers: dict[str, str], session: str) -> set[int]:
    """Call one operation in many ways, and return how it was answered."""
    seen = set()

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answered(case: schemathesis.Case[Any]) -> None:
        # In place of the cookie that schemathesis makes up, or no call of a device would get past the door.
        case.cookies["doorcode_device"] = session
        seen.add(case.call_and_validate(headers=headers, checks=CHECKS).status_code)

    answered()
    return seen


def test_whatever_is_sent_gets_an_answer_that_the_document_names(
    app: Flask,
    codes: DeliveryCodes,
    sender: dict[str, str],
    enrol: Callable[..., tuple[FlaskClient, SigningDevice]],
) -> None:
    point = codes.write(add_point, PointTerms("Sample point"))
    codes.write(put_shelf, point, "A1", size=ParcelSize.L, room=10)
    sent = app.test_client().post("/api/v1/parcels", json=parcel(), headers=sender)
    assert sent.status_code == 201
    codes.seal()
    sessions = {}
    for kind in DeviceKind:
        cookie = enrol(kind)[0].get_cookie("doorcode_device")
        assert cookie is not None
        sessions[kind] = cookie.value
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    seen: dict[tuple[str, str], set[int]] = {}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        kind = next((kind for kind, paths in ONLY.items() if operation.path.startswith(paths)), DeviceKind.DRIVER)
        seen[operation.path, operation.method.upper()] = statuses_of(operation, sender, sessions[kind])
    served = {(path_of(rule), method) for rule in api_rules(app) for method in methods_of(rule)}
    assert set(seen) == served - {("/api/v1/openapi.json", "GET")}
    # Whoever calls is known, so that the body itself was looked at.
    assert {call for call, statuses in seen.items() if statuses <= {401, 403}} <= BEHIND_A_PIN
