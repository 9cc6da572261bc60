"""The four workers wait a broken store out, and say so in one form that repeats nothing of what is stored."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa

from codes import Database, DeliveryCodes
from web.importing.import_worker import ImportWorker
from web.mail.address_checker import AddressChecker
from web.mail.mail_worker import MailWorker
from web.processes.repeating import repeat
from web.processes.troubles import log_trouble
from web.settings import WebhookSettings
from web.webhooks.posting import Poster
from web.webhooks.webhook_worker import WebhookWorker

ADDRESS = "ada@example.org"
SAID = re.compile(r"(?P<name>\w+): [a-z ]+, trying again: (?P<why>[^:]+)")
WORKERS: dict[str, tuple[str, Callable[[DeliveryCodes], MailWorker | AddressChecker | ImportWorker | WebhookWorker]]]
WORKERS = {
    "mail": ("messages", lambda codes: MailWorker(codes, {})),
    "mail, addresses": ("address_checks", lambda codes: AddressChecker(codes, None)),
    "imports": ("imports", ImportWorker),
    "webhooks": ("webhooks", lambda codes: WebhookWorker(codes, Poster(WebhookSettings()))),
}


class UntilThePause(threading.Event):
    """Told to stop as soon as a worker has nothing to do, or waits for a better time."""

    def wait(self, timeout: float | None = None) -> bool:
        """Stop."""
        self.set()
        return True


@pytest.mark.parametrize("name", WORKERS)
def test_each_worker_names_its_trouble_in_the_same_form(
    codes: DeliveryCodes, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    table, worker_of = WORKERS[name]
    with codes.database.writing() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO mislaid"))
    worker_of(codes).run(UntilThePause())
    [record] = caplog.records
    said = SAID.fullmatch(record.getMessage())
    assert said is not None
    assert (said["name"], said["why"]) == (name.partition(",")[0], "SQLITE_ERROR, operational error")


def test_no_address_comes_into_the_log_with_a_statement_that_failed(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> int:
        with database.reading() as connection:
            connection.execute(sa.text("SELECT :email FROM nowhere"), {"email": ADDRESS})
        return 1

    with pytest.raises(sa.exc.DBAPIError) as failed:
        work()
    # Also where a program of the house's own writes down what went wrong, in the error's own words.
    assert ADDRESS not in str(failed.value)
    say = partial(log_trouble, logging.getLogger("doorcode"), "mail: could not be worked on, trying again")
    repeat(work, UntilThePause(), poll_seconds=1, on_trouble=say)
    assert "mail: could not be worked on" in caplog.text
    assert ADDRESS not in caplog.text
