"""The domain's front door: delivery codes over one store and one key ring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from codes.accounts.devices import Devices
from codes.keys.keyring import KeyRingFile
from codes.life.announcing import HOUSE, AnnouncedParcel, announce
from codes.life.consignments import consignment_of
from codes.life.erasing import Erased, consignments_of_address, consignments_over, erase_persons, forget_records
from codes.life.imports import forget_in_files
from codes.life.policy import Rule
from codes.model import Announcement, Answer
from codes.proving.checkpoint import Checkpoint
from codes.recipients.outbox import forget_messages_to
from codes.sealing.proof_files import proof_of
from codes.sealing.sealed_log import NotSealed, changed_chains, note_sealed_until, seal_chains
from codes.settings import CodeSettings, HouseSettings, RetentionSettings
from codes.store.database import Database
from codes.store.parcel_rows import parcel_id_of
from codes.store.transaction import Transaction
from codes.values.folding import fold_address
from codes.verification.collection import Collection, collect
from codes.verification.facts import Rules
from codes.verification.pipeline import Verification
from codes.verification.presentation import Presentation, verify_signature

ANNOUNCED_TOGETHER = 500
SEALED_TOGETHER = 1000
ERASED_TOGETHER = 200
NAMING_PERSONS = (
    "holders",
    "imports",
    "messages",
    "handovers",
    "delivery_attempts",
    "reports",
    "report_photos",
    "staff_sessions",
    "enrolments",
)
"""Tables in which persons stand."""

Given = ParamSpec("Given")
Result = TypeVar("Result")
GoOn = Callable[[int, int], bool]
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
        house: HouseSettings | None = None,
    ) -> None:
        self.database = database
        self.devices = Devices(database)
        self.clock = clock
        self.ring = ring
        self.sealing_key = sealing_key
        self.settings = settings
        self.retention = retention or RetentionSettings()
        self.house = house or HouseSettings()
        self.rules = rules
        self.verification = Verification(database, self.devices, self._rules, clock)

    def today(self) -> date:
        """Return the day that it is where the house stands."""
        return self.house.days.day_of(self.clock())

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

    def erase_parcel(self, reference: str) -> Erased:
        """Erase everybody who is named for a parcel's consignment; live codes are withdrawn. Raises UnknownParcel."""
        return self._for_good(self._erase([self.read(consignment_of, reference)], "request"))

    def erase_address(self, email: str) -> Erased:
        """Erase the persons with this mail address, however it is written, with everything that names them."""
        # A file that waits may name them although nothing was announced yet.
        files = self.write(forget_in_files, [fold_address(email)])
        messages = self.write(forget_messages_to, email)
        erased = self._erase(self.read(consignments_of_address, email), "request")
        return self._for_good(replace(erased, files=erased.files + files, messages=erased.messages + messages))

    def purge(self, go_on: GoOn = lambda _done, _all: True) -> Erased:
        """Erase whatever has been kept for as long as the settings say.

        ``go_on`` hears how many consignments of how many are done, and may stop it; the next purge does the rest.
        """
        erased = self._erase(self.read(consignments_over), "retention", go_on)
        return self._for_good(replace(self.write(forget_records), persons=erased.persons))

    def present(self, presentation: Presentation) -> Answer:
        """Decide one presentation, as `Verification.present` does. When this returns, its answer is on the disk."""
        return self.verification.present(presentation)

    def check_committable(self) -> None:
        """Raise what would keep a presentation from being decided and committed now, as `Verification.check` does."""
        self.verification.check()
        self.ring()

    def collect(self, presentation: Presentation) -> Collection:
        """Tell which parcels wait for the holder of a code. Raises BadSignature or PresentationRefused."""
        verify_signature(self.devices.key_of(presentation.device_id), presentation)
        return self.write(collect, presentation)

    def close(self) -> None:
        """Finish what has gathered, then give everything back."""
        self.verification.close()
        self.database.close()

    def _erase(self, consignment_ids: Sequence[UUID], why: str, go_on: GoOn = lambda _done, _all: True) -> Erased:
        """Erase the persons of many consignments, some at a time, so that no handover waits long."""
        persons = files = 0
        for start in range(0, len(consignment_ids), ERASED_TOGETHER):
            some = consignment_ids[start : start + ERASED_TOGETHER]
            erased = self.write(erase_persons, some, why)
            persons, files = persons + erased.persons, files + erased.files
            if not go_on(start + len(some), len(consignment_ids)):
                break
        return Erased(persons, files=files)

    def _for_good(self, erased: Erased) -> Erased:
        """Leave nothing of it in the database's files."""
        if erased != Erased(0):
            self.database.overwrite_deleted(NAMING_PERSONS)
        return erased

    def _transaction(self, connection: sa.Connection) -> Transaction:
        return Transaction(connection, self.clock(), self.ring(), self.settings, self.retention, self.house)

    def _rules(self) -> Rules:
        return Rules(self.ring(), self.settings)
