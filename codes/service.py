"""The domain's front door: delivery codes over one store and one key ring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes.accounts.devices import Devices
from codes.keys.keyring import KeyRingFile
from codes.life.announcing import HOUSE, AnnouncedParcel, announce
from codes.model import Announcement, Answer
from codes.parcel_rows import parcel_id_of
from codes.policy import Rule
from codes.proving.checkpoint import Checkpoint
from codes.sealing.proof_files import proof_of
from codes.sealing.sealed_log import NotSealed, changed_chains, note_sealed_until, seal_chains
from codes.settings import CodeSettings, RetentionSettings
from codes.store.batching import OnDone
from codes.store.database import Database
from codes.transaction import Transaction
from codes.verification.answering import StoredAnswer
from codes.verification.collection import Collection, collect
from codes.verification.facts import Rules
from codes.verification.pipeline import Verification
from codes.verification.presentation import Presentation, verify_signature

ANNOUNCED_TOGETHER = 500
SEALED_TOGETHER = 1000

Given = ParamSpec("Given")
Result = TypeVar("Result")
UseCase = Callable[Concatenate[Transaction, Given], Result]


class DeliveryCodes:
    """Announces parcels, issues their codes, and judges what is presented. Safe to use from many threads."""

    def __init__(
        self,
        database: Database,
        ring: KeyRingFile,
        sealing_key: Ed25519PrivateKey,
        settings: CodeSettings,
        rules: Sequence[Rule],
        clock: Callable[[], datetime],
        retention: RetentionSettings | None = None,
    ) -> None:
        self.database = database
        self.devices = Devices(database)
        self.clock = clock
        self.ring = ring
        self.sealing_key = sealing_key
        self.settings = settings
        self.retention = retention or RetentionSettings()
        self.rules = rules
        self._verification = Verification(database, self.devices, self._rules, clock)

    def write(self, use_case: UseCase[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """Call a use case in a transaction of its own, committed at the end; done again if another one came first."""
        return self.database.transact(lambda connection: use_case(self._transaction(connection), *given, **named))

    def read(self, use_case: UseCase[Given, Result], *given: Given.args, **named: Given.kwargs) -> Result:
        """Call a use case that only reads; it sees one state of the store."""
        with self.database.reading() as connection:
            return use_case(self._transaction(connection), *given, **named)

    def announce(self, announcements: Sequence[Announcement], announced_by: str = HOUSE) -> list[AnnouncedParcel]:
        """Announce parcels, issue the codes they need, and queue the messages; in groups, each all or nothing.

        ``announced_by`` is the key or shop that does it: what one announced, another's parcels do not join.
        Announcing the same again changes nothing. Raises BadReference.
        """
        results: list[AnnouncedParcel] = []
        for start in range(0, len(announcements), ANNOUNCED_TOGETHER):
            group = announcements[start : start + ANNOUNCED_TOGETHER]
            results += self.write(announce, self.rules, group, announced_by)
        return results

    def seal(self) -> list[Checkpoint]:
        """Take in everything that has changed and sign, some of it at a time, so that nobody waits long."""
        began, changed = self.clock(), self.read(changed_chains)
        groups = [changed[start : start + SEALED_TOGETHER] for start in range(0, len(changed), SEALED_TOGETHER)]
        sealed = [self.write(seal_chains, self.sealing_key, group) for group in groups]
        self.write(note_sealed_until, began)
        return [checkpoint for checkpoint in sealed if checkpoint is not None]

    def proof_of(self, reference: str) -> bytes:
        """Return a parcel's proof file; what was not sealed yet is sealed first. Raises UnknownParcel or TooLong."""
        try:
            return self.read(proof_of, reference)
        except NotSealed:
            parcel_id = self.read(lambda t: parcel_id_of(t.connection, reference))
            self.write(seal_chains, self.sealing_key, [parcel_id])
            # The next event may have come since.
            return self.read(proof_of, reference, as_sealed=True)

    def present(self, presentation: Presentation) -> Answer:
        """Decide one presentation, as `Verification.present` does. When this returns, its answer is on the disk."""
        return self._verification.present(presentation)

    def submit(self, presentation: Presentation, on_done: OnDone[StoredAnswer]) -> None:
        """Decide one presentation without waiting, as `Verification.submit` does."""
        self._verification.submit(presentation, on_done)

    def collect(self, presentation: Presentation) -> Collection:
        """Tell which parcels wait for the holder of a code. Raises BadSignature or PresentationRefused."""
        verify_signature(self.devices.key_of(presentation.device_id), presentation)
        return self.write(collect, presentation)

    def close(self) -> None:
        """Finish what has gathered, then give everything back."""
        self._verification.close()
        self.database.close()

    def _transaction(self, connection: sa.Connection) -> Transaction:
        return Transaction(connection, self.clock(), self.ring(), self.settings, self.retention)

    def _rules(self) -> Rules:
        return Rules(self.ring(), self.settings)
