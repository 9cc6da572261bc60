"""The PostgreSQL server: its version, whether it commits and for whom it waits, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from codes.store.database import Database
from web.commands.checks.finding import Checked, missing, ok, warn

TRIED = 15
OLDEST = 14
DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


def check_server(database: Database) -> Iterator[Checked]:
    """Look at the server behind a PostgreSQL store."""
    with database.reading() as connection:
        version = str(connection.exec_driver_sql("SHOW server_version").scalar())
        is_standby = connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar()
        may_create = connection.exec_driver_sql("SELECT has_schema_privilege(current_schema(), 'CREATE')").scalar()
        shown = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in DURABLE}
    wrong = [f"{name} = {value}" for name, value in shown.items() if value == "off"]
    if wrong:
        yield missing("database", f"PostgreSQL with {', '.join(wrong)}", "set them to on in postgresql.conf")
    else:
        yield ok("database", "PostgreSQL, every commit on its disk")
    if not may_create:
        mend = "as an administrator of the server: ALTER DATABASE … OWNER TO … the role of database_url"
        yield missing("database", "its role may make no tables, so no release can bring the schema up", mend)
    yield _version(version)
    if is_standby:
        yield missing("server", "it is a standby, which only reads", "name the primary in database_url, or all of them")
    else:
        yield ok("server", "a primary, which writes")
    yield _standbys(database)
    yield _pooler(database)


def _version(version: str) -> Checked:
    major = int(version.split(".")[0])
    if major < OLDEST:
        words = f"PostgreSQL {version} lets what has lost its client go on waiting"
        return warn("version", words, f"upgrade to PostgreSQL {OLDEST} or newer")
    return ok("version", f"PostgreSQL {version}" + ("" if major == TRIED else f"; this release was tried with {TRIED}"))


def _standbys(database: Database) -> Checked:
    """Names without anybody who bears them hold up every commit."""
    with database.reading() as connection:
        named = str(connection.exec_driver_sql("SHOW synchronous_standby_names").scalar())
        connected = connection.exec_driver_sql("SELECT count(*) FROM pg_stat_replication").scalar_one()
    if not named:
        return ok("standbys", f"no commit waits for one; {connected} connected")
    if connected:
        return ok("standbys", f"commits wait for {named}; {connected} connected")
    return missing(
        "standbys",
        f"every commit waits for {named}, and none is connected",
        "start it, or ALTER SYSTEM SET synchronous_standby_names = ''",
    )


def _pooler(database: Database) -> Checked:
    """A pooler makes up the process that it names; in transaction mode the next caller gets what the last gave back."""
    own = sa.text("SELECT pg_backend_pid()")
    with database.reading() as first, database.reading() as second:
        process = first.execute(own).scalar_one()
        told = first.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        first.rollback()
        shared = second.execute(own).scalar_one() == process
    if process == told:
        return ok("pooler", "none: connections go to the server itself")
    return ok("pooler", f"one in {'transaction' if shared else 'session'} mode")
