"""A week in a store of its own, to look around in: obviously sample data, the same at every start of the story."""

from __future__ import annotations

import base64
import random
import secrets
import shutil
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import yaml
from cryptography.hazmat.primitives.asymmetric import ec

from codes import Announcement, DeliveryCodes, Outcome, Person
from codes.accounts.devices import enrol_device, invite_device, put_depot
from codes.accounts.passwords import hash_password
from codes.accounts.staff import Role, add_staff
from codes.delivering.assignments import assign
from codes.delivering.delivery_day import mark_out_for_delivery
from codes.delivering.visits import Visit, end_without_handover
from codes.life.contests import contest_handover
from codes.life.parcel_records import find_parcel
from codes.model import AttemptReason, DeviceKind, Means, ParcelSize, ReportKind
from codes.pickup.intake import take_in
from codes.pickup.points import PointTerms, add_point, put_shelf
from codes.recipients.ticket_addresses import note_ticket_opened
from codes.recipients.tickets import ShownCode, ticket_of_holder
from codes.verification.simulated_device import SimulatedDevice
from web.commands.demo.samples import NOTES, SENDER, sample_phone
from web.commands.progress import Progress
from web.configuration import DATABASE_URL, BadConfiguration, load_settings

DAYS = 7
A_DAY = 24
LANGUAGES = ("de", "en", "tr", "ar", "pl", "uk", "ro", "de", "en", "de")
SEED = 20261124
TELL_EVERY = timedelta(minutes=11)


class StoryClock:
    """Tells the time of the story."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def be(self, then: datetime) -> None:
        """Go on to a time; never back."""
        self.now = max(self.now, then)


class SampleDevice:
    """A driver's phone, or a counter, as the service knows one."""

    def __init__(self, codes: DeliveryCodes, name: str, kind: DeviceKind = DeviceKind.DRIVER) -> None:
        self._device = SimulatedDevice(ec.generate_private_key(ec.SECP256R1()))
        self.device_id = self._device.device_id
        codes.write(enrol_device, codes.write(invite_device, name, kind), self._device.jwk, "de")
        self._codes = codes

    def present(self, reference: str, text: str, means: Means) -> Outcome:
        """Present a code with the parcel's label in hand."""
        presentation = self._device.presentation(reference, text, means, self._codes.clock())
        return self._codes.present(presentation).outcome


def refuse_other_store(environment: Mapping[str, str]) -> None:
    """Raise BadConfiguration if the environment names a database: the week would go into that one."""
    if environment.get(DATABASE_URL):
        raise BadConfiguration(f"unset {DATABASE_URL} first; sample data goes into a store of its own")


def prepare_folder(config: Path, folder: Path) -> Path:
    """Make a folder with settings for a store of its own, which knows nobody outside; returns the settings' file.

    No mail and no text leaves it, it reads nobody's returned mails, and its checkpoints are in no outsider's way.
    Raises BadConfiguration.
    """
    look = load_settings(config).mail.look
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    document["data_folder"], document["database_url"] = "var", None
    for section in ("sealing", "signing_in", "wallet", "webhooks", "embedding", "printing"):
        document.pop(section, None)
    for name in ("smtp", "gateway", "bounces"):
        document["mail"].pop(name, None)
    document["mail"]["look"] = look.beside(Path.cwd()).model_dump(mode="json")
    folder.mkdir(parents=True)
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def forget_folder(folder: Path) -> None:
    """Remove what was begun and not finished."""
    shutil.rmtree(folder, ignore_errors=True)


def tell_week(codes: DeliveryCodes, clock: StoryClock, working: Progress) -> bool:
    """Let a week happen that ends at the hour at which the clock stands now; tells whether it was not stopped."""
    today = clock.now
    story = _Story(codes, clock)
    clock.now = today - timedelta(days=DAYS)
    story.open()
    for number in range(DAYS):
        story.day(today - timedelta(days=DAYS - 1 - number), last=number == DAYS - 1, until=today)
        working.tell(number + 1, DAYS)
        if working.stopped:
            return False
    clock.be(today)
    codes.seal()
    return True


class _Story:
    def __init__(self, codes: DeliveryCodes, clock: StoryClock) -> None:
        self._codes = codes
        self._clock = clock
        self._chance = random.Random(SEED)
        self._again: list[str] = []
        self._to_point: list[str] = []
        self._number = 0

    def open(self) -> None:
        """Enrol the drivers, open the pickup point, and take on the people who dispatch and supervise."""
        self._drivers = [SampleDevice(self._codes, f"Sample tour {number}") for number in (1, 2, 3)]
        for driver in self._drivers:
            self._codes.write(put_depot, driver.device_id, "Sample depot")
        self._counter = SampleDevice(self._codes, "Sample counter", DeviceKind.COUNTER)
        point = self._codes.write(add_point, PointTerms("Sample pickup point", "Sample Street 1", "Mo-Sa 8-20"))
        for shelf in ("A1", "A2", "B1"):
            self._codes.write(put_shelf, point, shelf, size=ParcelSize.L, room=10)
        for name, role in (("Sample dispatcher", Role.DISPATCHER), ("Sample supervisor", Role.SUPERVISOR)):
            self._codes.write(add_staff, name, hash_password(secrets.token_urlsafe(12)), role)

    def day(self, date: datetime, *, last: bool, until: datetime) -> None:
        """Announce in the morning, deliver over the day, seal in the evening."""
        morning = datetime.combine(date.date(), time(7), date.tzinfo)
        if morning > until:
            return
        self._clock.be(morning)
        fresh = [self._parcel() for _ in range(A_DAY)]
        tour = self._again + [each.reference for each in self._codes.announce(fresh)]
        self._again = []
        self._clock.be(morning + timedelta(hours=1))
        drivers = {reference: self._drivers[number % len(self._drivers)] for number, reference in enumerate(tour)}
        for driver in self._drivers:
            carried = [reference for reference, carrier in drivers.items() if carrier is driver]
            self._codes.write(assign, str(driver.device_id), carried, replace=True)
        for reference in tour:
            self._codes.write(mark_out_for_delivery, reference)
        self._clock.be(morning + timedelta(hours=2))
        for reference in tour:
            if self._clock.now + TELL_EVERY > until:
                break
            self._clock.be(self._clock.now + TELL_EVERY)
            self._visit(reference, drivers[reference])
        if not last:
            self._clock.be(morning + timedelta(hours=13))
            for reference in self._to_point:
                self._codes.write(take_in, self._counter.device_id, reference)
            self._to_point = []
            self._clock.be(morning + timedelta(hours=14))
        self._codes.seal()

    def _parcel(self) -> Announcement:
        self._number += 1
        language = self._chance.choice(LANGUAGES)
        person = Person(
            f"Sample Recipient {self._number}",
            f"sample-{self._number}@example.org",
            language,
            phone=sample_phone(self._number),
            street=f"Sample Street {self._number}",
            postcode="12345",
            city="Sampletown",
            note=NOTES.get(self._number % 12),
        )
        value = Decimal(self._chance.randrange(20_00, 900_00)) / 100
        return Announcement(f"SAMPLE-WEEK-{self._number:04}", person, SENDER, value)

    def _visit(self, reference: str, driver: SampleDevice) -> None:
        code, holder_id = self._code(reference)
        if code is None:
            return
        chance = self._chance.random()
        if self._chance.random() < 0.8:
            self._codes.write(note_ticket_opened, holder_id)
        if chance < 0.10:
            reason = self._chance.choice([AttemptReason.NOBODY_HOME, AttemptReason.NOBODY_HOME, AttemptReason.NO_CODE])
            self._end(driver, reference, reason)
            self._chance.choice((self._again, self._to_point)).append(reference)
        elif chance < 0.12:
            self._end(driver, reference, AttemptReason.REFUSED)
        elif chance < 0.22:
            for _ in range(self._chance.choice((0, 0, 1, 2))):
                driver.present(reference, f"{self._chance.randrange(10**6):06d}", Means.DIGITS)
            driver.present(reference, code.digits, Means.DIGITS)
        else:
            driver.present(reference, code.payload, Means.PAYLOAD)
            if chance > 0.985:
                self._codes.write(contest_handover, holder_id, ReportKind.NOT_RECEIVED)

    def _end(self, driver: SampleDevice, reference: str, reason: AttemptReason) -> None:
        self._codes.write(end_without_handover, Visit(uuid4(), driver.device_id, reference, reason, self._clock()))

    def _code(self, reference: str) -> tuple[ShownCode | None, UUID]:
        parcel = self._codes.read(find_parcel, reference)
        assert parcel is not None
        ticket = self._codes.read(ticket_of_holder, parcel.holder_id)
        return (ticket.code if ticket else None), parcel.holder_id


def _base64url(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
