"""The Flask application, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from codes.values.phones import dialled
from web import devices, i18n, office, recipient
from web.api import blueprints as api
from web.http import access, bodies, compression, idempotency, monitoring, problems, scripts
from web.http.bodies import LARGEST_FORM
from web.http.error_pages import error_page
from web.http.forms import TextRequest
from web.services import Services


class QuickRule(Rule):
    """Has the code that builds its address written when one is built: for all rules it took most of a start."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        write = super()._compile_builder
        written: list[Callable[..., tuple[str, str]]] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not written:
                written.append(write(append_unknown))
            return written[0](rule, **values)

        return build


def create_service(services: Services) -> Flask:
    """Return the WSGI application. Every route is closed unless its view says who may call it."""
    app = Flask("web", static_folder="static", template_folder="templates")
    app.url_rule_class = QuickRule
    app.request_class = TextRequest
    app.extensions["doorcode"] = services
    app.config.update(MAX_FORM_MEMORY_SIZE=LARGEST_FORM, SEND_FILE_MAX_AGE_DEFAULT=3600)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app, error_page)
    monitoring.install(app, services)
    for audience in (api, devices, recipient, office):
        for blueprint in audience.BLUEPRINTS:
            app.register_blueprint(blueprint)
    app.register_blueprint(monitoring.blueprint)
    app.register_blueprint(scripts.blueprint)
    i18n.install(app, services.codes.house)
    app.jinja_env.filters["dialled"] = dialled
    compression.install(app)
    access.install(app)
    bodies.install(app)
    idempotency.install(app)
    return app
