"""The address of the store: read as people write it, and refused with what to write instead."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote

import sqlalchemy as sa

EXAMPLE = "postgresql://<user>:<password>@<host>:5432/<database>"
_FILE = "sqlite:///"
_NUMBERS = ("port", "connect_timeout")
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
    if scheme.startswith("sqlite"):
        path = text.strip().removeprefix(_FILE)
        if path in ("", text.strip(), ":memory:") or "?" in path:
            raise BadStoreUrl(f"names no file: write {_FILE}/var/lib/doorcode/doorcode.db, and nothing behind it")
        return sa.URL.create("sqlite", database=path)
    if kind not in ("postgresql", "postgres") or not found:
        raise BadStoreUrl(f"is none: write {EXAMPLE}")
    if not rest.isprintable():
        raise BadStoreUrl("holds signs that are no text: write it in UTF-8, without line ends and control characters")
    head, _, options = rest.partition("?")
    if "@" in options and "@" not in head:
        raise BadStoreUrl("has a ? in its password: write it as %3F")
    credentials, _, place = head.rpartition("@")
    user, _, password = credentials.partition(":")
    hosts, _, database = place.partition("/")
    if not database:
        raise BadStoreUrl(f"names no database: write it behind the host, {EXAMPLE}")
    places = [_place(each, is_known=bool(credentials)) for each in hosts.split(",")] if hosts else []
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


def shown_place(url: sa.URL) -> str:
    """Return where a store is, for people: the file, or the address without its password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else str(url)


def _place(text: str, *, is_known: bool) -> tuple[str, int | None]:
    """Return a host and its port, if there is one. Where no @ tells, what stands there may hold a password."""
    found = _HOST_AND_PORT.fullmatch(text)
    if found is None or not found["host"]:
        what = repr(text) if is_known else "what is none"
        raise BadStoreUrl(f"has {what} for a host: write host:5432, and an IPv6 address in [ ]")
    port = found["port"]
    if port is not None and not (port.isascii() and port.isdigit() and len(port) < 6 and 0 < int(port) < 65536):
        if not is_known:
            raise BadStoreUrl(f"has no number for a port, or no @ behind its password: write {EXAMPLE}")
        raise BadStoreUrl(f"has {port[:20]!r} for a port: write a number up to 65535, and IPv6 in [ ]")
    return found["host"].strip("[]"), int(port) if port else None


def _check_options(url: sa.URL) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    try:
        make_conninfo(**dict.fromkeys(url.query, ""))
    except ProgrammingError as error:
        raise BadStoreUrl(f"has an option behind its ? that PostgreSQL does not know: {str(error).strip()}") from error
    for name in _NUMBERS:
        # Of several hosts each may have a port, and an empty one is the usual one.
        given = str(url.query.get(name, ""))
        if not all(each.isascii() and each.isdigit() and len(each) < 6 for each in given.split(",") if each):
            raise BadStoreUrl(f"has an option {name} that is no number")
