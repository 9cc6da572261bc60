"""Addresses without their secrets: of cameras, databases, gateways, webhooks, mail servers and printers.

Whatever the service writes for people (its log, what a command says, what a check finds) goes through `masked`.
Where a text can be read in two ways, more is hidden.
"""

from __future__ import annotations

import re

HIDDEN = "***"
EXAMPLE = "<password>"
"""Stands for a password where it is said what to write, and is shown as it is."""

_WORD = re.compile(r"\S+")
_VALUE = re.compile(r"=[^&;\"')>\]]*")
# A part of a path that nobody would think of: sixteen signs or more, letters and figures mixed.
_KEY = re.compile(r"(?<=/)(?=[A-Za-z_.~-]*[0-9])(?=[0-9_.~-]*[A-Za-z])[A-Za-z0-9_.~-]{16,}")
_SECRET_NAME = r"[\w-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|auth|sig|signature|credentials?)\b"
_ASSIGNED = re.compile(
    rf"(?P<name>\b{_SECRET_NAME}(?:\s*=\s*|[\"']\s*:\s*))(?:'[^']*'|\"[^\"]*\"|[^\s&;,]+)"
    r"|(?P<scheme>\b(?:Basic|Bearer)\s+)[A-Za-z0-9+/=._~-]{8,}",
    re.IGNORECASE,
)


def masked(text: str) -> str:
    """Return a text in which no address holds a password, a value of its query, a fragment or an unguessable part."""
    return _ASSIGNED.sub(_named, _WORD.sub(lambda word: _address(word[0]), text))


def _address(word: str) -> str:
    """Hide what is secret in a word that may be an address, with its scheme or without."""
    scheme, slashes, rest = word.partition("//")
    if not slashes:
        scheme, rest = "", word
    rest = _without_password(rest, always=bool(slashes))
    rest, question, query = rest.partition("?")
    if slashes:
        rest, hash_sign, _fragment = rest.partition("#")
        rest = _KEY.sub(HIDDEN, rest) + (f"#{HIDDEN}" if hash_sign else "")
        query, hash_sign, _fragment = query.partition("#")
        query += f"#{HIDDEN}" if hash_sign else ""
    return f"{scheme}{slashes}{rest}{question}{_VALUE.sub(f'={HIDDEN}', query)}"


def _without_password(rest: str, *, always: bool) -> str:
    """Hide what stands before the last @: a password may hold any sign, an @ or a slash too."""
    before, at, after = rest.rpartition("@")
    user, colon, password = before.partition(":")
    if not at or (not colon and (not always or "/" in before)) or (colon and password in ("", EXAMPLE)):
        return rest
    return f"{user}:{HIDDEN}@{after}" if colon else f"{HIDDEN}@{after}"


def _named(found: re.Match[str]) -> str:
    return f"{found['name'] or found['scheme']}{HIDDEN}"
