"""One way only to write a JSON value as bytes: RFC 8785 (JCS), for the values that stand in events and proofs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

LARGEST_INTEGER = 2**53 - 1
# By hand: the library `rfc8785` gives the same bytes, but takes fractions too, and ten times as long for an event.
# The encoders are made once: `json.dumps` makes one at each call, which takes longer than the encoding.
_write_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_write = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class NotCanonical(ValueError):
    """The value or the bytes have no one form."""


def canonical_bytes(value: Any) -> bytes:
    """Write text, whole numbers up to 2^53 - 1, booleans, null, lists and objects in their one form.

    Keys are sorted by their UTF-16 code units (RFC 8785 §3.2.3). Raises NotCanonical for anything else.
    """
    try:
        return _write(_ordered(value)).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical("a lone surrogate is no text") from error


def canonical_facts(facts: Mapping[str, Any]) -> str:
    """Write flat facts with names in ASCII: the same as ``canonical_bytes``, in a fourth of its time."""
    return _write_sorted(facts)


def parse_canonical(data: bytes) -> Any:
    """Read bytes back. Raises NotCanonical unless they are exactly what ``canonical_bytes`` writes."""
    try:
        value = json.loads(data)
        written = canonical_bytes(value)
    except (ValueError, RecursionError) as error:
        raise NotCanonical("this is no JSON, or it was cut off") from error
    if written != data:
        raise NotCanonical("this is JSON, but no longer in its one form (RFC 8785): it was written anew")
    return value


def _ordered(value: Any) -> Any:
    """Return the same value with its keys in their order."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical("a whole number beyond 2^53 - 1 has no one form")
        return value
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise NotCanonical("a key is text")
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    if isinstance(value, Sequence):
        return [_ordered(each) for each in value]
    raise NotCanonical(f"{type(value).__name__} has no place in an event or a proof")
