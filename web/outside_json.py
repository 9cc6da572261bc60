"""JSON from outside, of which a name with dots says where something stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def within(document: Any, path: str) -> Any:
    """Return what stands at a dotted path, in which a number is a place in a list; or None."""
    for name in path.split("."):
        if isinstance(document, list) and name.isascii() and name.isdigit():
            document = document[int(name)] if int(name) < len(document) else None
        else:
            document = document.get(name) if isinstance(document, Mapping) else None
    return document


def every(document: Any, path: str, most: int) -> list[Any]:
    """Return what stands at a dotted path, in which `*` is each member of a list; so many at most."""
    found = [document]
    for name in path.split("."):
        if name == "*":
            found = [each for value in found if isinstance(value, list) for each in value[:most]][:most]
        else:
            found = [value for each in found if (value := within(each, name)) is not None]
    return found
