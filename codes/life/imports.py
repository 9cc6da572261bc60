"""Files of parcels that the office imports: kept until they are done, worked on in groups, stopped and resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from codes import tables
from codes.identifiers import uuid7
from codes.life.announcing import Announced, AnnouncedParcel
from codes.store.database import Database

LEASE = timedelta(minutes=2)


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

    @property
    def runs(self) -> bool:
        """Tell whether it is being worked on, or will be at once."""
        return self.started_at is not None and self.stopped_at is None and self.finished_at is None


class Imports:
    """Keeps the files and their progress. A claim is a lease, renewed by every group that is done."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def add(self, name: str, made_by: str, content: bytes) -> UUID:
        """Keep a file; nothing of it is announced yet."""
        now = self._clock()
        row = {"id": uuid7(now), "name": name[:200], "made_by": made_by[:100], "made_at": now, "content": content}
        counts = dict.fromkeys(("total", "done", "unchanged", "conflicts"), 0)
        with self._database.writing() as connection:
            connection.execute(sa.insert(tables.imports).values(**row, **counts, mapping="{}", detail=""))
        return UUID(str(row["id"]))

    def listed(self, *, limit: int) -> list[Import]:
        """Return the newest."""
        with self._database.reading() as connection:
            query = _without_content().order_by(tables.imports.c.id.desc()).limit(limit)
            return [_import(row) for row in connection.execute(query)]

    def get(self, import_id: UUID) -> Import | None:
        """Return one."""
        with self._database.reading() as connection:
            row = connection.execute(_without_content().where(tables.imports.c.id == import_id)).one_or_none()
        return None if row is None else _import(row)

    def content(self, import_id: UUID) -> bytes:
        """Return the file; empty once it is done with."""
        with self._database.reading() as connection:
            query = sa.select(tables.imports.c.content).where(tables.imports.c.id == import_id)
            return bytes(connection.execute(query).scalar_one())

    def start(self, import_id: UUID, mapping: Mapping[str, str], total: int) -> None:
        """Let a worker announce what the mapping reads; once only."""
        values = {"mapping": json.dumps(dict(mapping)), "total": total, "started_at": self._clock()}
        self._change(import_id, tables.imports.c.started_at.is_(None), **values)

    def stop(self, import_id: UUID) -> None:
        """Ask that it end after the group that is being worked on."""
        self._change(import_id, tables.imports.c.finished_at.is_(None), stopped_at=self._clock())

    def resume(self, import_id: UUID) -> None:
        """Go on where it was stopped."""
        self._change(import_id, tables.imports.c.finished_at.is_(None), stopped_at=None)

    def remove(self, import_id: UUID) -> None:
        """Forget a file that is not being worked on."""
        table = tables.imports
        idle = sa.or_(table.c.started_at.is_(None), table.c.stopped_at.is_not(None), table.c.finished_at.is_not(None))
        with self._database.writing() as connection:
            connection.execute(sa.delete(table).where(table.c.id == import_id, idle))

    def claim(self) -> Import | None:
        """Claim an import that runs and that nobody works on."""
        table, now = tables.imports, self._clock()
        free = sa.or_(table.c.leased_until.is_(None), table.c.leased_until <= now)
        due = sa.and_(
            table.c.started_at.is_not(None), table.c.stopped_at.is_(None), table.c.finished_at.is_(None), free
        )
        query = sa.select(table.c.id).where(due).order_by(table.c.id).limit(1)
        with self._database.reading() as connection:
            if connection.execute(query).first() is None:
                return None
        with self._database.writing() as connection:
            import_id = connection.execute(query.with_for_update(skip_locked=True)).scalar()
            connection.execute(sa.update(table).where(table.c.id == import_id).values(leased_until=now + LEASE))
        return None if import_id is None else self.get(import_id)

    def advance(self, import_id: UUID, announced: Sequence[AnnouncedParcel]) -> bool:
        """Count a group that was announced; tells whether to go on."""
        table, now = tables.imports, self._clock()
        with self._database.writing() as connection:
            row = connection.execute(sa.select(table).where(table.c.id == import_id).with_for_update()).one_or_none()
            if row is None:
                return False
            done = row.done + len(announced)
            conflicts = [each.reference for each in announced if each.result is Announced.CONFLICT]
            finished = done >= row.total
            goes_on = not finished and row.stopped_at is None
            values = {
                "done": done,
                "unchanged": row.unchanged + sum(each.result is Announced.UNCHANGED for each in announced),
                "conflicts": row.conflicts + len(conflicts),
                "detail": ", ".join(filter(None, [row.detail, *conflicts]))[:1000],
                "leased_until": now + LEASE if goes_on else None,
            }
            if finished:
                # The file names persons; the parcels do from now on.
                values |= {"finished_at": now, "content": b""}
            connection.execute(sa.update(table).where(table.c.id == import_id).values(**values))
        return goes_on

    def release(self, import_id: UUID) -> None:
        """Let another worker go on at once."""
        self._change(import_id, sa.true(), leased_until=None)

    def _change(self, import_id: UUID, if_so: sa.ColumnElement[bool], **values: object) -> None:
        with self._database.writing() as connection:
            connection.execute(
                sa.update(tables.imports).where(tables.imports.c.id == import_id, if_so).values(**values)
            )


def forget_imports(connection: sa.Connection, before: datetime) -> None:
    """Delete files and their progress up to a moment."""
    connection.execute(sa.delete(tables.imports).where(tables.imports.c.made_at < before))


def _without_content() -> sa.Select[tuple[object, ...]]:
    return sa.select(*(column for column in tables.imports.c if column.name != "content"))


def _import(row: sa.Row) -> Import:  # type: ignore[type-arg]
    names = [name for name in Import.__slots__ if name not in ("import_id", "mapping")]
    values = {name: getattr(row, name) for name in names}
    return Import(import_id=row.id, mapping=json.loads(row.mapping), **values)
