"""The whole life of codes, driven at random against a plain model of what must hold."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from codes import Announcement, Answer, Database, DeliveryCodes, Outcome, Person, Presentation, open_key_ring
from codes.accounts.devices import revoke_device
from codes.life.blocking import Blocker, NothingToBlock, Part, block, unblock
from codes.life.issuing import NothingToRenew, renew_code
from codes.life.parcel_records import events_of_parcel, find_parcel
from codes.model import EventKind
from codes.recipients.tickets import ticket_of_holder
from codes.sealing.sealing_key import open_sealing_key
from codes.verification.presentation import DeviceRevoked
from tests.parts.clock import TurnableClock
from tests.parts.device import SigningDevice, enrolled
from tests.parts.domain import ALWAYS, SETTINGS, recorded
from tests.parts.stores import empty_sqlite


@dataclass(slots=True)
class Code:
    """What a recipient was shown, and when it stopped being the newest."""

    digits: str
    payload: str
    expires_at: datetime
    replaced: bool = False


@dataclass(slots=True)
class Parcel:
    """What the model knows of a parcel."""

    reference: str
    holder_id: UUID
    codes: list[Code] = field(default_factory=list)
    wrong: int = 0
    handed_over: bool = False
    blocked: bool = False


class Life(RuleBasedStateMachine):
    """Announce, present, renew, revoke, enrol, and let time pass, in any order."""

    parcels = Bundle("parcels")
    devices = Bundle("devices")

    @initialize()
    def open(self) -> None:
        """Start with an empty store."""
        self.folder = tempfile.TemporaryDirectory()
        self.clock = TurnableClock()
        database = Database(f"sqlite:///{self.folder.name}/doorcode.db")
        Path(database.url.database or "").write_bytes(empty_sqlite())
        ring = open_key_ring(Path(self.folder.name) / "keyring.json", database, self.clock)
        key = open_sealing_key(Path(self.folder.name) / "sealing-key.pem", database)
        self.codes = DeliveryCodes(database, ring, key, SETTINGS, ALWAYS, self.clock)
        self.model: dict[str, Parcel] = {}
        self.spent: dict[UUID, tuple[int, object]] = {}
        self.blocked: set[UUID] = set()
        self.answered: list[tuple[Presentation, Answer]] = []

    def teardown(self) -> None:
        """Close the store."""
        if hasattr(self, "codes"):
            self.codes.close()
            self.folder.cleanup()

    @rule(target=parcels)
    def announce(self) -> Parcel:
        """A parcel ships."""
        reference = f"P-{len(self.model)}"
        self.codes.announce([Announcement(reference, Person("Sample Recipient", "sample@example.org"))])
        record = self.codes.read(find_parcel, reference)
        assert record is not None
        parcel = Parcel(reference, record.holder_id)
        self._take_newest(parcel)
        self.model[reference] = parcel
        return parcel

    @rule(target=devices)
    def enrol(self) -> SigningDevice:
        """A device joins."""
        return enrolled(self.codes)

    @rule(device=devices)
    def revoke_device(self, device: SigningDevice) -> None:
        """A device is lost."""
        self.codes.write(revoke_device, device.device_id)
        self.blocked.add(device.device_id)

    @rule(parcel=parcels)
    def renew(self, parcel: Parcel) -> None:
        """The recipient asks for a new code."""
        self.clock.turn(timedelta(seconds=1))
        try:
            self.codes.write(renew_code, parcel.holder_id, "recipient")
        except NothingToRenew:
            assert parcel.handed_over or parcel.blocked
            return
        assert not parcel.handed_over
        assert not parcel.blocked
        parcel.codes[-1].replaced = True
        parcel.wrong = 0
        self._take_newest(parcel)

    @rule(parcel=parcels)
    def block(self, parcel: Parcel) -> None:
        """A dispatcher blocks the parcel."""
        with suppress(NothingToBlock):
            self.codes.write(block, recorded(self.codes, parcel.reference).parcel_id, Blocker(Part.COMMAND))
            parcel.blocked = True

    @rule(parcel=parcels)
    def unblock(self, parcel: Parcel) -> None:
        """A dispatcher lets it go again."""
        self.codes.write(unblock, recorded(self.codes, parcel.reference).parcel_id, Blocker(Part.COMMAND))
        parcel.blocked = False

    @rule(days=st.integers(0, 20))
    def wait(self, days: int) -> None:
        """Time passes."""
        self.clock.turn(timedelta(days=days, seconds=1))

    @rule(device=devices, parcel=parcels, other=parcels, age=st.integers(0, 2), typed=st.booleans())
    def present_a_code(self, device: SigningDevice, parcel: Parcel, other: Parcel, age: int, typed: bool) -> None:
        """Somebody shows a code, perhaps an old one, perhaps another parcel's."""
        code = other.codes[max(0, len(other.codes) - 1 - age)]
        self._present(device, parcel, code.digits if typed else code.payload)

    @rule(device=devices, parcel=parcels, digits=st.integers(0, 999_999))
    def guess(self, device: SigningDevice, parcel: Parcel, digits: int) -> None:
        """Somebody guesses."""
        self._present(device, parcel, f"{digits:06d}")

    @rule(data=st.data())
    def repeat(self, data: Any) -> None:
        """A lost reply is asked for again."""
        if not self.answered:
            return
        presentation, answer = data.draw(st.sampled_from(self.answered))
        if presentation.device_id not in self.blocked:
            assert self.codes.present(presentation) == answer

    @invariant()
    def every_parcel_was_handed_over_at_most_once_and_only_by_an_accepted_code(self) -> None:
        """What is recorded is what the model says."""
        for parcel in getattr(self, "model", {}).values():
            record = self.codes.read(find_parcel, parcel.reference)
            assert record is not None
            assert (record.handed_over_at is not None) is parcel.handed_over
            assert record.wrong_digits == parcel.wrong
            kinds = [event.kind for event in self.codes.read(events_of_parcel, record.parcel_id)]
            assert kinds.count(EventKind.HANDED_OVER) == int(parcel.handed_over)

    def _present(self, device: SigningDevice, parcel: Parcel, text: str) -> None:
        presentation = device.presentation(text, parcel.reference, now=self.clock(), presentation_id=uuid4())
        try:
            answer = self.codes.present(presentation)
        except DeviceRevoked:
            assert device.device_id in self.blocked
            return
        assert device.device_id not in self.blocked
        self.answered.append((presentation, answer))
        expected = self._expected(device, parcel, text)
        assert answer.outcome is expected, (answer, expected)
        if expected is Outcome.ACCEPTED:
            parcel.handed_over = True

    def _expected(self, device: SigningDevice, parcel: Parcel, text: str) -> Outcome:
        """Say what has to come out, without looking at how it is done."""
        if len(text) != 6:
            owner = next(each for each in self.model.values() if any(code.payload == text for code in each.codes))
            if owner is not parcel:
                return Outcome.OTHER_PARCEL
            return self._state(parcel, next(code for code in parcel.codes if code.payload == text))
        count, day = self.spent.get(device.device_id, (0, None))
        count = count if day == self.clock().date() else 0
        if parcel.wrong >= SETTINGS.wrong_digits_per_parcel or count >= SETTINGS.wrong_digits_per_device_and_day:
            return Outcome.LOCKED
        live = [code for code in parcel.codes if not code.replaced and self.clock() < code.expires_at]
        if text not in {code.digits for code in live}:
            parcel.wrong += 1
            self.spent[device.device_id] = (count + 1, self.clock().date())
            return Outcome.WRONG_CODE
        return self._state(parcel, live[-1])

    def _state(self, parcel: Parcel, code: Code) -> Outcome:
        if parcel.handed_over:
            return Outcome.ALREADY_HANDED_OVER
        if parcel.blocked:
            return Outcome.REVOKED
        if code.replaced:
            return Outcome.OLD_CODE
        return Outcome.EXPIRED if self.clock() >= code.expires_at else Outcome.ACCEPTED

    def _take_newest(self, parcel: Parcel) -> None:
        ticket = self.codes.read(ticket_of_holder, parcel.holder_id)
        assert ticket is not None
        assert ticket.code is not None
        parcel.codes.append(Code(ticket.code.digits, ticket.code.payload, ticket.code.expires_at))


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=40, stateful_step_count=40)
