"""What every answer tells the browser: run nothing foreign, keep nothing, tell nobody where the reader was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from flask import Response, request
from werkzeug.wrappers import Request as BaseRequest

CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ]
)
OWN_FRAMES = "frame-ancestors 'self'"

SECRET_ADDRESSES = "/t/"
"""What begins so is known by its holder alone."""

ALWAYS = {
    "Content-Security-Policy": f"{CONTENT_SECURITY_POLICY}; {OWN_FRAMES}",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), screen-wake-lock=(self), microphone=()",
    "Cache-Control": "no-store",
}
STRICT_TRANSPORT = {"Strict-Transport-Security": "max-age=31536000"}
Fields = list[tuple[bytes, bytes]]
# Without a referrer browsers withhold the origin too, which guards the forms of all other pages in old browsers.
NO_REFERRER, OWN_REFERRER = {"Referrer-Policy": "no-referrer"}, {"Referrer-Policy": "same-origin"}


def security_headers(*, secure: bool, secret: bool) -> dict[str, str]:
    """Return the headers of an answer over TLS or not, under an address that its holder alone knows or not."""
    return ALWAYS | (STRICT_TRANSPORT if secure else {}) | (NO_REFERRER if secret else OWN_REFERRER)


def framed_by(origins: Iterable[str]) -> str:
    """Return the policy of an answer that pages of these origins may frame, and no others."""
    return f"{CONTENT_SECURITY_POLICY}; frame-ancestors {' '.join(origins)}"


def sending_to(origin: str) -> str:
    """Return the policy of a page whose forms may also end at another origin."""
    own = "form-action 'self'"
    return f"{CONTENT_SECURITY_POLICY.replace(own, f'{own} {origin}')}; {OWN_FRAMES}"


def has_secret_address(request: BaseRequest) -> bool:
    """Tell whether the address of what is asked for is known by its holder alone."""
    return request.path.startswith(SECRET_ADDRESSES)


def add_security_headers(response: Response) -> Response:
    """Add the headers that every answer has, where a view has not set its own."""
    added = security_headers(secure=request.is_secure, secret=has_secret_address(request))
    if request.endpoint == "static":
        del added["Cache-Control"]
    if not response.headers.get("Content-Security-Policy", OWN_FRAMES).endswith(OWN_FRAMES):
        # It knows no list of origins (RFC 7034 §2.1); browsers heed frame-ancestors.
        del added["X-Frame-Options"]
    for name, value in added.items():
        response.headers.setdefault(name, value)
    return response


class Reply(NamedTuple):
    """A whole answer that is given before Flask."""

    status: int
    headers: Fields
    body: bytes


def reply_to(request: BaseRequest, status: int, headers: Mapping[str, str], body: bytes = b"") -> Reply:
    """Return an answer with these headers and those of security."""
    secured = _security_fields(secure=request.is_secure, secret=has_secret_address(request))
    return Reply(status, [*_fields(headers), *secured], body)


@cache
def _security_fields(*, secure: bool, secret: bool) -> Fields:
    return _fields(security_headers(secure=secure, secret=secret))


def _fields(headers: Mapping[str, str]) -> Fields:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
