"""How long a full audit of a million events takes, and how much of a verification the chain is."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from threading import Event as Stop
from typing import Any

import sqlalchemy as sa

from codes import Announcement, Database, DeliveryCodes, Person, tables
from codes.auditing.audit import audit
from codes.model import EventKind
from codes.proving.events import Event, record
from codes.store.schema import migrate
from codes.verification import recording as recorded
from codes.verification.facts import Rules
from codes.verification.pipeline import verify
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import codes_over
from tests.parts.rounds import rounds
from web.commands.progress import Progress

EVENTS = 1_000_000
EVENTS_OF_A_PARCEL = 6
TOGETHER = 500


def main(events: int) -> None:
    """Tell a story of so many events, audit it, and print the figures as one line of JSON."""
    starts = range(0, events // EVENTS_OF_A_PARCEL + 1, TOGETHER)
    with rounds("audit", events, total=len(starts)) as these:
        database = Database(f"sqlite:///{these.folder}/doorcode.db")
        migrate(database)
        codes = codes_over(database, these.folder / "keyring.json", now)
        device = enrolled(codes)
        told = [these.take(f"told from {start}", partial(_tell, codes, device, start)) for start in starts]
        codes.seal()
        begun, spent = time.perf_counter(), sum(os.times()[:4])
        report = audit(
            database, codes.sealing_key.public_key(), codes.ring(), progress=Progress("events checked", Stop()).tell
        )
        seconds, spent = time.perf_counter() - begun, sum(os.times()[:4]) - spent
        codes.close()
    assert report.findings == (), report.findings[:3]
    figures = {"events": report.events, "parcels": report.parcels, "seconds": round(seconds, 1)}
    figures |= {"processor_seconds": round(spent, 1)}
    chains, verifications = map(sum, zip(*told, strict=True))
    print(json.dumps(figures | {"chain_share": round(chains / verifications, 3)}))


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def _tell(codes: DeliveryCodes, device: SigningDevice, start: int) -> tuple[float, float]:
    """Announce some parcels, send them out and hand them over; six events each.

    Returns the seconds that chaining took in the verifications, and that they took in all.
    """
    share = [0.0]
    references = [f"BENCH-{number}" for number in range(start, start + TOGETHER)]
    person = Person("Sample Recipient", "sample@example.org")
    announced = codes.announce([Announcement(each, person, value=Decimal(120)) for each in references])
    ids = [each.parcel_id for each in announced]
    left = now()
    with codes.database.writing() as connection:
        changed = sa.update(tables.parcels).where(tables.parcels.c.id.in_(ids)).values(out_for_delivery_at=left)
        connection.execute(changed)
        record(connection, [Event(each, EventKind.OUT_FOR_DELIVERY, left, {}) for each in ids])
        rows = connection.execute(sa.select(tables.codes).where(tables.codes.c.consignment_id.in_(ids))).all()
    from codes.keys.derivation import derive_payload

    payloads = {row.consignment_id: derive_payload(codes.ring().key(row.key_id), row.id) for row in rows}
    presentations = [device.presentation(payloads[each.parcel_id], each.reference, now=now()) for each in announced]
    with _timed(recorded, "number", share), _timed(recorded, "record_digest", share):
        begun = time.perf_counter()
        rules = Rules(codes.ring(), codes.settings)
        codes.database.transact(lambda connection: verify(connection, presentations, now(), rules))
        return share[0], time.perf_counter() - begun


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
