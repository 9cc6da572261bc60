"""What addresses and forms say, as a database can hold it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

SUBSTITUTE = "\x1a"
"""ASCII's own sign for one that cannot stand where it was; a name or line refuses it like every control character."""


class _Texts(ImmutableMultiDict[str, Any]):
    """Values without the zero byte, which PostgreSQL takes in no text."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] = ()) -> None:
        super().__init__([(name, _storable(value)) for name, value in pairs])


def _storable(value: Any) -> Any:
    return value.replace("\0", SUBSTITUTE) if isinstance(value, str) else value


class TextRequest(Request):
    """A request whose address and forms hold what can be looked for in any database."""

    parameter_storage_class = _Texts
