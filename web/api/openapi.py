"""The API's own description, OpenAPI 3.1, made from its routes and models."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from codes.model import EventKind
from web.api.answers import AnyDocument, ProblemAnswer
from web.api.operations import JSON, PICTURE, Operation, operation, operation_of
from web.http.access import Guard, guard_of, public, scope_of
from web.http.idempotency import HEADER
from web.webhooks.signing import EventData, EventMessage

blueprint = Blueprint("api_openapi", __name__, url_prefix="/api/v1")

PREFIX = "/api/v1"
SCHEMAS = "#/components/schemas/{model}"
SECURITY: dict[Guard | None, list[dict[str, list[str]]]] = {
    Guard.SENDER: [{"apiKey": []}],
    Guard.DEVICE: [{"device": []}],
}
WORDS = {
    400: "Not JSON, or a header that cannot be read",
    401: "Not known",
    403: "Not allowed",
    404: "Not there",
    409: "In conflict with what stands",
    408: "The body did not arrive in time",
    412: "Changed since it was read",
    413: "Too large",
    415: "Not of a kind that is read",
    422: "Fields that cannot be used",
    428: "If-Match is missing",
    429: "Too many; Retry-After says how many seconds to wait",
    503: "The outcome is not known; send the same again",
}


@blueprint.get("/openapi.json")
@public
@operation({200: AnyDocument})
def document() -> ResponseReturnValue:
    """Describe this API."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    return Response(_written(app), mimetype=JSON)


@lru_cache(maxsize=1)
def _written(app: Flask) -> bytes:
    """Write the document once: it takes long, never changes while the service runs, and anybody may ask for it."""
    return app.json.dumps(describe(app)).encode()


def api_rules(app: Flask) -> list[Rule]:
    """Return the routes of the API in a steady order."""
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith(PREFIX + "/")]
    return sorted(rules, key=lambda rule: (rule.rule, rule.endpoint))


def methods_of(rule: Rule) -> list[str]:
    """Return what can be done there."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def path_of(rule: Rule) -> str:
    """Write a route as OpenAPI does."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def describe(app: Flask) -> dict[str, Any]:
    """Return the whole document. A route that nobody described is left out; a test names it."""
    paths: dict[str, dict[str, Any]] = {}
    models: dict[type[BaseModel], None] = {ProblemAnswer: None, EventMessage: None}
    tags: dict[str, str] = {}
    for rule in api_rules(app):
        operation = operation_of(app, rule.endpoint)
        if operation is None:
            continue
        models |= dict.fromkeys(model for model in (operation.body, *operation.answers.values()) if model)
        tags[_tag(rule)] = _first_line(sys.modules[app.view_functions[rule.endpoint].__module__].__doc__)
        for method in methods_of(rule):
            paths.setdefault(path_of(rule), {})[method.lower()] = _operation(app, rule, method, operation)
    _, schemas = models_json_schema([(model, "validation") for model in models], ref_template=SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Doorcode", "version": "1", "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"}},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": told} for name, told in sorted(tags.items())],
        "paths": paths,
        "webhooks": {f"parcel.{kind}": {"post": _webhook(kind)} for kind in EventKind},
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "apiKey": {"type": "http", "scheme": "bearer"},
                "device": {"type": "apiKey", "in": "cookie", "name": "doorcode_device"},
            },
        },
    }


def _operation(app: Flask, rule: Rule, method: str, operation: Operation) -> dict[str, Any]:
    guard = guard_of(app, rule.endpoint)
    described: dict[str, Any] = {
        "operationId": rule.endpoint.removeprefix("api_").replace(".", "_"),
        "tags": [_tag(rule)],
        "summary": _first_line(app.view_functions[rule.endpoint].__doc__),
        "security": SECURITY.get(guard, []),
        "parameters": _parameters(rule, method, guard, operation),
        "responses": _responses(method, guard, operation),
    }
    if guard is Guard.SENDER:
        described["description"] = f"Scope: `{scope_of(app, rule.endpoint, method)}`."
    if operation.body is not None:
        content = {"application/json": {"schema": _reference(operation.body)}}
        described["requestBody"] = {"required": True, "content": content}
    elif operation.takes == PICTURE:
        binary = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": {"image/jpeg": binary, "image/png": binary}}
    return described


def _webhook(kind: EventKind) -> dict[str, Any]:
    """Describe what is sent to a webhook when something of this kind happened."""
    headers = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ]
    return {
        "operationId": f"webhook_{kind}",
        "tags": ["webhooks"],
        "summary": f"Sent when this happened to a parcel: {kind.replace('_', ' ')}",
        "parameters": headers,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _reference(EventMessage), "example": _example_of(kind)}},
        },
        "responses": {
            "2XX": {"description": "Taken"},
            "410": {"description": "Gone: the webhook is switched off"},
            "default": {"description": "Not taken: it is sent again, for three days"},
        },
    }


def _example_of(kind: EventKind) -> dict[str, Any]:
    parcel_id = "019ab5a0-0000-7000-8000-000000000001"
    data = EventData(event_id=f"{parcel_id}.7", parcel_id=parcel_id, reference="SAMPLE-1001", facts={})
    at = datetime(2026, 11, 24, 10, 11, 12, tzinfo=UTC)
    return EventMessage(type=f"parcel.{kind}", timestamp=at, test=False, data=data).model_dump(mode="json")


def _tag(rule: Rule) -> str:
    return str(rule.endpoint).partition(".")[0].removeprefix("api_")


def _first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0].rstrip(".")


def _parameters(rule: Rule, method: str, guard: Guard | None, operation: Operation) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in sorted(rule.arguments)
    ]
    if operation.query is not None:
        schema = _inlined(operation.query.model_json_schema())
        required = set(schema.get("required", ()))
        parameters += [
            {"name": name, "in": "query", "required": name in required, "schema": each}
            for name, each in schema["properties"].items()
        ]
    if guard is Guard.SENDER and method == "POST":
        key = {"type": "string", "pattern": '^"?[!#-~]{1,200}"?$'}
        parameters.append({"name": HEADER, "in": "header", "required": False, "schema": key})
    if 428 in operation.problems:
        parameters.append({"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}})
    return parameters


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put what a schema defines where it refers to it: a parameter of the document has no definitions of its own."""
    defined = schema.pop("$defs", {})

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(each) for each in value]
        if not isinstance(value, dict):
            return value
        plain = {name: put(each) for name, each in value.items() if name != "$ref"}
        return defined[value["$ref"].rpartition("/")[2]] | plain if "$ref" in value else plain

    inlined: dict[str, Any] = put(schema)
    return inlined


def _responses(method: str, guard: Guard | None, operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, model in operation.answers.items():
        schema = _reference(model) if model and operation.gives == JSON else {}
        content = {"content": {operation.gives: {"schema": schema}}} if model else {}
        responses[str(status)] = {"description": "Not changed" if status == 304 else "Done", **content}
    problems = set(operation.problems) | {503}
    if guard is Guard.SENDER:
        problems |= {401, 403, 429} | ({400, 409} if method == "POST" else set())
    elif guard is Guard.DEVICE:
        problems |= {401, 403}
    if operation.body or operation.query or operation.takes == PICTURE or (method == "POST" and guard is Guard.SENDER):
        problems |= {422}
    if method != "GET":
        problems |= {400, 403, 408, 413}
    problem = {"application/problem+json": {"schema": _reference(ProblemAnswer)}}
    for status in sorted(problems):
        responses[str(status)] = {"description": WORDS[status], "content": problem}
    return responses


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": SCHEMAS.format(model=model.__name__)}
