"""The served description of the API: it names every route, and every answer is as it says."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from codes import DeliveryCodes
from tests.parts.device import SigningDevice
from tests.web.conftest import parcel
from web.api.openapi import api_rules, methods_of, path_of
from web.api.operations import OPERATIONS

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12


def test_the_document_names_every_route_and_no_other(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    served = {(path_of(rule), method.lower()) for rule in api_rules(app) for method in methods_of(rule)}
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert told == served
    assert set(OPERATIONS) == {rule.endpoint for rule in api_rules(app)}


def test_each_call_says_who_may_make_it_and_what_for(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    assert document is not None
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            open_to_all = operation["operationId"] in ("devices_enrol", "proofs_check", "openapi_document")
            assert bool(operation["security"]) is not open_to_all, (path, method)


def test_whatever_is_sent_gets_an_answer_that_the_document_names(
    app: Flask,
    codes: DeliveryCodes,
    sender: dict[str, str],
    enrol: Callable[[], tuple[FlaskClient, SigningDevice]],
) -> None:
    sent = app.test_client().post("/api/v1/parcels", json=parcel(), headers=sender)
    assert sent.status_code == 201
    codes.log.seal()
    browser, device = enrol()
    assert isinstance(device.device_id, UUID)
    cookie = browser.get_cookie("doorcode_device")
    assert cookie is not None
    headers = sender | {"Cookie": f"doorcode_device={cookie.value}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    walked = set()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def answered(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        answered()
        walked.add((operation.path, operation.method.upper()))
    served = {(path_of(rule), method) for rule in api_rules(app) for method in methods_of(rule)}
    assert walked == served - {("/api/v1/openapi.json", "GET")}
