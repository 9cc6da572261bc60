"""What a batch of presentations leaves in the record, gathered while they are decided and written at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.keys.derivation import content_mac
from codes.model import Conflict, EventKind, Means, MessageKind, Outcome
from codes.proving.chain import write_moment
from codes.proving.events import Event, Fact, number
from codes.proving.house import HOUSE, HouseEventKind, append
from codes.store.budgets import Budget, charge, spend, spent_by
from codes.store.statements import write
from codes.store.transaction import message_row
from codes.verification.answering import StoredAnswer, answer_to_json, record_digest
from codes.verification.facts import Decision, ParcelFacts, PriorAnswer, Release, Rules, VerificationFacts
from codes.verification.refusals import Bounded, Refusal, bound

TELLS_FROM_TRIES_LEFT = 2
"""From here on the recipient is told of each: where several hold codes, one try takes more than one of them."""
DISPUTES_TOLD = 3
"""So many claims that a parcel was handed over once more are told by mail, for the parcel's whole life."""


class BatchWriter:
    """Gathers the rows of a batch, and keeps the facts true meanwhile: the next presentation is judged by them."""

    def __init__(self, facts: VerificationFacts, rules: Rules, now: datetime) -> None:
        self._facts = facts
        self._ring = rules.ring
        self._budgets = rules.settings.budgets
        self._now = now
        self._verifications: list[dict[str, Any]] = []
        self._handovers: list[dict[str, Any]] = []
        self._events: list[tuple[UUID, Event]] = []
        self._house_events: list[tuple[UUID, Event]] = []
        self._messages: list[dict[str, Any]] = []
        self._disputes: list[tuple[UUID, ParcelFacts]] = []
        self._charged: set[UUID] = set()
        self._refusals: list[Refusal] = []

    def record(self, decision: Decision) -> StoredAnswer:
        """Record what was decided, and return the answer as it is kept; one that was given before stays as it was."""
        if decision.repeated is not None:
            return StoredAnswer(decision.answer, decision.repeated.answer)
        if decision.charge is not None:
            self._facts.charge(decision.presentation.device_id, decision.charge.consignment_id, decision.charge.tries)
            charged = (decision.presentation.device_id, decision.charge.consignment_id)
            self._charged |= {each for each in charged if each is not None}
        row = self._verification(decision)
        self._verifications.append(row)
        self._presented(decision, record_digest(row))
        if not decision.releases:
            self._refusals.append(_refusal(decision))
        for release in decision.releases:
            self._hand_over(decision, release)
            if release.conflict is not None:
                self._dispute(decision, release.held.parcel, release.conflict)
                self._tell(release.held.parcel, MessageKind.HANDOVER_CONFLICT)
        given = [release.held.parcel for release in decision.releases if release.conflict is None]
        # Parcels of one consignment that were handed over together are told in one message, which names them all.
        for parcel in {parcel.consignment_id: parcel for parcel in reversed(given)}.values():
            self._tell(parcel, MessageKind.HANDED_OVER)
        for parcel in decision.disputed:
            self._dispute(decision, parcel, Conflict.HANDED_OVER_BEFORE)
            self._disputes.append((decision.presentation.presentation_id, parcel))
        prior = PriorAnswer(row["key_id"], row["content_mac"], row["answer"])
        self._facts.prior[decision.presentation.presentation_id] = prior
        return StoredAnswer(decision.answer, prior.answer)

    def write(self, connection: sa.Connection) -> None:
        """Write everything; a handover that another transaction made first fails here, and all is done again."""
        facts, bounded, today = self._facts, self._bounded(connection), self._now.date()
        events = [event for by, event in self._events if not bounded.leaves_out(by, event.parcel_id)]
        self._tell_disputes(connection, bounded)
        verifications = [row for row in self._verifications if row["presentation_id"] not in bounded.nowhere]
        inserts = {
            tables.verifications: verifications,
            tables.handovers: self._handovers,
            tables.events: number(events, facts.heads),
            tables.messages: self._messages,
        }
        updates = {
            tables.parcels: [
                {"id": each, "events": facts.heads[each].position, "head": facts.heads[each].link}
                for each in sorted({event.parcel_id for event in events})
            ],
            tables.consignments: [
                {"id": each, "wrong_digits": facts.consignments[each].wrong_digits}
                for each in sorted(self._charged & facts.consignments.keys())
            ],
            tables.devices: [
                {"id": each, "wrong_digits": facts.devices[each].wrong_digits, "wrong_digits_on": today}
                for each in sorted(self._charged & facts.devices.keys())
            ],
        }
        write(connection, inserts, updates)
        if house_events := [event for by, event in self._house_events if by not in bounded.nowhere]:
            append(connection, house_events)

    def _tell_disputes(self, connection: sa.Connection, bounded: Bounded) -> None:
        """Tell of claims that somebody else handed a parcel over, too: the first ones, since anybody can repeat one."""
        for presentation_id, parcel in self._disputes:
            if bounded.leaves_out(presentation_id, parcel.parcel_id):
                continue
            if spend(connection, Budget.DISPUTE, parcel.parcel_id, DISPUTES_TOLD):
                self._tell(parcel, MessageKind.HANDOVER_CONFLICT)

    def _bounded(self, connection: sa.Connection) -> Bounded:
        """Say which refusals are recorded, and charge them. Their budgets are read only if there are any."""
        if not self._refusals:
            return Bounded()
        subjects = {each.device_id for each in self._refusals}
        subjects.update(parcel_id for each in self._refusals for parcel_id in each.parcel_ids)
        spent = spent_by(connection, Budget.REFUSAL, subjects)
        lengths = {parcel_id: head.position for parcel_id, head in self._facts.heads.items()}
        bounded = bound(self._refusals, spent, lengths, self._budgets, self._now.date())
        for (subject, day), shares in sorted(bounded.charged.items()):
            charge(connection, Budget.REFUSAL, subject, day, shares)
        return bounded

    def _verification(self, decision: Decision) -> dict[str, Any]:
        presentation = decision.presentation
        return {
            "presentation_id": presentation.presentation_id,
            "device_id": presentation.device_id,
            "key_id": self._ring.current,
            "content_mac": content_mac(self._ring.key(self._ring.current), presentation.content()),
            "means": presentation.means.value,
            "offline": presentation.offline,
            "presented_at": presentation.presented_at,
            "decided_at": self._now,
            "outcome": decision.answer.outcome.value,
            "code_id": decision.code.code_id if decision.code else None,
            "answer": answer_to_json(decision.answer),
            "signature": presentation.signature,
        }

    def _presented(self, decision: Decision, record: str) -> None:
        """Tell of the presentation in the chain of each parcel, or in the house's if it was about none."""
        presentation = decision.presentation
        said: dict[str, Fact] = {
            "presentation": str(presentation.presentation_id),
            "device": str(presentation.device_id),
            "means": presentation.means.value,
            "offline": presentation.offline,
            "signed": presentation.signed_text().decode(),
            "signature": presentation.signature.hex(),
            "record": record,
        }
        for held, outcome in decision.judged:
            label = presentation.label_shown(held.label)
            self._add(decision, held.parcel, EventKind.PRESENTED, said | label | {"outcome": outcome.value})
        if not decision.judged:
            facts = said | {"outcome": decision.answer.outcome.value}
            event = Event(HOUSE, HouseEventKind.PRESENTED, self._now, facts)
            self._house_events.append((presentation.presentation_id, event))
        elif (left := decision.answer.details.tries_left) is not None and left <= TELLS_FROM_TRIES_LEFT:
            self._tell(decision.judged[0][0].parcel, MessageKind.WRONG_TRIES)

    def _hand_over(self, decision: Decision, release: Release) -> None:
        """Record one parcel's handover; the parcel is the primary key of its one handover."""
        parcel, handover = release.held.parcel, release.handover
        self._facts.note_handover(parcel.parcel_id, handover)
        conflict = release.conflict.value if release.conflict else None
        self._handovers.append(
            {
                "parcel_id": parcel.parcel_id,
                "presentation_id": handover.presentation_id,
                "code_id": handover.code_id,
                "device_id": handover.device_id,
                "in_hand_by": release.held.by.value,
                "offline": decision.presentation.offline,
                "handed_over_at": handover.handed_over_at,
                "recorded_at": self._now,
                "match_number": handover.match_number,
                "conflict": conflict,
            }
        )
        facts: dict[str, Fact] = {
            "presentation": str(handover.presentation_id),
            "code": str(handover.code_id) if handover.code_id else None,
            "holder": decision.code.holder_kind.value if decision.code else None,
            "means": decision.presentation.means.value,
            "by": release.held.by.value,
            "at_door": write_moment(handover.handed_over_at),
            "offline": decision.presentation.offline,
            "match": handover.match_number,
            "conflict": conflict,
        }
        self._add(decision, parcel, EventKind.HANDED_OVER, facts)

    def _dispute(self, decision: Decision, parcel: ParcelFacts, conflict: Conflict) -> None:
        """Record a handover that would not have been green."""
        facts: dict[str, Fact] = {
            "presentation": str(decision.presentation.presentation_id),
            "device": str(decision.presentation.device_id),
            "conflict": conflict.value,
        }
        self._add(decision, parcel, EventKind.HANDOVER_CONFLICT, facts)

    def _add(self, decision: Decision, parcel: ParcelFacts, kind: EventKind, facts: Mapping[str, Fact]) -> None:
        event = Event(parcel.parcel_id, kind, self._now, facts)
        self._events.append((decision.presentation.presentation_id, event))

    def _tell(self, parcel: ParcelFacts, kind: MessageKind) -> None:
        recipient_id = self._facts.consignment_of(parcel).recipient_id
        self._messages.append(message_row(parcel.parcel_id, recipient_id, kind, self._now))


def _refusal(decision: Decision) -> Refusal:
    presentation = decision.presentation
    return Refusal(
        presentation_id=presentation.presentation_id,
        device_id=presentation.device_id,
        parcel_ids=[held.parcel.parcel_id for held, _ in decision.judged],
        length=len(presentation.signed_text()) + max((_written(held.label) for held, _ in decision.judged), default=0),
        wrong_digits=decision.answer.outcome is Outcome.WRONG_CODE and presentation.means is Means.DIGITS,
    )


def _written(text: str) -> int:
    """Return how many bytes a text takes in an event, where signs that cannot be seen are written as six."""
    return len(json.dumps(text, ensure_ascii=False).encode())
