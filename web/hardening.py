"""What every answer tells the browser: run nothing foreign, keep nothing, tell nobody where the reader was."""

from __future__ import annotations

from flask import Response, request

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
        "frame-ancestors 'self'",
    ]
)

SECRET_ADDRESSES = "/t/"
"""What begins so is known by its holder alone."""

HARDENING = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), geolocation=(self), screen-wake-lock=(self), microphone=()"),
)
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")
NOT_KEPT = ("Cache-Control", "no-store")
# Without a referrer browsers withhold the origin too, which guards the forms of all other pages in old browsers.
_REFERRER = {True: "no-referrer", False: "same-origin"}


def headers_of_answers(*, secure: bool, secret: bool = False) -> list[tuple[str, str]]:
    """Return the headers that ``harden`` adds to answers that are not kept."""
    referrer = ("Referrer-Policy", _REFERRER[secret])
    headers = [("Content-Security-Policy", CONTENT_SECURITY_POLICY), *HARDENING, referrer]
    if secure:
        headers.append(STRICT_TRANSPORT)
    return [*headers, NOT_KEPT]


def harden(response: Response) -> Response:
    """Add the headers that every answer has."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.extend(HARDENING)
    headers["Referrer-Policy"] = _REFERRER[request.path.startswith(SECRET_ADDRESSES)]
    if request.is_secure:
        headers.extend([STRICT_TRANSPORT])
    if request.endpoint != "static":
        headers.setdefault(*NOT_KEPT)
    return response
