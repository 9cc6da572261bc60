"""What both attacks by kill -9 share: the house they attack, the rounds of kills, and how the result is told."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from codes import DeliveryCodes, tables
from tests.parts.running_service import settings_for
from tests.parts.servers.postgresql import running_postgres
from tests.parts.servers.smtp_server import Behaviour, SmtpServer, running_smtp_server

TOLD_EVERY = 10


class Broken(Exception):
    """Something that must hold does not."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a house can be built: a folder, settings with a database of their own, and a mail server."""

    folder: Path
    settings: dict[str, Any]
    smtp: SmtpServer


@contextmanager
def ground(database: str, behaviour: Behaviour | None = None) -> Iterator[Ground]:
    """Prepare one in which every parcel needs a code."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(running_postgres()).fresh_database() if database == "postgresql" else None
        smtp = stack.enter_context(running_smtp_server(behaviour))
        settings = settings_for(
            folder,
            policy={"rules": [{"code_required": True, "reason": "always"}]},
            mail={"smtp": {"host": smtp.host, "port": smtp.port, "security": "none"}},
            database_url=url,
        )
        yield Ground(folder, settings, smtp)


def end_leases(codes: DeliveryCodes) -> int:
    """Let what killed workers had claimed be due at once, not in ten minutes; return how many mails wait."""
    waiting = tables.messages.c.due_at.is_not(None)
    with codes.database.writing() as connection:
        ended = connection.execute(sa.update(tables.messages).where(waiting).values(due_at=datetime.now(UTC)))
    return ended.rowcount


def arguments_for(description: str | None, kills: int) -> argparse.ArgumentParser:
    """Return what both commands take."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def kill_often(kills: int, kill_once: Callable[[], None], state: Callable[[], str]) -> None:
    """Kill again and again, and say now and then how it stands."""
    for number in range(1, kills + 1):
        kill_once()
        if number % TOLD_EVERY == 0:
            print(f"{number} kills, {state()}", flush=True)


def tell(database: str, result: Any) -> None:
    """Print a result, for people and for programs."""
    for name, value in asdict(result).items():
        print(f"{name:20} {value:8,}")
    print(json.dumps({"database": database, **asdict(result)}))
