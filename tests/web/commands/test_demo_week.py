"""The sample week: plausible, obviously made up, and in a store of its own."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
import yaml

from codes import tables
from codes.auditing.audit import audit
from codes.delivering.assignments import device_tours
from codes.model import EventKind, Outcome
from tests.parts.running_service import HOME, settings_for
from tests.parts.staff import member_with
from web.commands.demo.samples import sample_parcels
from web.commands.demo.week import A_DAY, DAYS, StoryClock, prepare_folder, refuse_other_store, tell_week
from web.commands.opening import open_codes
from web.commands.parcels import demo_week
from web.commands.progress import Progress
from web.commands.service.starting import ADMINISTRATOR, first_administrator
from web.configuration import BadConfiguration, load_settings

pytestmark = pytest.mark.slow

KEPT_FOR_FILMS = "+493023125"


def test_a_week_of_sample_parcels_is_told_and_holds_an_audit(tmp_path: Path) -> None:
    house = tmp_path / "config.yaml"
    of_the_house = settings_for(tmp_path, sealing={"folder": str(tmp_path / "published")})
    (tmp_path / "logo.png").touch()
    of_the_house["mail"] |= {
        "smtp": {"host": "smtp.example.org", "port": 25},
        "gateway": {"url": "https://sms.example.org"},
        "bounces": {"folder": "returned"},
        "look": {"logo": "logo.png"},
    }
    house.write_text(yaml.safe_dump(of_the_house), encoding="utf-8")
    settings = load_settings(prepare_folder(house, tmp_path / "week"))
    assert (settings.mail.smtp, settings.mail.gateway, settings.mail.bounces.folder) == (None, None, None)
    assert (settings.sealing.folder, settings.mail.look.logo) == (None, tmp_path / "logo.png")
    assert (settings.data_folder, settings.database_url) == (tmp_path / "week" / "var", None)
    end = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)
    clock = StoryClock(end)
    codes = open_codes(settings, clock)
    assert tell_week(codes, clock, Progress("days", Event()))
    assert clock() == end
    events, verifications, holders = tables.events, tables.verifications, tables.holders
    with codes.database.reading() as connection:
        kinds = set(connection.execute(sa.select(events.c.kind)).scalars())
        outcomes = set(connection.execute(sa.select(verifications.c.outcome)).scalars())
        first, last = connection.execute(sa.select(sa.func.min(events.c.at), sa.func.max(events.c.at))).one()
        people = connection.execute(sa.select(holders.c.name, holders.c.email, holders.c.phone)).all()
    assert kinds >= {EventKind.HANDED_OVER, EventKind.NOT_HANDED_OVER, EventKind.REPORTED, EventKind.OUT_FOR_DELIVERY}
    assert EventKind.ARRIVED_AT_POINT in kinds
    tours = codes.read(device_tours)
    assert [each.name for each in tours] == ["Sample tour 1", "Sample tour 2", "Sample tour 3"]
    assert all(0 < each.handed_over <= each.carried for each in tours)
    assert outcomes >= {Outcome.ACCEPTED, Outcome.WRONG_CODE}
    assert end - timedelta(days=DAYS) < first
    assert last <= end
    assert len(people) == DAYS * A_DAY
    assert all(name.startswith("Sample ") and email.endswith("@example.org") for name, email, _ in people)
    assert all(phone.startswith(KEPT_FOR_FILMS) for _, _, phone in people)
    assert audit(codes.database, codes.sealing_key.public_key(), codes.ring()).findings == ()
    codes.close()


def test_whoever_tries_a_sample_parcel_finds_whom_to_call_and_where_to_go() -> None:
    people = [parcel.recipient for parcel in sample_parcels()]
    assert all(str(person.phone).startswith(KEPT_FOR_FILMS) and person.street and person.city for person in people)
    assert any(person.note for person in people)


def test_whoever_looks_at_it_can_sign_in_with_the_password_whose_file_is_named(tmp_path: Path) -> None:
    week = tmp_path / "week"
    assert demo_week(argparse.Namespace(config=HOME / "config.yaml", into=week)) == 0
    settings = load_settings(week / "config.yaml")
    codes = open_codes(settings, lambda: datetime.now(UTC))
    password = first_administrator(codes, settings.secrets_folder).read_text().strip()
    assert member_with(codes, ADMINISTRATOR, password) is not None
    codes.close()


def test_it_never_goes_into_another_store() -> None:
    with pytest.raises(BadConfiguration, match="unset DOORCODE_DATABASE_URL"):
        refuse_other_store({"DOORCODE_DATABASE_URL": "postgresql://db.example.org/doorcode"})
    refuse_other_store({})
