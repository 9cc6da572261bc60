"""An address of the database works however people write it, or one line says what to write."""

from __future__ import annotations

import pytest

from codes.store.store_url import BadStoreUrl, parse_store_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_name_of_postgresql_is_taken(scheme: str) -> None:
    url = parse_store_url(f"{scheme}://doorcode:secret@db.example.org:5433/parcels?sslmode=require")
    assert url.render_as_string(hide_password=False) == (
        "postgresql+psycopg://doorcode:secret@db.example.org:5433/parcels?sslmode=require"
    )


@pytest.mark.parametrize(
    ("written", "password"),
    [("p@ss", "p@ss"), ("p#s/s", "p#s/s"), ("p%40ss", "p@ss"), ("50%", "50%"), ("a:b", "a:b"), ("", None)],
)
def test_a_password_is_read_with_and_without_escapes(written: str, password: str | None) -> None:
    url = parse_store_url(f"postgresql://doorcode:{written}@db.example.org/parcels")
    assert (url.username, url.password, url.host, url.database) == ("doorcode", password, "db.example.org", "parcels")


def test_of_several_hosts_the_one_that_writes_is_asked_for() -> None:
    url = parse_store_url("postgresql://doorcode@db1,db2:5433,[fd00::3]/parcels")
    assert url.query == {"host": "db1,db2,fd00::3", "port": "5432,5433,5432", "target_session_attrs": "read-write"}
    assert parse_store_url("postgresql://a@b,c/d?target_session_attrs=any").query["target_session_attrs"] == "any"


def test_a_socket_and_a_file_stay_what_they_are() -> None:
    assert parse_store_url("postgresql://postgres@/parcels?host=/run/postgresql").query == {"host": "/run/postgresql"}
    assert parse_store_url("sqlite:////var/lib/doorcode/doorcode.db").database == "/var/lib/doorcode/doorcode.db"


@pytest.mark.parametrize(
    ("torn", "words"),
    [
        ("db.example.org/parcels", "write postgresql://<user>:<password>@<host>:5432/<database>"),
        ("mysql://doorcode:secret@db/parcels", "write postgresql://"),
        ("postgresql://doorcode:secret@db.example.org", "names no database"),
        ("postgresql://doorcode:secret@db.example.org/", "names no database"),
        ("postgresql://doorcode:sec?ret@db.example.org/parcels", "%3F"),
        ("postgresql://doorcode:secret@db:54x2/parcels", "'54x2' for a port"),
        ("postgresql://doorcode:secret@db:/parcels", "'' for a port"),
        ("postgresql://doorcode:secret@db:70000/parcels", "'70000' for a port"),
        ("postgresql://doorcode:secret@fd00::3/parcels", "in [ ]"),
        ("postgresql://doorcode:secret@db1,/parcels", "for a host"),
        ("postgresql://doorcode:secret@db/parcels?ssl_mode=require", "ssl_mode"),
        ("postgresql://doorcode:secret@db/parcels?port=abc", "port that is no number"),
        ("postgresql://doorcode:secret@db/parcels?connect_timeout=soon", "connect_timeout that is no number"),
        ("postgresql://doorcode:secret@db:" + "9" * 5000 + "/parcels", "for a port"),
        ("postgresql://doorcode:secret/parcels", "no @ behind its password"),
        ("postgresql://doorcode:secret:db:5432/parcels", "no @ behind its password"),
        ("postgresql://[secret/parcels", "what is none for a host"),
        ("postgresql://doorcode:secret\udcff@db/parcels", "no text"),
        ("postgresql://doorcode:secret@db/par\ncels", "no text"),
        ("sqlite:x", "sqlite:////var/lib"),
        ("sqlite://", "names no file"),
        ("sqlite:///", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite://host/x", "names no file"),
        ("sqlite://a:b:c/x", "names no file"),
        ("sqlite+foo:///x", "names no file"),
        ("sqlite:///x?mode=ro", "names no file"),
    ],
)
def test_a_torn_address_is_told_in_one_line_without_its_password(torn: str, words: str) -> None:
    with pytest.raises(BadStoreUrl) as told:
        parse_store_url(torn)
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)
