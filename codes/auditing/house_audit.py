"""The audit of the house's own chain: devices, staff, and presentations of parcels that nobody announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from codes import tables
from codes.auditing.comparison import NO_FORM, compared, has_no_form
from codes.auditing.expectation import Row, ToldEvent
from codes.auditing.findings import Finding
from codes.auditing.following import Chain, no_head
from codes.auditing.plain import plain
from codes.proving.commitment import text_commitment
from codes.proving.house import HOUSE, HouseEventKind, password_digest

TOGETHER = 2000
Presented = Callable[[Sequence[ToldEvent]], Iterator[Finding]]


def audit_house(connection: sa.Connection, presented: Presented) -> Iterator[Finding]:
    """Follow the chain, hand over what was presented, and compare devices and staff with what it says."""
    devices: dict[str, Row] = {}
    staff: dict[str, Row] = {}
    chain = Chain(str(HOUSE), tables.house_events.name)
    while rows := _after(connection, len(chain.links)):
        seen: list[ToldEvent] = []
        for event in chain.follow(rows):
            try:
                if event.kind == HouseEventKind.PRESENTED:
                    seen.append(event)
                else:
                    _FOLLOW[HouseEventKind(event.kind)](devices if "device" in event.facts else staff, event)
            except NO_FORM as error:
                yield has_no_form("house_events", str(event.position), error)
                return
        if chain.broken:
            yield chain.broken
            return
        yield from presented(seen)
    heads = [(row.id, row.events, row.head) for row in connection.execute(sa.select(tables.house))]
    if heads != [(HOUSE, len(chain.links), chain.head)]:
        yield Finding("house", str(HOUSE), "its head is not the end of its chain")
        yield Finding("house_events", str(len(chain.links)), "it is not the newest one that was written")
    leaves = tables.log_leaves
    for leaf in connection.execute(plain(leaves).where(leaves.c.parcel_id == HOUSE)):
        if not chain.has(leaf.position, leaf.link):
            yield no_head(leaf)
    yield from compared("devices", devices, connection.execute(plain(tables.devices)), _device)
    yield from compared("staff", staff, connection.execute(plain(tables.staff)), _member)


def _after(connection: sa.Connection, position: int) -> Sequence[Any]:
    table = tables.house_events
    some = plain(table).where(table.c.position > position).order_by(table.c.position).limit(TOGETHER)
    return connection.execute(some).all()


def _enrolled(rows: dict[str, Row], event: ToldEvent) -> None:
    facts = dict(event.facts)
    rows[facts.pop("device")] = facts | {"enrolled_at": event.at, "revoked_at": None}


def _revoked(rows: dict[str, Row], event: ToldEvent) -> None:
    rows[event.facts["device"]]["revoked_at"] = event.at


def _added(rows: dict[str, Row], event: ToldEvent) -> None:
    facts = dict(event.facts)
    rows[facts.pop("staff")] = facts | {"created_at": event.at, "blocked_at": None, "tasks": None}


def _blocked(rows: dict[str, Row], event: ToldEvent) -> None:
    rows[event.facts["staff"]]["blocked_at"] = event.at


def _let_in(rows: dict[str, Row], event: ToldEvent) -> None:
    rows[event.facts["staff"]]["blocked_at"] = None


def _password(rows: dict[str, Row], event: ToldEvent) -> None:
    rows[event.facts["staff"]]["password"] = event.facts["password"]


def _granted(rows: dict[str, Row], event: ToldEvent) -> None:
    rows[event.facts["staff"]]["tasks"] = event.facts["tasks"]


def _role_set(rows: dict[str, Row], event: ToldEvent) -> None:
    rows[event.facts["staff"]]["role"] = event.facts["role"]


_FOLLOW = {
    HouseEventKind.DEVICE_ENROLLED: _enrolled,
    HouseEventKind.DEVICE_REVOKED: _revoked,
    HouseEventKind.STAFF_ADDED: _added,
    HouseEventKind.STAFF_BLOCKED: _blocked,
    HouseEventKind.STAFF_LET_IN: _let_in,
    HouseEventKind.PASSWORD_SET: _password,
    HouseEventKind.TASKS_GRANTED: _granted,
    HouseEventKind.ROLE_SET: _role_set,
}


def _device(row: Any) -> Row:
    return {"key": row.public_key.hex(), "session": row.session_digest.hex(), "name": _named(row)}


def _member(row: Any) -> Row:
    return {"password": password_digest(row.password_hash), "name": _named(row)}


def _named(row: Any) -> str | None:
    return text_commitment(row.salt, row.name) if row.salt else None
