"""What is left after the faults: each answer stands in the record, once; every mail went out; the audit is clean."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa

from bench.chaos.failover.phones import Answered
from bench.chaos.failover.product import Product
from bench.chaos.killing import Broken
from codes import tables
from tests.parts.servers.smtp_server import SmtpServer

DRAINED_WITHIN_SECONDS = 300


def lost(product: Product, answered: Iterable[Answered]) -> int:
    """Count answers that the record does not have as they were given."""
    with product.codes.database.reading() as connection:
        stored = {
            str(row.presentation_id): json.loads(row.answer)["outcome"]
            for row in connection.execute(sa.select(tables.verifications))
        }
    return sum(stored.get(each.body["presentation_id"]) != each.answer["outcome"] for each in answered)


def handed_over_twice(product: Product, answered: Iterable[Answered]) -> int:
    """Count parcels with more than one green, and those that the record has more than once."""
    greens = Counter(each.body["parcels"][0]["reference"] for each in answered if each.answer["accepted"])
    with product.codes.database.reading() as connection:
        column = tables.handovers.c.parcel_id
        recorded = connection.execute(sa.select(column)).scalars().all()
    return sum(count > 1 for count in greens.values()) + len(recorded) - len(set(recorded))


def wait_for_mails(product: Product) -> float:
    """Wait until no message is due any more, and return how long that took."""
    began = time.monotonic()
    waiting = sa.select(sa.func.count()).where(tables.messages.c.due_at.is_not(None))
    while True:
        with product.codes.database.reading() as connection:
            count = connection.execute(waiting).scalar_one()
        if not count:
            return time.monotonic() - began
        if time.monotonic() - began > DRAINED_WITHIN_SECONDS:
            raise Broken(f"{count} mails never went out")
        time.sleep(1)


def mails(product: Product, smtp: SmtpServer) -> tuple[int, int, int]:
    """Return how many were queued, how many of them never arrived, and how many arrived more than once."""
    with product.codes.database.reading() as connection:
        queued = {str(each) for each in connection.execute(sa.select(tables.messages.c.id)).scalars()}
    arrived = Counter(str(message["Message-ID"]).strip("<>").partition("@")[0] for message in smtp.messages)
    return len(queued), len(queued - set(arrived)), sum(arrived.values()) - len(arrived)


def check_audit(product: Product) -> str:
    """Let the product look through its whole record, and return what it says. Raises Broken."""
    done = product.run("audit", "--afresh")
    if done.returncode != 0:
        raise Broken(done.stdout + done.stderr)
    return done.stdout.strip().splitlines()[-1]
