"""The rows of the tables held against what the events say, parcel by parcel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from codes.answers import record_digest
from codes.commitment import commitment, text_commitment
from codes.derivation import derive_ticket_key, ticket_digest
from codes.expectation import Row, Told, expected_of
from codes.findings import Finding
from codes.issuing import terms_commitment
from codes.keyring import KeyRing
from codes.model import EventKind, HolderKind, Person

NO_EVENT = "no event tells of it"
MISSING = "is missing"


@dataclass(slots=True)
class Standing:
    """The rows that stand in the tables for one parcel."""

    parcel: Any = None
    handover: Any = None
    holders: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)
    delivery_attempts: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares; ``ring`` is outside the database, so what is derived from it cannot be forged inside."""

    ring: KeyRing
    device_points: Mapping[UUID, bytes]
    _keys: dict[str, ec.EllipticCurvePublicKey] = field(default_factory=dict)

    def parcel(self, parcel_id: UUID, standing: Standing, events: list[Told], head: bytes) -> Iterator[Finding]:
        """Compare one parcel's rows with its events."""
        where = str(parcel_id)
        if standing.parcel is None:
            yield Finding("parcels", where, "is missing, though there are rows of it")
            return
        if not events:
            yield Finding("parcels", where, NO_EVENT)
            return
        if (standing.parcel.events, standing.parcel.head) != (events[-1].position, head):
            yield Finding("parcels", where, "its head is not the end of its chain")
        try:
            expected = expected_of(events)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield Finding("events", where, f"an event has no such form: {type(error).__name__}")
            return
        yield from _rows(
            "parcels", {where: expected.parcel}, [standing.parcel], lambda row: self._parcel(row, standing)
        )
        handover = {where: expected.handover} if expected.handover is not None else {}
        there = [standing.handover] if standing.handover is not None else []
        erased = any(event.kind == EventKind.ERASED for event in events)
        handed_over = partial(_behind_salt, name="reason", erased=erased)
        yield from _rows("handovers", handover, there, handed_over, named="parcel_id")
        yield from _rows("holders", self._holders(expected.holders, standing), standing.holders, self._holder)
        yield from _rows("codes", expected.codes, standing.codes, _code)
        yield from _rows("delivery_attempts", expected.attempts, standing.delivery_attempts, _plain)
        if expected.reports or not any(event.kind == EventKind.REPORTED for event in events):
            yield from _rows(
                "reports", expected.reports, standing.reports, partial(_behind_salt, name="answer", erased=erased)
            )

        yield from _messages(expected.mails, standing)

    def verification(self, event: Told, row: Any) -> Iterator[Finding]:
        """Compare a verification with an event that tells of it, and the device's key with what it signed."""
        facts, where = event.facts, str(event.facts["presentation"])
        if row is None:
            yield Finding("verifications", where, MISSING)
        else:
            says = {
                "device_id": (str(row.device_id), facts["device"]),
                "means": (row.means, facts["means"]),
                "offline": (row.offline, facts["offline"]),
                "decided_at": (row.decided_at, event.at),
                "signature": (row.signature.hex(), facts["signature"]),
                "outcome": (row.outcome, _outcome(row.answer)),
                "presented_at": (row.presented_at, _moment(facts["signed"]) or row.presented_at),
                "answer": (record_digest(row._mapping), facts.get("record") or record_digest(row._mapping)),
            }
            for name, (stands, told) in says.items():
                if stands != told:
                    yield Finding("verifications", where, f"{name} is not what event {event.position} says")
        point = self.device_points.get(UUID(facts["device"]))
        if point is None:
            yield Finding("devices", facts["device"], MISSING)
        elif not self._signed(facts, point):
            yield Finding("devices", facts["device"], "public_key is not the key that signed its presentations")

    def _signed(self, facts: Mapping[str, Any], point: bytes) -> bool:
        signature = bytes.fromhex(facts["signature"])
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            if facts["device"] not in self._keys:
                self._keys[facts["device"]] = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            signed = facts["signed"].encode()
            self._keys[facts["device"]].verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True

    def _parcel(self, row: Any, standing: Standing) -> Row:
        salt = next((each.salt for each in standing.holders if each.kind == HolderKind.RECIPIENT), None)
        terms = {"terms": terms_commitment(salt, row._mapping)} if salt else {}
        return dict(row._mapping) | terms

    def _holder(self, row: Any) -> Row:
        stands = dict(row._mapping)
        if row.salt is not None:
            stands["person"] = commitment(row.salt, Person(row.name, row.email, row.language, row.postcode))
        elif row.erased_at is None:
            stands["person"] = None
        if row.erased_at is None:
            key = self.ring.keys.get(row.key_id, b"")
            stands["ticket"] = bool(key) and ticket_digest(derive_ticket_key(key, row.id)) == row.ticket_digest
        return stands

    def _holders(self, expected: dict[str, Row], standing: Standing) -> dict[str, Row]:
        """Add what every holder must have; of parcels announced long ago the recipient is not named by its id."""
        for row in standing.holders:
            if str(row.id) not in expected and row.kind == HolderKind.RECIPIENT and len(standing.holders) == 1:
                expected = expected | {str(row.id): {}}
        return {name: row | {"ticket": True} for name, row in expected.items()}


def _rows(
    table: str, expected: Mapping[str, Row], rows: Iterable[Any], read: Callable[[Any], Row], named: str = "id"
) -> Iterator[Finding]:
    """Compare a table's rows with the expected ones, column by column."""
    standing = {str(getattr(row, named)): row for row in rows}
    for where in sorted(expected.keys() - standing.keys()):
        yield Finding(table, where, MISSING)
    for where, row in standing.items():
        if where not in expected:
            yield Finding(table, where, NO_EVENT)
            continue
        stands = read(row)
        for name, told in expected[where].items():
            if name in stands and stands[name] != told and str(stands[name]) != told:
                yield Finding(table, where, f"{name} is not what the events say")


def _messages(mails: set[tuple[str, str, datetime]], standing: Standing) -> Iterator[Finding]:
    """Messages are deleted after a time, their events never: each end that a row claims has to have its event."""
    holders = {row.id for row in standing.holders}
    for row in standing.messages:
        ends = {EventKind.MAIL_HANDED_TO_SMTP: row.sent_at, EventKind.MAIL_FAILED: row.failed_at}
        for kind, at in ends.items():
            if at is not None and (kind.value, row.kind, at) not in mails:
                yield Finding("messages", str(row.id), f"no event tells of its end ({kind.value})")
        if row.holder_id not in holders:
            yield Finding("messages", str(row.id), "holder_id is no holder of this parcel")


def _plain(row: Any) -> Row:
    return dict(row._mapping)


def _code(row: Any) -> Row:
    return dict(row._mapping) | {"token_digest": row.token_digest.hex(), "holder_id": str(row.holder_id)}


def _behind_salt(row: Any, *, name: str, erased: bool) -> Row:
    """Read a row one of whose texts is in the chain as a commitment; without its salt the text was erased."""
    stands = dict(row._mapping)
    text = stands.pop(name)
    if row.salt is not None:
        stands[name] = text_commitment(row.salt, text)
    elif text is not None or not erased:
        stands[name] = text
    return stands


def _outcome(answer: str) -> str | None:
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(answer)["outcome"])
    return None


def _moment(signed: str) -> datetime | None:
    with suppress(ValueError, IndexError):
        moment = datetime.fromisoformat(signed.split("\n")[3])
        return moment if moment.tzinfo else None
    return None
