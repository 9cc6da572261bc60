"""What the pages' scripts are answered, for their types: `make types` reads it from here."""

from __future__ import annotations

import json
from typing import Any

from flask import Flask
from pydantic import BaseModel

from web.api.blueprints import BLUEPRINTS
from web.api.openapi import api_rules, describe
from web.api.operations import operation_of
from web.http.access import Guard, guard_of


def answers_of_pages() -> dict[str, Any]:
    """Return the API's document with nothing but the answers that devices and the public pages get."""
    app = Flask("web")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    document = describe(app)
    schemas = document["components"]["schemas"]
    asked = [rule.endpoint for rule in api_rules(app) if guard_of(app, rule.endpoint) is not Guard.SENDER]
    operations = [operation for endpoint in asked if (operation := operation_of(app, endpoint))]
    models = {model for operation in operations for model in operation.answers.values() if model}
    needed = _with_parts(schemas, models)
    kept = {name: document[name] for name in ("openapi", "info")}
    return {**kept, "paths": {}, "components": {"schemas": {name: schemas[name] for name in sorted(needed)}}}


def _with_parts(schemas: dict[str, Any], models: set[type[BaseModel]]) -> set[str]:
    """Return the names of models, and of all that these are made of."""
    waiting, needed = [model.__name__ for model in models], set[str]()
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            text = json.dumps(schemas[name])
            waiting += [other for other in schemas if f'"#/components/schemas/{other}"' in text]
    return needed


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the titles that only repeat a field's name."""
    return {name: value for name, value in schema.items() if name != "title" or not isinstance(value, str)}


if __name__ == "__main__":
    print(json.dumps(json.loads(json.dumps(answers_of_pages()), object_hook=_untitled)))
