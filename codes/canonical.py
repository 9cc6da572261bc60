"""One way only to write a JSON value as bytes: RFC 8785 (JCS), for the values that stand in events and proofs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

LARGEST_INTEGER = 2**53 - 1


class NotCanonical(ValueError):
    """The value or the bytes have no one form."""


def canonical_bytes(value: Any) -> bytes:
    """Write text, whole numbers up to 2^53 - 1, booleans, null, lists and objects in their one form.

    Keys are sorted by their UTF-16 code units (RFC 8785 §3.2.3). Raises NotCanonical for anything else.
    """
    _check(value)
    return json.dumps(_sorted(value), separators=(",", ":"), ensure_ascii=False).encode()


def parse_canonical(data: bytes) -> Any:
    """Read bytes back. Raises NotCanonical unless they are exactly what ``canonical_bytes`` writes."""
    try:
        value = json.loads(data)
        written = canonical_bytes(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("this is no JSON in canonical form") from error
    if written != data:
        raise NotCanonical("this is JSON, but not in canonical form (RFC 8785)")
    return value


def _check(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise NotCanonical("a lone surrogate is no text") from error
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical("a whole number beyond 2^53 - 1 has no one form")
    elif isinstance(value, Mapping):
        for key, each in value.items():
            if not isinstance(key, str):
                raise NotCanonical("a key is text")
            _check(key)
            _check(each)
    elif isinstance(value, Sequence):
        for each in value:
            _check(each)
    else:
        raise NotCanonical(f"{type(value).__name__} has no place in an event or a proof")


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_sorted(each) for each in value]
    return value
