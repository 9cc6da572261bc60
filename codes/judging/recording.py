"""What a group of presentations leaves in the record, gathered while judging and written at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from codes import tables
from codes.derivation import content_mac
from codes.judging.answers import answer_to_json, record_digest
from codes.judging.ledger import Earlier, Ledger
from codes.judging.presentation import Presentation
from codes.keys.keyring import KeyRing
from codes.life.issuing import message_row
from codes.model import Answer, CodeFacts, EventKind, HandoverFacts, HolderKind, InHandBy, MessageKind, ParcelFacts
from codes.proving.chain import write_moment
from codes.proving.events import Event, Fact, number
from codes.proving.house import HOUSE, INSERT_HOUSE_EVENTS, MOVE_HOUSE_ON, HouseEventKind, continued, holding
from codes.store.prepared import insert_into, update_of
from codes.store.trips import Commit, Steps

TELL_AT_TRIES_LEFT = (2, 0)


INSERTS = {table: insert_into(table) for table in (tables.verifications, tables.handovers, tables.events)}
QUEUE = insert_into(tables.messages, "id", "parcel_id", "holder_id", "kind", "queued_at", "due_at", "tries")
MOVE_PARCELS_ON = update_of(tables.parcels, "wrong_digits", "events", "head")
CHARGE_DEVICES = update_of(tables.devices, "wrong_digits", "wrong_digits_on")


class Journal:
    """Rows to be written when all presentations of a group are judged."""

    def __init__(self, ledger: Ledger, ring: KeyRing, now: datetime) -> None:
        self._ledger = ledger
        self._ring = ring
        self._now = now
        self._touched: set[UUID] = set()
        self._verifications: list[dict[str, Any]] = []
        self._handovers: list[dict[str, Any]] = []
        self._events: list[Event] = []
        self._house_events: list[Event] = []
        self._messages: list[dict[str, Any]] = []

    def verify(self, presentation: Presentation, answer: Answer, code: CodeFacts | None) -> None:
        """Record the presentation and its answer, and tell the recipient of wrong tries."""
        self._verifications.append(
            {
                "presentation_id": presentation.presentation_id,
                "device_id": presentation.device_id,
                "key_id": self._ring.current,
                "content_mac": content_mac(self._ring.key(self._ring.current), presentation.content()),
                "means": presentation.means.value,
                "offline": presentation.offline,
                "presented_at": presentation.presented_at,
                "decided_at": self._now,
                "outcome": answer.outcome.value,
                "code_id": code.code_id if code else None,
                "answer": answer_to_json(answer),
                "signature": presentation.signature,
            }
        )
        said: dict[str, Fact] = {
            "presentation": str(presentation.presentation_id),
            "device": str(presentation.device_id),
            "means": presentation.means.value,
            "offline": presentation.offline,
            "signed": presentation.signed_text().decode(),
            "signature": presentation.signature.hex(),
            "record": record_digest(self._verifications[-1]),
        }
        known = [(each, found) for each in answer.parcels if (found := self._ledger.find(each.reference)) is not None]
        if not known:
            facts = said | {"outcome": answer.outcome.value}
            self._house_events.append(Event(HOUSE, HouseEventKind.PRESENTED, self._now, facts))
        for each, parcel in known:
            self._add(parcel, EventKind.PRESENTED, said | {"outcome": each.outcome.value})
            if answer.details.tries_left in TELL_AT_TRIES_LEFT:
                self._tell(parcel, MessageKind.WRONG_TRIES)

    def hand_over(
        self,
        presentation: Presentation,
        released: Sequence[ParcelFacts],
        handover: HandoverFacts,
        in_hand_by: Mapping[str, InHandBy],
        holder_kind: HolderKind,
    ) -> None:
        """Record the handover of parcels; each parcel is the primary key of its one handover."""
        for parcel in released:
            by = in_hand_by[parcel.reference].value
            self._handovers.append(
                {
                    "parcel_id": parcel.parcel_id,
                    "presentation_id": handover.presentation_id,
                    "code_id": handover.code_id,
                    "device_id": presentation.device_id,
                    "in_hand_by": by,
                    "offline": presentation.offline,
                    "handed_over_at": handover.handed_over_at,
                    "recorded_at": self._now,
                    "match_number": handover.match_number,
                }
            )
            facts = {
                "presentation": str(handover.presentation_id),
                "code": str(handover.code_id),
                "holder": holder_kind.value,
                "means": presentation.means.value,
                "by": by,
                "at_door": write_moment(handover.handed_over_at),
                "offline": presentation.offline,
                "match": handover.match_number,
            }
            self._add(parcel, EventKind.HANDED_OVER, facts)
            self._tell(parcel, MessageKind.HANDED_OVER)

    def last_verification(self) -> Earlier:
        """Return key id, content MAC and answer of the newest verification, as a repetition needs them."""
        row = self._verifications[-1]
        return Earlier(row["key_id"], row["content_mac"], row["answer"])

    def _add(self, parcel: ParcelFacts, kind: EventKind, facts: Mapping[str, Fact]) -> None:
        self._events.append(Event(parcel.parcel_id, kind, self._now, facts))
        self._touched.add(parcel.parcel_id)

    def _tell(self, parcel: ParcelFacts, kind: MessageKind) -> None:
        self._messages.append(message_row(parcel.parcel_id, parcel.recipient_id, kind, self._now))

    def write(self) -> Steps[None]:
        """Write everything; a handover that another transaction made first fails here, and all is done again."""
        ledger = self._ledger
        events = number(self._events, ledger.heads)
        parcels = [
            {
                "id": parcel_id,
                "wrong_digits": ledger.parcels[parcel_id].wrong_digits,
                "events": ledger.heads[parcel_id].position,
                "head": ledger.heads[parcel_id].link,
            }
            for parcel_id in sorted(self._touched)
        ]
        spent = sorted((each for each in ledger.devices.values() if each.spends), key=lambda each: each.device_id)
        devices = [
            {"id": each.device_id, "wrong_digits": each.wrong_digits, "wrong_digits_on": each.wrong_digits_on}
            for each in spent
        ]
        house_rows: list[dict[str, Any]] = []
        moved: list[dict[str, Any]] = []
        if self._house_events:
            house_rows, house = continued((yield from holding()), self._house_events)
            moved = [{"id": HOUSE, "events": house.position, "head": house.link}]
        yield Commit(
            [
                (INSERT_HOUSE_EVENTS, house_rows),
                (MOVE_HOUSE_ON, moved),
                (INSERTS[tables.verifications], self._verifications),
                (INSERTS[tables.handovers], self._handovers),
                (INSERTS[tables.events], events),
                (QUEUE, self._messages),
                (MOVE_PARCELS_ON, parcels),
                (CHARGE_DEVICES, devices),
            ]
        )
