"""A small OpenID Connect provider on loopback: discovery, the code flow with PKCE, signed tokens, and its lies."""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "doorcode", "a client's secret"


@dataclass(slots=True)
class OidcProvider:
    """Who would sign in at it, and by how its tokens differ from right ones."""

    issuer: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "4711", "preferred_username": "Ada"})
    lies: dict[str, Any] = field(default_factory=dict)
    says_it_is: str | None = None
    clock_runs_ahead: int = 0
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"kid": "1"}))
    signs_with: ECKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self, now: Any) -> Flask:
        """Return it as an application."""
        app = Flask("provider")

        @app.get("/.well-known/openid-configuration")
        def metadata() -> ResponseReturnValue:
            ends = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("authorization", "token")}
            return {"issuer": self.says_it_is or self.issuer, "jwks_uri": f"{self.issuer}/keys", **ends}

        @app.get("/keys")
        def keys() -> ResponseReturnValue:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorization")
        def authorization() -> ResponseReturnValue:
            if request.args["client_id"] != CLIENT_ID or request.args["code_challenge_method"] != "S256":
                return "no", 400
            code = secrets.token_urlsafe(16)
            self.asked[code] = request.args.to_dict()
            return redirect(
                f"{request.args['redirect_uri']}?{urlencode({'code': code, 'state': request.args['state']})}"
            )

        @app.post("/token")
        def token() -> ResponseReturnValue:
            asked = self.asked.pop(request.form.get("code", ""), None)
            known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET.replace(' ', '%20')}".encode()).decode()
            plain = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
            if request.headers.get("Authorization") not in (f"Basic {known}", f"Basic {plain}"):
                return {"error": "invalid_client"}, 401
            right = asked and create_s256_code_challenge(request.form["code_verifier"]) == asked["code_challenge"]
            if asked is None or not right or request.form["redirect_uri"] != asked["redirect_uri"]:
                return {"error": "invalid_grant"}, 400
            began = int(now().timestamp()) + self.clock_runs_ahead
            claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": began, "exp": began + 300, "nonce": asked["nonce"]}
            told = {name: value for name, value in (claims | self.claims | self.lies).items() if value is not None}
            signed = jwt.encode({"alg": "ES256", "kid": "1"}, told, self.signs_with or self.key)
            return {"access_token": "unused", "token_type": "Bearer", "id_token": signed}

        return app


@contextmanager
def running_provider(now: Any = None) -> Iterator[OidcProvider]:
    """Serve a provider until the block ends."""
    provider = OidcProvider()
    server = make_server("127.0.0.1", 0, provider.app(now or time.time), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
