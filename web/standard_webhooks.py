"""The secrets of Standard Webhooks (standardwebhooks.com), as others give them to us."""

from __future__ import annotations

import base64

PREFIX = "whsec_"
SHORTEST_KEY = 24
"""So many bytes a key has at least: https://github.com/standard-webhooks/standard-webhooks, Signature scheme."""


def key_in(secret: str) -> bytes:
    """Return the key that a secret holds in base64. Raises ValueError, too where it is so short that it is guessed."""
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"a key of less than {SHORTEST_KEY} bytes")
    return key
