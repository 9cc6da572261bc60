"""The rows of the tables held against what the events say, parcel by parcel."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from codes.auditing.expectation import NOBODY, UNTOLD, Expected, Row, ToldEvent, expected_of
from codes.auditing.findings import Finding
from codes.keys.derivation import derive_ticket_key, ticket_digest
from codes.keys.keyring import KeyRing
from codes.life.erasing import ERASED_LANGUAGE
from codes.life.issuing import terms_commitment
from codes.model import PERSON, EventKind, HolderKind, Person
from codes.proving.chain import write_moment
from codes.proving.commitment import commitment, text_commitment
from codes.proving.device_signatures import device_id_of, public_key_at, signature_fits
from codes.recipients.outbox import failed, handed_over
from codes.sealing.sealed_log import OVERLAP
from codes.values.folding import fold, fold_address
from codes.verification.answering import record_digest

NO_EVENT = "no event tells of it"
MISSING = "is missing"
NO_FORM = (KeyError, TypeError, ValueError, AttributeError)
"""What comes of facts that are not those of their event's kind."""
COMMITTED: Mapping[str, Callable[[bytes, Row], str]] = {
    "terms": terms_commitment,
    "sender_sealed": lambda salt, row: text_commitment(salt, row["sender"]),
    "reason_sealed": lambda salt, row: text_commitment(salt, row["reason"]),
}
"""What the chain fixes of a parcel and its consignment without telling it."""
CLAIMED = {EventKind.HANDED_OVER.value: "at_door", EventKind.NOT_HANDED_OVER.value: "attempted"}
"""What a device says of when something happened: no later than it was recorded."""


@dataclass(slots=True)
class StandingParcel:
    """The rows that stand in the tables for one parcel."""

    parcel: Any = None
    events: list[Any] = field(default_factory=list)
    handovers: list[Any] = field(default_factory=list)
    delegate_parcels: list[Any] = field(default_factory=list)
    delivery_attempts: list[Any] = field(default_factory=list)
    reports: list[Any] = field(default_factory=list)
    stays: list[Any] = field(default_factory=list)
    wishes: list[Any] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)


@dataclass(slots=True)
class StandingConsignment:
    """The rows that stand for one consignment, besides those of its parcels."""

    consignment: Any = None
    holders: list[Any] = field(default_factory=list)
    codes: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Compares; ``ring`` is outside the database, so what is derived from it cannot be forged inside."""

    ring: KeyRing

    def parcel(
        self, where: str, standing: StandingParcel, among: StandingConsignment, events: Sequence[ToldEvent], head: bytes
    ) -> Generator[Finding, None, Expected | None]:
        """Compare one parcel's rows with its events; returns what these tell, of its consignment too."""
        if standing.parcel is None:
            yield Finding("parcels", where, "is missing, though there are rows of it")
            for name in ("handovers", "delegate_parcels", "delivery_attempts", "reports"):
                if getattr(standing, name):
                    yield Finding(name, where, "there is no such parcel")
            return None
        if not events:
            yield Finding("parcels", where, NO_EVENT)
            return None
        if (standing.parcel.events, standing.parcel.head) != (events[-1].position, head):
            yield Finding("parcels", where, "its head is not the end of its chain")
        try:
            yield from _times_in_order(where, events)
            expected = expected_of(events)
        except NO_FORM as error:
            yield has_no_form("events", where, error)
            return None
        erased = any(event.kind == EventKind.ERASED for event in events)
        sealed = partial(_sealed, parcel=standing.parcel, among=among)
        yield from compared(
            "parcels", {where: expected.parcel}, [standing.parcel], lambda _row: sealed(expected.parcel)
        )
        if among.consignment is not None:
            its = {among.consignment.id: expected.consignment}
            yield from compared("consignments", its, [among.consignment], lambda _row: sealed(expected.consignment))
        handover = {where: expected.handover} if expected.handover is not None else {}
        handed_over = partial(_behind_salt, name="reason", erased=erased)
        yield from compared("handovers", handover, standing.handovers, handed_over, named="parcel_id")
        yield from compared("delegate_parcels", expected.named_for_it, standing.delegate_parcels, named="holder_id")
        visited = partial(_behind_salt, name="place", erased=erased)
        yield from compared("delivery_attempts", expected.attempts, standing.delivery_attempts, visited)
        yield from compared("stays", expected.stays, standing.stays)
        yield from compared("wishes", expected.wishes, standing.wishes)
        yield from compared("reports", expected.reports, standing.reports, partial(_report, erased=erased))
        yield from _messages(expected.mails, standing, among)
        return expected

    def consignment(self, where: str, standing: StandingConsignment, told: Sequence[Expected]) -> Iterator[Finding]:
        """Compare a consignment's rows with what its parcels' events tell together.

        A chain is told of holders and codes until its parcel is handed over, so that of several the one that was
        handed over last knows best; one that was not handed over knows all. Parcels that need no code are told only
        where none needs one.
        """
        if standing.consignment is None:
            yield Finding("consignments", where, MISSING)
        elif told:
            begun = {where: {"created_at": min(each.parcel["announced_at"] for each in told), "folded": True}}
            yield from compared("consignments", begun, [standing.consignment], _sender)
        else:
            yield Finding("consignments", where, NO_EVENT)
        holders: dict[str, Row] = {}
        codes: dict[str, Row] = {}
        guarded = [each for each in told if each.parcel.get("code_required")]
        for expected in sorted(guarded or told, key=_told_until):
            holders |= expected.holders
            codes |= expected.codes
        ours = {"consignment_id": where}
        whole = {name: row | ours | {"ticket": True, "folded": True} for name, row in holders.items()}
        yield from compared("holders", whole, standing.holders, self._holder)
        yield from compared("codes", {name: row | ours for name, row in codes.items()}, standing.codes, _code)

    def verifications(
        self, events: Iterable[ToldEvent], rows: Iterable[Any], points: Mapping[str, bytes]
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

    @staticmethod
    def _signed(facts: Mapping[str, Any], point: bytes) -> bool:
        if str(device_id_of(point)) != facts["device"]:
            return False
        with suppress(ValueError):
            signature, signed = bytes.fromhex(facts["signature"]), facts["signed"].encode()
            return signature_fits(public_key_at(point), signature, signed)
        return False

    def _holder(self, row: Any) -> Row:
        stands: Row = {"person": None, "ticket_digest": row.ticket_digest.hex()}
        name, email = row.name and fold(row.name), row.email and fold_address(row.email)
        stands["folded"] = (row.name_folded, row.email_folded) == (name, email)
        if row.salt is not None:
            stands["person"] = commitment(row.salt, Person(**{each: getattr(row, each) for each in PERSON}))
        elif row.erased_at is not None and not any(getattr(row, each) for each in PERSON if each != "language"):
            stands["person"] = NOBODY if row.language == ERASED_LANGUAGE else None
        if row.erased_at is None:
            key = self.ring.keys.get(row.key_id, b"")
            ticket_key = derive_ticket_key(key, UUID(row.ticket_id)) if key else ""
            stands["ticket"] = bool(key) and ticket_digest(ticket_key) == row.ticket_digest
        return stands


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


def _verification(event: ToldEvent, row: Any) -> Iterator[Finding]:
    facts = event.facts
    if row is None:
        yield Finding("verifications", facts["presentation"], MISSING)
        return
    says = {
        "device_id": (row.device_id, facts["device"]),
        "means": (row.means, facts["means"]),
        "offline": (row.offline, facts["offline"]),
        "decided_at": (row.decided_at, event.at),
        "signature": (row.signature.hex(), facts["signature"]),
        "outcome": (row.outcome, _outcome(row.answer)),
        "presented_at": (row.presented_at, _moment(facts["signed"]) or row.presented_at),
        "answer": (record_digest(row._asdict()), facts["record"]),
    }
    for name, (stands, told) in says.items():
        if stands != told:
            yield Finding("verifications", facts["presentation"], f"{name} is not what event {event.position} says")


def _messages(
    mails: set[tuple[str, str, str]], standing: StandingParcel, among: StandingConsignment
) -> Iterator[Finding]:
    """Messages are deleted after a time, their events never: each end that a row claims has to have its event."""
    holders = {row.id for row in among.holders}
    for row in standing.messages:
        ends = {handed_over(row.channel): row.sent_at, failed(row.channel, sent=bool(row.sent_at)): row.failed_at}
        for kind, at in ends.items():
            if at is not None and (kind.value, row.kind, at) not in mails:
                yield Finding("messages", str(row.id), f"no event tells of its end ({kind.value})")
        if row.holder_id not in holders:
            yield Finding("messages", str(row.id), "holder_id is no holder of this parcel")


def _sealed(told: Row, *, parcel: Any, among: StandingConsignment) -> Row:
    """Read a parcel and its consignment with the commitments of which events tell."""
    salt = parcel.salt or next((each.salt for each in among.holders if each.kind == HolderKind.RECIPIENT), None)
    row = parcel._asdict()
    if among.consignment is not None:
        row |= {"sender": among.consignment.sender, "consignment": among.consignment.number}
    names = [name for name in COMMITTED if name in told]
    return {name: COMMITTED[name](salt, row) if salt and among.consignment is not None else None for name in names}


def _told_until(expected: Expected) -> str:
    """Return until when a parcel's chain is told of holders and codes."""
    return str(expected.handover["recorded_at"]) if expected.handover is not None else "for ever"


def _sender(row: Any) -> Row:
    return {"folded": row.sender_folded == fold(row.sender)}


def _code(row: Any) -> Row:
    return {"token_digest": row.token_digest.hex()}


def _behind_salt(row: Any, *, name: str, erased: bool) -> Row:
    """Read a row one of whose texts is in the chain as a commitment; without its salt the text was erased."""
    text = getattr(row, name)
    if row.salt is not None:
        return {name: text_commitment(row.salt, text)}
    return {} if text is not None or not erased else {name: UNTOLD}


def _report(row: Any, *, erased: bool) -> Row:
    """Read what was said and answered, of which either may be missing; a salt behind which nothing stands is none."""
    texts = ("answer", "words")
    stand = [name for name in texts if row.salt is None or getattr(row, name) is not None] or texts
    return {key: each for name in stand for key, each in _behind_salt(row, name=name, erased=erased).items()}


def _outcome(answer: str) -> str | None:
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(answer)["outcome"])
    return None


def _moment(signed: str) -> str | None:
    with suppress(ValueError, IndexError):
        moment = datetime.fromisoformat(signed.split("\n")[3])
        return write_moment(moment) if moment.tzinfo else None
    return None


def _times_in_order(where: str, events: Sequence[ToldEvent]) -> Iterator[Finding]:
    """Name events that are older than one before them, and claims that lie outside what can be.

    Transactions on several machines may write up to `OVERLAP` out of order; sealing rests on the same.
    """
    latest = datetime.fromisoformat(events[0].at)
    for event in events:
        at = datetime.fromisoformat(event.at)
        if at < latest - OVERLAP:
            yield Finding("events", f"{where}/{event.position}", "its time is before that of an event before it")
        latest = max(latest, at)
        if event.kind in CLAIMED:
            yield from _claim(where, events[0].at, event)


def _claim(where: str, announced: str, event: ToldEvent) -> Iterator[Finding]:
    name = CLAIMED[event.kind]
    claimed = event.facts.get(name)
    if claimed is None:
        return
    if claimed > event.at:
        yield Finding("events", f"{where}/{event.position}", f"{name} is after it was recorded")
    if event.kind == EventKind.HANDED_OVER and claimed < announced:
        yield Finding("events", f"{where}/{event.position}", f"{name} is before the parcel was announced")
