"""The Flask application, put together from its parts."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from web import access, compressing, i18n, idempotency, pages, problems
from web.api import BLUEPRINTS
from web.pages.errors import error_page
from web.parts import Parts


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
    for blueprint in (*BLUEPRINTS, *pages.BLUEPRINTS):
        app.register_blueprint(blueprint)
    i18n.install(app)
    compressing.install(app)
    access.install(app)
    idempotency.install(app)
    if hops := parts.server.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app
