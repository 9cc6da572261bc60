"""The Flask application, put together from its parts."""

from __future__ import annotations

from flask import Flask

from web import access, compressing, i18n, idempotency, monitoring, pages, problems
from web.api import BLUEPRINTS
from web.pages.errors import error_page
from web.parts import Parts
from web.proxies import behind_proxies


def create_service(parts: Parts) -> Flask:
    """Return the WSGI application. Every route is closed unless its view says who may call it."""
    app = Flask("web", static_folder="static", template_folder="templates")
    app.extensions["doorcode"] = parts
    app.config.update(
        MAX_CONTENT_LENGTH=max(parts.scanner.max_upload_bytes, parts.server.max_json_kilobytes * 1024),
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    problems.install(app, error_page)
    monitoring.install(app, parts)
    for blueprint in (*BLUEPRINTS, *pages.BLUEPRINTS, monitoring.blueprint):
        app.register_blueprint(blueprint)
    i18n.install(app)
    compressing.install(app)
    access.install(app)
    idempotency.install(app)
    if hops := parts.server.trusted_proxies:
        app.wsgi_app = behind_proxies(app.wsgi_app, hops, parts.server.proxy_networks)  # type: ignore[assignment, method-assign]
    return app
