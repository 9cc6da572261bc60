"""OpenID Connect, the part of whoever relies on a provider: the code flow with PKCE (RFC 7636), state and nonce.

What the standards say of parameters and claims is Authlib's to check; signatures are joserfc's.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from authlib.oauth2.rfc6749.parameters import parse_authorization_code_response, prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from codes.accounts.identities import Identity
from codes.store.gates import Crowded
from web.http.limits.outside_waits import outside_waits
from web.outside_calls import NotAnswered, ask
from web.settings import OidcSettings

WELL_KNOWN = "/.well-known/openid-configuration"
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]
"""Signed by a key pair; what is signed with the client's own secret, or by nothing, is refused."""
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60
LONGEST_ANSWER = 200_000


class NotSignedInThere(Exception):
    """The provider's answer does not say who somebody is, or not in a way that can be believed."""


class NoRole(Exception):
    """Whoever signed in at the provider has none of the groups that have a role here."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A way to the provider that was begun; its answer has to fit all of it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls, state: str | None = None) -> Begun:
        """Return one that nobody can guess."""
        return cls(state or secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def way_there(settings: OidcSettings, begun: Begun, back: str) -> str:
    """Return the provider's address at which somebody signs in. Raises NotSignedInThere."""
    return str(
        prepare_grant_uri(
            _metadata(settings)["authorization_endpoint"],
            client_id=settings.client_id,
            response_type="code",
            redirect_uri=back,
            scope=settings.scopes,
            state=begun.state,
            nonce=begun.nonce,
            code_challenge=create_s256_code_challenge(begun.verifier),
            code_challenge_method="S256",
        )
    )


def identity_in(settings: OidcSettings, begun: Begun, answered: str, back: str, now: int) -> Identity:
    """Return who came back to the address ``answered``. Raises NotSignedInThere or NoRole."""
    try:
        code = parse_authorization_code_response(answered, state=begun.state)["code"]
        metadata = _metadata(settings)
        keys = KeySet.import_key_set(_answer("GET", metadata["jwks_uri"]))
        token = jwt.decode(_id_token(settings, metadata, code, begun, back), keys, algorithms=SIGNATURES)
        essential = {"iss": {"essential": True, "value": settings.issuer}, "sub": {"essential": True}}
        asked = {"client_id": settings.client_id, "nonce": begun.nonce}
        claims = CodeIDToken(token.claims, token.header, essential, asked)
        claims.validate(now=now, leeway=LEEWAY_SECONDS)
    except (NotSignedInThere, Crowded):
        raise
    except Exception as error:  # of Authlib, joserfc and the text of strangers, which have no family in common
        raise NotSignedInThere(type(error).__name__) from error
    return _identity(settings, token.claims)


def _identity(settings: OidcSettings, claims: Mapping[str, Any]) -> Identity:
    """Read name and role; of several groups the first of the settings decides."""
    name, groups = claims.get(settings.name_claim), claims.get(settings.roles_claim)
    several = groups if isinstance(groups, list) else [groups]
    had = {each for each in several if isinstance(each, str)}
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise NotSignedInThere(f"no {settings.name_claim}")
    role = next((role for group, role in settings.roles.items() if group in had), None)
    if role is None:
        raise NoRole
    return Identity(settings.issuer, str(claims["sub"])[:255], name.strip()[:100], role)


def _id_token(settings: OidcSettings, metadata: Mapping[str, Any], code: str, begun: Begun, back: str) -> str:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": begun.verifier}
    secret = settings.client_secret(os.environ)
    client = httpx.BasicAuth(settings.client_id, secret) if secret else None
    form |= {} if secret else {"client_id": settings.client_id}
    where = metadata["token_endpoint"]
    return str(_answer("POST", where, data=form, auth=client)["id_token"])


def _metadata(settings: OidcSettings) -> Mapping[str, Any]:
    """Return what the provider says of itself (OpenID Connect Discovery 1.0 §4). Raises NotSignedInThere."""
    try:
        found: Mapping[str, Any] = _answer("GET", settings.issuer + WELL_KNOWN)
    except ValueError as error:
        raise NotSignedInThere("the provider does not answer") from error
    if found.get("issuer") != settings.issuer:
        raise NotSignedInThere("the provider calls itself otherwise")
    return found


def _answer(method: str, url: str, **request: Any) -> Any:
    """Return the JSON that the provider answers. Raises NotSignedInThere, or ValueError for what is no JSON."""
    try:
        with outside_waits.passed():
            answer = ask(method, url, seconds=TIMEOUT_SECONDS, most_bytes=LONGEST_ANSWER, **request)
    except NotAnswered as error:
        raise NotSignedInThere(f"the provider does not answer: {error}") from error
    if not answer.is_success:
        raise NotSignedInThere(f"the provider answers {answer.status}")
    return json.loads(answer.content)
