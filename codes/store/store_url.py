"""The address of the store: read as people write it, and refused with what to write instead."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

import sqlalchemy as sa

EXAMPLE = "postgresql://user:password@host:5432/database"
_WRITES = "read-write"
_USUAL_PORT = 5432
_HOST_AND_PORT = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]*)(?::(?P<port>.*))?")


class BadStoreUrl(Exception):
    """The address of the database cannot be one; the words say what to write, and hold nothing of a password."""

    def __init__(self, words: str) -> None:
        super().__init__(f"the database's address (database_url, or DOORCODE_DATABASE_URL) {words}")


def parse_store_url(text: str) -> sa.URL:
    """Read an address of SQLite or PostgreSQL. Raises BadStoreUrl.

    A password may hold what would have to be escaped, but for the question mark. Of several hosts the one that writes
    is taken.
    """
    scheme, found, rest = text.strip().partition("://")
    kind = scheme.partition("+")[0]
    if kind == "sqlite" and found:
        return sa.make_url(text.strip())
    if kind not in ("postgresql", "postgres") or not found:
        raise BadStoreUrl(f"is none: write {EXAMPLE}")
    head, _, options = rest.partition("?")
    if "@" in options and "@" not in head:
        raise BadStoreUrl("has a ? in its password: write it as %3F")
    credentials, _, place = head.rpartition("@")
    user, _, password = credentials.partition(":")
    hosts, _, database = place.partition("/")
    if not database:
        raise BadStoreUrl(f"names no database: write it behind the host, {EXAMPLE}")
    places = [_place(each) for each in hosts.split(",")] if hosts else []
    query = dict(parse_qsl(options, keep_blank_values=True))
    if len(places) > 1:
        query = {"target_session_attrs": _WRITES, **query}
        query["host"] = ",".join(host for host, _ in places)
        query["port"] = ",".join(str(port or _USUAL_PORT) for _, port in places)
    host, port = places[0] if len(places) == 1 else (None, None)
    names = (unquote(user) or None, unquote(password) or None)
    url = sa.URL.create("postgresql+psycopg", *names, host, port, unquote(database), query)
    _check_options(url)
    return url


def _place(text: str) -> tuple[str, int | None]:
    """Return a host and its port, if there is one."""
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None or not found["host"]:
        raise BadStoreUrl(f"has {text!r} for a host: write host:5432, and an IPv6 address in [ ]")
    port = found["port"]
    if port is not None and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise BadStoreUrl(f"has {port!r} for a port: write a number up to 65535, and IPv6 in [ ]")
    return found["host"].strip("[]"), int(port) if port else None


def _check_options(url: sa.URL) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    try:
        make_conninfo(**dict.fromkeys(url.query, ""))
    except ProgrammingError as error:
        raise BadStoreUrl(f"has an option behind its ? that PostgreSQL does not know: {str(error).strip()}") from error
