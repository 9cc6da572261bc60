"""A zero byte, which PostgreSQL takes in no text, is looked for like any sign that is nowhere."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from codes.store.database import Database


@pytest.fixture
def database(postgres_database: Database) -> Database:
    """The database that minds it."""
    return postgres_database


@pytest.fixture
def sqlite_database(postgres_database: Database) -> Database:
    """The same, under the name that pages ask for."""
    return postgres_database


def test_a_zero_byte_in_an_address_or_form_is_no_trouble_of_the_database(
    client: FlaskClient, administrator: FlaskClient, sender: dict[str, str]
) -> None:
    assert client.post("/office/sign-in", data={"name": "a\0", "password": "x\0"}).status_code == 403
    assert administrator.get("/office?search=%00").status_code == 200
    for asked in ("sender=%00", "consignment=%00"):
        assert client.get(f"/api/v1/parcels?{asked}", headers=sender).json == {"parcels": [], "next": None}
