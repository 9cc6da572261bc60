"""What a parcel's events say that the tables must say too. Pure: events in, expected rows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from codes.model import EventKind, HolderKind, InHandBy
from codes.proving.chain import write_moment
from codes.values.tracking_numbers import number_of, realm_of

Row = dict[str, Any]
"""Expected values by column."""
NOBODY = "nobody"
"""What stands in the place of a person who was erased."""
UNTOLD = object()
"""What nobody can tell any more."""


class ToldEvent(NamedTuple):
    """An event as it was read; its time is text, as it was hashed."""

    position: int
    kind: str
    at: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class Expected:
    """The rows that one parcel's events tell of, by table and by the row's id."""

    parcel: Row = field(default_factory=dict)
    consignment: Row = field(default_factory=dict)
    handover: Row | None = None
    holders: dict[str, Row] = field(default_factory=dict)
    named_for_it: dict[str, Row] = field(default_factory=dict)
    codes: dict[str, Row] = field(default_factory=dict)
    attempts: dict[str, Row] = field(default_factory=dict)
    reports: dict[str, Row] = field(default_factory=dict)
    stays: dict[str, Row] = field(default_factory=dict)
    wishes: dict[str, Row] = field(default_factory=dict)
    presented: list[ToldEvent] = field(default_factory=list)
    mails: set[tuple[str, str, str]] = field(default_factory=set)
    """Ends of messages: the event's kind, the message's kind, and when."""


def expected_of(events: Sequence[ToldEvent]) -> Expected:
    """Follow the events from the first to the last. Raises KeyError or ValueError for facts that are none."""
    nothing = ("out_for_delivery_at", "blocked_at", "blocked_by", "ended_at", "ended_as")
    expected = Expected(parcel=dict.fromkeys(nothing))
    for event in events:
        if follow := _FOLLOW.get(event.kind):
            follow(expected, event)
    return expected


def _told(facts: Mapping[str, Any], name: str) -> Row:
    """Return a fact, or its commitment where the recipient of a gift is not told."""
    sealed = f"{name}_sealed"
    return {sealed: facts[sealed]} if sealed in facts else {name: facts[name]}


def _announced(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    expected.parcel |= {"reference": facts["reference"], "announced_at": event.at}
    expected.parcel["number"] = number_of(facts["reference"])
    expected.parcel |= {"terms": facts["terms"], "consignment_id": facts["consignment"]}
    expected.consignment = {"realm": realm_of(facts["reference"]).value} | _told(facts, "sender")
    expected.consignment |= {"terms": facts["terms"], "announced_by": facts["by"]}
    # A parcel that joined a consignment is told what its recipient did before.
    expected.holders[facts["holder"]] = {
        "kind": HolderKind.RECIPIENT.value,
        "named_at": facts.get("named", event.at),
        "valid_until": None,
        "withdrawn_at": None,
        "opened_at": facts.get("opened"),
        "corrected_at": facts.get("corrected"),
        "person": facts["recipient"],
        "erased_at": None,
        "ticket_id": facts.get("address", facts["holder"]),
    }


def _decided(expected: Expected, event: ToldEvent) -> None:
    expected.parcel |= {"code_required": event.facts["code_required"]} | _told(event.facts, "reason")


def _issued(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    for code in expected.codes.values():
        if code["holder_id"] == facts["of"] and code["renewed_at"] is None:
            code["renewed_at"] = event.at
    if event.kind == EventKind.CODE_RENEWED:
        expected.holders.setdefault(facts["of"], {})["ticket_id"] = facts["code"]
    expected.codes[facts["code"]] = {
        "holder_id": facts["of"],
        "key_id": facts["key"],
        "epoch": facts["epoch"],
        "token_digest": facts["token"],
        "expires_at": facts["expires"],
        "issued_at": facts.get("issued", event.at),
        "renewed_at": None,
        "revoked_at": None,
    }


def _prolonged(expected: Expected, event: ToldEvent) -> None:
    expected.codes[event.facts["code"]]["expires_at"] = event.facts["expires"]


def _blocked(expected: Expected, event: ToldEvent) -> None:
    expected.parcel |= {"blocked_at": event.at, "blocked_by": event.facts["blocker"]}


def _unblocked(expected: Expected, _event: ToldEvent) -> None:
    expected.parcel |= {"blocked_at": None, "blocked_by": None}


def _ended(expected: Expected, event: ToldEvent) -> None:
    expected.parcel |= {"ended_at": event.at, "ended_as": event.kind}
    if expected.parcel["blocked_at"] is None:
        _blocked(expected, event)


def _revoked(expected: Expected, event: ToldEvent) -> None:
    for code in expected.codes.values():
        if code["renewed_at"] is None and code["revoked_at"] is None:
            code["revoked_at"] = event.at


def _named(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    expected.named_for_it[facts["holder"]] = {}
    expected.holders[facts["holder"]] = {
        "kind": HolderKind.DELEGATE.value,
        "named_at": event.at,
        "valid_until": write_moment(datetime.fromisoformat(facts["until"])),
        "withdrawn_at": None,
        "opened_at": None,
        "corrected_at": None,
        "person": facts["person"],
        "erased_at": None,
        "ticket_id": facts["holder"],
    }


def _withdrawn(expected: Expected, event: ToldEvent) -> None:
    expected.holders[event.facts["holder"]]["withdrawn_at"] = event.at
    for code in expected.codes.values():
        if code["holder_id"] == event.facts["holder"] and code["revoked_at"] is None:
            code["revoked_at"] = event.at


def _left(expected: Expected, event: ToldEvent) -> None:
    expected.parcel["out_for_delivery_at"] = event.at


def _presented(expected: Expected, event: ToldEvent) -> None:
    expected.presented.append(event)


def _handed_over(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    device = next((each.facts["device"] for each in expected.presented if _same(each, facts)), None)
    expected.handover = {
        "presentation_id": facts["presentation"],
        "code_id": facts["code"],
        "device_id": device,
        "in_hand_by": facts["by"],
        "offline": facts["offline"],
        "conflict": facts["conflict"],
        "handed_over_at": facts["at_door"],
        "recorded_at": event.at,
        "supervised_by": None,
        "confirmed_by": None,
        "reason": None,
        "match_number": facts["match"],
    }


def _supervised(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    expected.handover = {
        "presentation_id": None,
        "code_id": None,
        "device_id": None,
        "in_hand_by": InHandBy.CHOICE.value,
        "offline": False,
        "conflict": None,
        "handed_over_at": event.at,
        "recorded_at": event.at,
        "supervised_by": facts["first"],
        "confirmed_by": facts["second"],
        "match_number": facts["match"],
        "reason": facts["reason"],
    }


def _not_handed_over(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    expected.attempts[facts["visit"]] = {
        "device_id": facts["device"],
        "reason": facts["reason"],
        "attempted_at": facts["attempted"],
        "recorded_at": event.at,
        "place": facts.get("place"),
    }


def _reported(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    row = {"kind": facts["kind"], "by": facts["by"], "reported_at": event.at}
    row |= {"words": facts.get("words"), "photo": facts.get("photo"), "withdrawn_at": None}
    expected.reports[facts["report"]] = row | {"answered_at": None, "answered_by": None, "answer": None}


def _answered(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    answered = {"answered_at": event.at, "answered_by": facts["staff"], "answer": facts["answer"]}
    expected.reports[facts["report"]] |= answered


def _report_withdrawn(expected: Expected, event: ToldEvent) -> None:
    expected.reports[event.facts["report"]]["withdrawn_at"] = event.at


def _arrived(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    expected.stays[facts["stay"]] = {
        "point_id": facts["point"],
        "shelf_id": facts["shelf"],
        "device_id": facts["device"],
        "size": facts["size"],
        "arrived_at": event.at,
        "deadline": facts["deadline"],
        "reminded_at": None,
        "returned_at": None,
    }


def _shelved(expected: Expected, event: ToldEvent) -> None:
    expected.stays[event.facts["stay"]]["shelf_id"] = event.facts["shelf"]


def _reminded(expected: Expected, event: ToldEvent) -> None:
    expected.stays[event.facts["stay"]]["reminded_at"] = event.at


def _returned(expected: Expected, event: ToldEvent) -> None:
    expected.stays[event.facts["stay"]]["returned_at"] = event.at


def _wished(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    row = {"day": facts["day"], "point_id": facts["point"], "wished_at": event.at, "withdrawn_at": None}
    row["staff_id"] = facts.get("staff")
    if "back" in facts:
        expected.parcel["out_for_delivery_at"] = None
    expected.wishes[facts["wish"]] = row


def _wish_withdrawn(expected: Expected, event: ToldEvent) -> None:
    expected.wishes[event.facts["wish"]]["withdrawn_at"] = event.at


def _mailed(expected: Expected, event: ToldEvent) -> None:
    expected.mails.add((event.kind, event.facts["message"], event.at))


def _corrected(expected: Expected, event: ToldEvent) -> None:
    holder = expected.holders.setdefault(event.facts["holder"], {})
    holder |= {"person": event.facts["person"], "corrected_at": event.at}
    if "address" in event.facts:
        holder["ticket_id"] = event.facts["address"]


def _opened(expected: Expected, event: ToldEvent) -> None:
    expected.holders.setdefault(event.facts["holder"], {})["opened_at"] = event.at


def _erased(expected: Expected, event: ToldEvent) -> None:
    facts = event.facts
    holder = expected.holders.setdefault(facts["holder"], {})
    if "person" in holder and holder["kind"] == HolderKind.RECIPIENT.value:
        for row in (expected.parcel, expected.consignment):
            behind_salt = row.keys() & {"terms", "sender_sealed", "reason_sealed"}
            row |= {name: facts.get(name, UNTOLD) for name in behind_salt}
    holder |= {"erased_at": event.at, "person": NOBODY, "ticket_digest": facts["ticket"], "key_id": facts["key"]}


def _same(event: ToldEvent, facts: Mapping[str, Any]) -> bool:
    return bool(event.facts["presentation"] == facts["presentation"])


_FOLLOW = {
    EventKind.ANNOUNCED.value: _announced,
    EventKind.POLICY_DECIDED.value: _decided,
    EventKind.CODE_ISSUED.value: _issued,
    EventKind.CODE_RENEWED.value: _issued,
    EventKind.CODE_PROLONGED.value: _prolonged,
    EventKind.CODE_REVOKED.value: _revoked,
    EventKind.PARCEL_BLOCKED.value: _blocked,
    EventKind.PARCEL_UNBLOCKED.value: _unblocked,
    EventKind.CANCELLED.value: _ended,
    EventKind.RETURNED.value: _ended,
    EventKind.DELIVERED_ELSEWHERE.value: _ended,
    EventKind.DELEGATE_NAMED.value: _named,
    EventKind.DELEGATE_WITHDRAWN.value: _withdrawn,
    EventKind.WISHED.value: _wished,
    EventKind.WISH_WITHDRAWN.value: _wish_withdrawn,
    EventKind.REDIRECTED.value: _wished,
    EventKind.CORRECTED.value: _corrected,
    EventKind.OUT_FOR_DELIVERY.value: _left,
    EventKind.ARRIVED_AT_POINT.value: _arrived,
    EventKind.PUT_ON_SHELF.value: _shelved,
    EventKind.REMINDED_TO_COLLECT.value: _reminded,
    EventKind.LEFT_POINT.value: _returned,
    EventKind.TICKET_OPENED.value: _opened,
    EventKind.MAIL_HANDED_TO_SMTP.value: _mailed,
    EventKind.MAIL_FAILED.value: _mailed,
    EventKind.MAIL_BOUNCED.value: _mailed,
    EventKind.TEXT_HANDED_TO_GATEWAY.value: _mailed,
    EventKind.TEXT_FAILED.value: _mailed,
    EventKind.PRESENTED.value: _presented,
    EventKind.HANDED_OVER.value: _handed_over,
    EventKind.SUPERVISED_HANDOVER.value: _supervised,
    EventKind.NOT_HANDED_OVER.value: _not_handed_over,
    EventKind.REPORTED.value: _reported,
    EventKind.REPORT_ANSWERED.value: _answered,
    EventKind.REPORT_WITHDRAWN.value: _report_withdrawn,
    EventKind.ERASED.value: _erased,
}
