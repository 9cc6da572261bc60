"""Files of parcels that the office imports: kept until they are done, worked on in groups, stopped and resumed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.life.announcing import Announced, announce
from codes.life.policy import Rule
from codes.model import Announcement
from codes.store.transaction import Transaction
from codes.tables.base import record_of, uuid7
from codes.values.folding import fold, fold_address

LEASE = timedelta(minutes=2)
MOST_LISTED, MORE = 18, "…"
"""So many references of up to fifty signs are told in one text; the others stand in what is left of the file."""


@dataclass(frozen=True, slots=True)
class Import:
    """A file and how far it is. ``done`` counts the rows without faults that were worked on, of ``total``."""

    import_id: UUID
    name: str
    made_by: str
    made_at: datetime
    mapping: Mapping[str, str]
    total: int
    done: int
    unchanged: int
    conflicts: int
    detail: str
    started_at: datetime | None
    stopped_at: datetime | None
    finished_at: datetime | None
    has_content: bool
    """The file is there, or, once it was imported, what was left of it."""

    @property
    def runs(self) -> bool:
        """Tell whether it is being worked on, or will be at once."""
        return self.started_at is not None and self.stopped_at is None and self.finished_at is None


@dataclass(frozen=True, slots=True)
class GroupDone:
    """Whether to go on after a group, and which of its references stand with other facts, as the file writes them."""

    goes_on: bool
    conflicts: tuple[str, ...] = ()


def add_import(t: Transaction, name: str, made_by: str, content: bytes) -> UUID:
    """Keep a file; nothing of it is announced yet."""
    import_id = uuid7(t.now)
    row = {"id": import_id, "name": name[:200], "made_by": made_by[:100], "made_at": t.now, "content": content}
    counts = dict.fromkeys(("total", "done", "unchanged", "conflicts"), 0)
    t.connection.execute(sa.insert(tables.imports).values(**row, **counts, mapping="{}", detail=""))
    return import_id


def imports_with_ids(t: Transaction, import_ids: Sequence[UUID]) -> list[Import]:
    """Return these, in this order."""
    rows = t.connection.execute(_without_content().where(tables.imports.c.id.in_(import_ids)))
    found = {each.import_id: each for each in map(_import, rows)}
    return [found[import_id] for import_id in import_ids if import_id in found]


def find_import(t: Transaction, import_id: UUID) -> Import | None:
    """Return one."""
    row = t.connection.execute(_without_content().where(tables.imports.c.id == import_id)).one_or_none()
    return None if row is None else _import(row)


def content_of_import(t: Transaction, import_id: UUID) -> bytes:
    """Return the file; once it is done with, its rows with faults, or nothing."""
    query = sa.select(tables.imports.c.content).where(tables.imports.c.id == import_id)
    return bytes(t.connection.execute(query).scalar_one())


def choose_columns(t: Transaction, import_id: UUID, mapping: Mapping[str, str]) -> None:
    """Keep what was chosen so far, so that whoever comes back finds it."""
    _change(t, import_id, tables.imports.c.started_at.is_(None), mapping=json.dumps(dict(mapping)))


def start_import(t: Transaction, import_id: UUID, mapping: Mapping[str, str], total: int) -> None:
    """Let a worker announce what the mapping reads; once only."""
    values = {"mapping": json.dumps(dict(mapping)), "total": total, "started_at": t.now}
    _change(t, import_id, tables.imports.c.started_at.is_(None), **values)


def stop_import(t: Transaction, import_id: UUID) -> None:
    """Ask that it end after the group that is being worked on."""
    _change(t, import_id, tables.imports.c.finished_at.is_(None), stopped_at=t.now)


def resume_import(t: Transaction, import_id: UUID) -> None:
    """Go on where it was stopped."""
    _change(t, import_id, tables.imports.c.finished_at.is_(None), stopped_at=None)


def remove_import(t: Transaction, import_id: UUID) -> None:
    """Forget a file that is not being worked on."""
    table = tables.imports
    idle = sa.or_(table.c.started_at.is_(None), table.c.stopped_at.is_not(None), table.c.finished_at.is_not(None))
    _forget(t, sa.and_(table.c.id == import_id, idle))


def is_any_import_due(t: Transaction) -> bool:
    """Tell whether an import waits for a worker, so that an idle one never waits for the writer."""
    return t.connection.execute(_due(t)).first() is not None


def claim_import(t: Transaction) -> Import | None:
    """Claim an import that runs and that nobody works on; a lease, renewed by every group that is done."""
    import_id = t.connection.execute(_due(t).with_for_update(skip_locked=True)).scalar()
    if import_id is None:
        return None
    _change(t, import_id, sa.true(), leased_until=t.now + LEASE)
    return find_import(t, import_id)


def announce_group(
    t: Transaction,
    rules: Sequence[Rule],
    import_id: UUID,
    group: Sequence[Announcement],
    left_over: Callable[[Sequence[str]], bytes] = lambda _conflicts: b"",
) -> GroupDone:
    """Announce a group of an import's parcels and count it, as a whole.

    ``left_over`` gives, for the group's references that stand with other facts, what is kept of the file when it is
    done with.
    """
    table = tables.imports
    unfinished = sa.select(table).where(table.c.id == import_id, table.c.finished_at.is_(None)).with_for_update()
    row = t.connection.execute(unfinished).one_or_none()
    if row is None:
        return GroupDone(goes_on=False)
    announced = announce(t, rules, group)
    done = row.done + len(announced)
    created = [each.parcel_id for each in announced if each.result is Announced.CREATED]
    if created:
        rows = [{"import_id": import_id, "parcel_id": parcel_id} for parcel_id in created]
        t.connection.execute(sa.insert(tables.import_parcels), rows)
    conflicts = tuple(
        reference
        for reference, each in zip((each.reference for each in group), announced, strict=True)
        if each.result is Announced.CONFLICT
    )
    finished = done >= row.total
    goes_on = not finished and row.stopped_at is None
    told = [each.reference for each in announced if each.result is Announced.CONFLICT]
    values = {
        "done": done,
        "unchanged": row.unchanged + sum(each.result is Announced.UNCHANGED for each in announced),
        "conflicts": row.conflicts + len(conflicts),
        "detail": _listed([*filter(None, row.detail.split(", ")), *told]),
        "leased_until": t.now + LEASE if goes_on else None,
    }
    if finished:
        # The file names persons; the parcels do from now on, and what is left over those that are not announced.
        values |= {"finished_at": t.now, "content": left_over(conflicts)}
    _change(t, import_id, sa.true(), **values)
    return GroupDone(goes_on, conflicts)


def _listed(references: Sequence[str]) -> str:
    """Name the first of them, and say where there are more."""
    first = references[:MOST_LISTED]
    more = [MORE] if len(references) > MOST_LISTED and first[-1:] != [MORE] else []
    return ", ".join([*first, *more])


def release_import(t: Transaction, import_id: UUID) -> None:
    """Let another worker go on at once."""
    _change(t, import_id, sa.true(), leased_until=None)


def forget_in_files(t: Transaction, cells: Collection[str]) -> int:
    """Empty and end the files that hold any of these folded cells; returns how many there were.

    The domain does not know which column is what, and a row taken out would move those behind it, so a file ends as
    a whole; the office uploads what was left of it.
    """
    table, wanted = tables.imports, frozenset(filter(None, cells))
    there = sa.select(table.c.id, table.c.content).where(sa.func.length(table.c.content) > 0).order_by(table.c.id)
    naming = [row.id for row in t.connection.execute(there.with_for_update()) if _names_any(row.content, wanted)]
    ended: dict[str, Any] = {"content": b"", "finished_at": sa.func.coalesce(table.c.finished_at, t.now)}
    ended |= {"detail": "ended: a person in it was erased; upload what was left"}
    t.connection.execute(sa.update(table).where(table.c.id.in_(naming)).values(**ended))
    return len(naming)


def _names_any(content: bytes, wanted: Container[str]) -> bool:
    """Tell whether one of these folded names and addresses stands in a file, however it is coded.

    A name may stand in two cells side by side, and an address among other signs of its cell.
    """
    codings = ("utf-16", "cp1252") if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    fold_once = lru_cache(maxsize=100_000)(fold)
    for line in chain.from_iterable(content.decode(coding, "replace").splitlines() for coding in codings):
        before = ""
        for cell in re.split('[;,\t|"]+', line):
            name = fold_once(cell)
            if name in wanted or f"{before} {name}" in wanted or f"{name} {before}" in wanted:
                return True
            if "@" in cell or "\uff20" in cell:
                parts = (cell, *re.split(r"[\s<>:]+", cell))
                if any(fold_address(each.rstrip(".")) in wanted for each in parts):
                    return True
            before = name or before
    return False


def forget_imports(t: Transaction, before: datetime) -> None:
    """Delete files and their progress up to a moment."""
    _forget(t, tables.imports.c.made_at < before)


def _forget(t: Transaction, which: sa.ColumnElement[bool]) -> None:
    table, announced = tables.imports, tables.import_parcels
    t.connection.execute(sa.delete(announced).where(announced.c.import_id.in_(sa.select(table.c.id).where(which))))
    t.connection.execute(sa.delete(table).where(which))


def _change(t: Transaction, import_id: UUID, if_so: sa.ColumnElement[bool], **values: object) -> None:
    t.connection.execute(sa.update(tables.imports).where(tables.imports.c.id == import_id, if_so).values(**values))


def _due(t: Transaction) -> sa.Select[Any]:
    """Select the oldest import that runs and that nobody works on."""
    table = tables.imports
    free = sa.or_(table.c.leased_until.is_(None), table.c.leased_until <= t.now)
    runs = sa.and_(table.c.started_at.is_not(None), table.c.stopped_at.is_(None), table.c.finished_at.is_(None))
    return sa.select(table.c.id).where(runs, free).order_by(table.c.id).limit(1)


def _without_content() -> sa.Select[tuple[object, ...]]:
    table = tables.imports
    others = (column for column in table.c if column.name != "content")
    return sa.select(*others, (sa.func.length(table.c.content) > 0).label("has_content"))


def _import(row: sa.Row) -> Import:  # type: ignore[type-arg]
    mapping, has_content = json.loads(row.mapping), bool(row.has_content)
    return record_of(Import, row, import_id=row.id, mapping=mapping, has_content=has_content)
