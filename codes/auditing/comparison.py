"""The rows of the tables held against what the events say, parcel by parcel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

from codes.auditing.expectation import NOBODY, UNTOLD, Row, Told, expected_of
from codes.auditing.findings import Finding
from codes.derivation import derive_ticket_key, ticket_digest
from codes.judging.answers import record_digest
from codes.keys.keyring import KeyRing
from codes.life.erasing import ERASED_LANGUAGE
from codes.life.issuing import terms_commitment
from codes.model import EventKind, HolderKind, Person
from codes.proving.chain import write_moment
from codes.proving.commitment import commitment, text_commitment
from codes.recipients.outbox import failed, handed_over

NO_EVENT = "no event tells of it"
MISSING = "is missing"
NO_FORM = (KeyError, TypeError, ValueError, AttributeError)
"""What comes of facts that are not those of their event's kind."""
COMMITTED: Mapping[str, Callable[[bytes, Any], str]] = {
    "terms": lambda salt, row: terms_commitment(salt, row._asdict()),
    "sender_sealed": lambda salt, row: text_commitment(salt, row.sender),
    "reason_sealed": lambda salt, row: text_commitment(salt, row.reason),
}
"""What the chain fixes of a parcel without telling it."""
_ECDSA = ec.ECDSA(SHA256())


@dataclass(slots=True)
class Standing:
    """The rows that stand in the tables for one parcel."""

    parcel: Any = None
    events: list[Any] = field(default_factory=list)
    handovers: list[Any] = field(default_factory=list)
    holders: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)
    delivery_attempts: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    stays: list[Any] = field(default_factory=list)
    wishes: list[Any] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares; ``ring`` is outside the database, so what is derived from it cannot be forged inside."""

    ring: KeyRing
    begun: str | None = None
    """When the house's chain began in a store that was older."""
    _keys: dict[bytes, ec.EllipticCurvePublicKey] = field(default_factory=dict)

    def parcel(self, where: str, standing: Standing, events: Sequence[Told], head: bytes) -> Iterator[Finding]:
        """Compare one parcel's rows with its events."""
        if standing.parcel is None:
            yield Finding("parcels", where, "is missing, though there are rows of it")
            for name in ("handovers", "holders", "codes", "delivery_attempts", "reports"):
                if getattr(standing, name):
                    yield Finding(name, where, "there is no such parcel")
            return
        if not events:
            yield Finding("parcels", where, NO_EVENT)
            return
        if (standing.parcel.events, standing.parcel.head) != (events[-1].position, head):
            yield Finding("parcels", where, "its head is not the end of its chain")
        try:
            expected = expected_of(events)
        except NO_FORM as error:
            yield has_no_form("events", where, error)
            return
        kinds = {event.kind for event in events}
        erased = EventKind.ERASED in kinds
        parcel = partial(_parcel, standing=standing, told=expected.parcel)
        yield from compared("parcels", {where: expected.parcel}, [standing.parcel], parcel)
        handover = {where: expected.handover} if expected.handover is not None else {}
        handed_over = partial(_behind_salt, name="reason", erased=erased)
        yield from compared("handovers", handover, standing.handovers, handed_over, named="parcel_id")
        yield from compared("holders", self._holders(expected.holders, standing), standing.holders, self._holder)
        yield from compared("codes", expected.codes, standing.codes, _code)
        visited = partial(_behind_salt, name="place", erased=erased)
        yield from compared("delivery_attempts", expected.attempts, standing.delivery_attempts, visited)
        yield from compared("stays", expected.stays, standing.stays)
        yield from compared("wishes", expected.wishes, standing.wishes)
        if expected.reports or EventKind.REPORTED not in kinds:
            answered = partial(_behind_salt, name="answer", erased=erased)
            yield from compared("reports", expected.reports, standing.reports, answered)
        yield from _messages(expected.mails, standing)

    def verifications(
        self, events: Iterable[Told], rows: Iterable[Any], points: Mapping[str, bytes]
    ) -> Iterator[Finding]:
        """Compare verifications with the events that tell of them, and devices' keys with what they signed."""
        standing = {row.presentation_id: row for row in rows}
        for event in events:
            try:
                yield from _verification(event, standing.get(event.facts["presentation"]))
                device = event.facts["device"]
                if device not in points:
                    yield Finding("devices", device, MISSING)
                elif not self._signed(event.facts, points[device]):
                    yield Finding("devices", device, "public_key is not the key that signed its presentations")
            except NO_FORM as error:
                yield has_no_form("events", str(event.facts.get("presentation")), error)

    def _signed(self, facts: Mapping[str, Any], point: bytes) -> bool:
        signature = bytes.fromhex(facts["signature"])
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        try:
            if point not in self._keys:
                self._keys[point] = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
            self._keys[point].verify(encode_dss_signature(r, s), facts["signed"].encode(), _ECDSA)
        except (InvalidSignature, ValueError):
            return False
        return True

    def _holder(self, row: Any) -> Row:
        stands: Row = {"person": None, "ticket_digest": row.ticket_digest.hex()}
        if row.salt is not None:
            stands["person"] = commitment(row.salt, Person(row.name, row.email, row.language, row.postcode, row.phone))
        elif row.erased_at is not None and not any((row.name, row.email, row.postcode, row.phone)):
            stands["person"] = NOBODY if row.language == ERASED_LANGUAGE else None
        if row.erased_at is None:
            key = self.ring.keys.get(row.key_id, b"")
            ticket_key = derive_ticket_key(key, UUID(row.id)) if key else ""
            stands["ticket"] = bool(key) and ticket_digest(ticket_key) == row.ticket_digest
        return stands

    def _holders(self, expected: dict[str, Row], standing: Standing) -> dict[str, Row]:
        """Add what every holder must have; of parcels announced long ago the recipient is not named by its id."""
        for row in standing.holders:
            told = expected.get(row.id, {})
            if self.begun and row.opened_at and row.opened_at < self.begun and told.get("opened_at", 0) is None:
                told["opened_at"] = UNTOLD
            if row.id not in expected and row.kind == HolderKind.RECIPIENT and len(standing.holders) == 1:
                expected = expected | {row.id: {}}
        return {name: row | {"ticket": True} for name, row in expected.items()}


def compared(
    table: str,
    expected: Mapping[str, Row],
    rows: Iterable[Any],
    read: Callable[[Any], Row] = lambda _row: {},
    named: str = "id",
) -> Iterator[Finding]:
    """Compare a table's rows with the expected ones, column by column.

    ``read`` returns what an event tells otherwise than the column holds it, or not at all (UNTOLD).
    """
    standing = {getattr(row, named): row for row in rows}
    for where in sorted(expected.keys() - standing.keys()):
        yield Finding(table, where, MISSING)
    for where, row in standing.items():
        if where not in expected:
            yield Finding(table, where, NO_EVENT)
            continue
        otherwise = read(row)
        for name, told in expected[where].items():
            stands = otherwise[name] if name in otherwise else getattr(row, name, UNTOLD)
            if stands != told and told is not UNTOLD and stands is not UNTOLD:
                yield Finding(table, where, f"{name} is not what the events say")


def has_no_form(table: str, where: str, error: Exception) -> Finding:
    """Return the finding of an event whose facts are not those of its kind."""
    return Finding(table, where, f"an event has no such form: {type(error).__name__}")


def _verification(event: Told, row: Any) -> Iterator[Finding]:
    facts = event.facts
    if row is None:
        yield Finding("verifications", facts["presentation"], MISSING)
        return
    digest = record_digest(row._asdict())
    says = {
        "device_id": (row.device_id, facts["device"]),
        "means": (row.means, facts["means"]),
        "offline": (row.offline, facts["offline"]),
        "decided_at": (row.decided_at, event.at),
        "signature": (row.signature.hex(), facts["signature"]),
        "outcome": (row.outcome, _outcome(row.answer)),
        "presented_at": (row.presented_at, _moment(facts["signed"]) or row.presented_at),
        "answer": (digest, facts.get("record") or digest),
    }
    for name, (stands, told) in says.items():
        if stands != told:
            yield Finding("verifications", facts["presentation"], f"{name} is not what event {event.position} says")


def _messages(mails: set[tuple[str, str, str]], standing: Standing) -> Iterator[Finding]:
    """Messages are deleted after a time, their events never: each end that a row claims has to have its event."""
    holders = {row.id for row in standing.holders}
    for row in standing.messages:
        ends = {handed_over(row.channel): row.sent_at, failed(row.channel, sent=bool(row.sent_at)): row.failed_at}
        for kind, at in ends.items():
            if at is not None and (kind.value, row.kind, at) not in mails:
                yield Finding("messages", str(row.id), f"no event tells of its end ({kind.value})")
        if row.holder_id not in holders:
            yield Finding("messages", str(row.id), "holder_id is no holder of this parcel")


def _parcel(row: Any, *, standing: Standing, told: Row) -> Row:
    """Read a parcel with the commitments of which its events tell."""
    salt = row.salt or next((each.salt for each in standing.holders if each.kind == HolderKind.RECIPIENT), None)
    return {name: committed(salt, row) if salt else None for name, committed in COMMITTED.items() if name in told}


def _code(row: Any) -> Row:
    return {"token_digest": row.token_digest.hex()}


def _behind_salt(row: Any, *, name: str, erased: bool) -> Row:
    """Read a row one of whose texts is in the chain as a commitment; without its salt the text was erased."""
    text = getattr(row, name)
    if row.salt is not None:
        return {name: text_commitment(row.salt, text)}
    return {} if text is not None or not erased else {name: UNTOLD}


def _outcome(answer: str) -> str | None:
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(answer)["outcome"])
    return None


def _moment(signed: str) -> str | None:
    with suppress(ValueError, IndexError):
        moment = datetime.fromisoformat(signed.split("\n")[3])
        return write_moment(moment) if moment.tzinfo else None
    return None
