"""Presentations on their way: signed, gathered, and in one transaction read, decided and recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import sqlalchemy as sa

from codes.accounts.devices import Devices
from codes.model import Answer, Realm
from codes.store.batching import BatchPipeline, OnDone
from codes.store.database import Database
from codes.verification.answering import StoredAnswer
from codes.verification.decision import decide
from codes.verification.facts import Rules
from codes.verification.presentation import (
    BadSignature,
    Presentation,
    PresentationRefused,
    Presented,
    Purpose,
    verify_signature,
)
from codes.verification.reading_facts import read_facts
from codes.verification.recording import BatchWriter


class Verification:
    """Takes presentations in, from any thread or event loop. It holds the pipeline that commits them."""

    def __init__(
        self, database: Database, devices: Devices, rules: Callable[[], Rules], clock: Callable[[], datetime]
    ) -> None:
        self._devices = devices
        self._rules = rules
        self._clock = clock
        self._pipeline: BatchPipeline[Presentation, StoredAnswer] = BatchPipeline(database, self._verify)

    def present(self, presentation: Presentation) -> Answer:
        """Decide one presentation. When this returns, its answer is on the disk.

        Raises BadSignature, or a PresentationRefused; a database error means that the outcome is unknown and
        the same presentation is to be sent again.
        """
        self._check_signature(presentation)
        return self._pipeline.result_of(presentation).answer

    def submit(self, presentation: Presentation, on_done: OnDone[StoredAnswer]) -> None:
        """Decide one presentation without waiting; ``on_done`` gets its answer, or what else `present` raises.

        Raises BadSignature or PipelineClosed.
        """
        self._check_signature(presentation)
        self._pipeline.submit(presentation, on_done)

    def check(self) -> None:
        """Commit something that means nothing on the same way. Raises what would keep a presentation from it."""
        self._pipeline.check()

    @property
    def oldest_seconds(self) -> float:
        """Say for how long the oldest presentation waits for its answer."""
        return self._pipeline.oldest_seconds

    def close(self) -> None:
        """Finish what has gathered."""
        self._pipeline.close()

    def _check_signature(self, presentation: Presentation) -> None:
        if presentation.purpose is not Purpose.RELEASE:
            raise BadSignature("the device signed that it asks, not that it hands over")
        verify_signature(self._devices.key_of(presentation.device_id), presentation)

    def _verify(
        self, connection: sa.Connection, presentations: Sequence[Presentation]
    ) -> list[StoredAnswer | Exception]:
        return verify(connection, presentations, self._clock(), self._rules())


def verify(
    connection: sa.Connection,
    presentations: Sequence[Presentation],
    now: datetime,
    rules: Rules,
    realm: Realm = Realm.LIVE,
) -> list[StoredAnswer | Exception]:
    """Read the facts, decide, record: one answer, or the refusal to raise, for each presentation in its order."""
    batch = [Presented.of(presentation) for presentation in presentations]
    facts = read_facts(connection, batch, now, realm)
    writer = BatchWriter(facts, rules, now)
    answers: list[StoredAnswer | Exception] = []
    for presented in batch:
        try:
            answers.append(writer.record(decide(facts, presented, now, rules)))
        except PresentationRefused as refusal:
            answers.append(refusal)
    writer.write(connection)
    return answers
