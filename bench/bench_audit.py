"""How long a full audit of a million events takes, and how much of a verification the chain is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from codes import Announcement, Database, DeliveryCodes, Person, open_key_ring, tables
from codes import recording as recorded
from codes.audit import audit
from codes.events import Event, record
from codes.model import EventKind
from codes.policy import Rule
from codes.presenting import Judging
from codes.proofs import open_sealing_key
from codes.settings import CodeSettings
from tests.parts.device import SigningDevice, enrolled

EVENTS = 1_000_000
EVENTS_OF_A_PARCEL = 6
TOGETHER = 500
SETTINGS = CodeSettings(
    lifetime_days=30,
    wrong_digits_per_parcel=5,
    wrong_digits_per_device_and_day=20,
    house_wrong_digits_per_hour=60,
    renew_after_visit=False,
    require_out_for_delivery=False,
    enrolment_minutes=60,
)


def main(events: int) -> None:
    """Tell a story of so many events, audit it, and print the figures as one line of JSON."""
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/doorcode.db")
        database.migrate()
        ring = open_key_ring(Path(folder) / "keyring.json", database, now)
        key = open_sealing_key(Path(folder) / "sealing.pem", database)
        codes = DeliveryCodes(database, ring, key, SETTINGS, (Rule(code_required=True, reason="always"),), now)
        device = enrolled(codes)
        share = [0.0, 0.0]
        for start in range(0, events // EVENTS_OF_A_PARCEL + 1, TOGETHER):
            _tell(codes, device, start, share)
        codes.log.seal()
        begun = time.perf_counter()
        report = audit(database, key.public_key(), ring())
        seconds = time.perf_counter() - begun
        codes.close()
    assert report.findings == (), report.findings[:3]
    figures = {"events": report.events, "parcels": report.parcels, "seconds": round(seconds, 1)}
    print(json.dumps(figures | {"chain_share": round(share[0] / share[1], 3)}))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def _tell(codes: DeliveryCodes, device: SigningDevice, start: int, share: list[float]) -> None:
    """Announce some parcels, send them out and hand them over; six events each."""
    references = [f"BENCH-{number}" for number in range(start, start + TOGETHER)]
    person = Person("Sample Recipient", "sample@example.org")
    announced = codes.announce([Announcement(each, person, value=Decimal(120)) for each in references])
    ids = [each.parcel_id for each in announced]
    left = now()
    with codes.database.writing() as connection:
        changed = sa.update(tables.parcels).where(tables.parcels.c.id.in_(ids)).values(out_for_delivery_at=left)
        connection.execute(changed)
        record(connection, [Event(each, EventKind.OUT_FOR_DELIVERY, left, {}) for each in ids])
        rows = connection.execute(sa.select(tables.codes).where(tables.codes.c.parcel_id.in_(ids))).all()
    from codes.derivation import derive_payload

    payloads = {row.parcel_id: derive_payload(codes.ring().key(row.key_id), row.id) for row in rows}
    presentations = [device.presentation(payloads[each.parcel_id], each.reference, now=now()) for each in announced]
    with _timed(recorded, "number", share), _timed(recorded, "record_digest", share):
        begun = time.perf_counter()
        judging = Judging(codes.ring(), SETTINGS)
        codes.database.transact(lambda connection: judging.present_all(connection, presentations, now()))
        share[1] += time.perf_counter() - begun


class _timed:  # noqa: N801  reads as what it does
    """Adds to ``share`` the time that a function of a module takes while the block runs."""

    def __init__(self, module: Any, name: str, share: list[float]) -> None:
        self._module, self._name, self._share = module, name, share
        self._function: Callable[..., Any] = getattr(module, name)

    def __enter__(self) -> None:
        def timed(*arguments: Any) -> Any:
            begun = time.perf_counter()
            try:
                return self._function(*arguments)
            finally:
                self._share[0] += time.perf_counter() - begun

        setattr(self._module, self._name, timed)

    def __exit__(self, *_: object) -> None:
        setattr(self._module, self._name, self._function)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
