"""The sections of ``config.yaml`` that belong to the domain."""

from __future__ import annotations

from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import available_timezones

from babel import localedata
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from codes.values.local_days import LocalDays, machine_zone, zone_named
from codes.values.phones import COUNTRIES


class OfflineVerdict(StrEnum):
    """What a driver is told to do when a code fits and nobody can be asked."""

    HAND_OVER = "hand_over"
    WAIT = "wait"


class OtherTour(StrEnum):
    """What a driver is told of a parcel that another device carries."""

    WARN = "warn"
    REFUSE = "refuse"


class DriverCalls(StrEnum):
    """Whom a driver's phone calls from a stop of its tour."""

    RECIPIENT = "recipient"
    SWITCHBOARD = "switchboard"
    NONE = "none"


class DriverNear(StrEnum):
    """When the recipient of a stop is told that the driver is near."""

    BUTTON = "button"
    NEXT_STOP = "next_stop"


PhoneNumber = Annotated[str, Field(pattern=r"^\+?[0-9][0-9 ()/.-]{1,29}$", examples=["+49 30 1234567"])]
"""As people write it; what is dialled are its digits."""


class HouseSettings(BaseModel):
    """What is told of the house itself: where it stands, and by which clock and customs it writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    depot_phone: PhoneNumber | None = None
    time_zone: str | None = None
    country: str | None = None
    locale: str | None = None

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, name: str | None) -> str | None:
        try:
            return name and zone_named(name).key
        except ValueError as error:
            near = get_close_matches(str(name), available_timezones(), n=1, cutoff=0.5)
            advice = f"did you mean {near[0]}?" if near else "write it as in Europe/Berlin"
            raise ValueError(f"{error}; {advice}") from error

    @field_validator("country", mode="before")
    @classmethod
    def _is_norway(cls, code: object) -> object:
        return "NO" if code is False else code  # which YAML makes of it

    @field_validator("country")
    @classmethod
    def _is_country(cls, code: str | None) -> str | None:
        if code is not None and code not in COUNTRIES:
            near = " did you mean GB?" if code == "UK" else " write two capital letters, such as DE (ISO 3166)"
            raise ValueError(f"no country has the code {code};{near}")
        return code

    @field_validator("locale")
    @classmethod
    def _is_locale(cls, name: str | None) -> str | None:
        written = name and name.replace("-", "_")
        if written is not None and not ("_" in written and localedata.exists(written)):
            raise ValueError(f"no customs are known for {name}; write language and country, such as en_GB or de_AT")
        return written

    @property
    def zone(self) -> str:
        """Return the name of the house's time zone, or of the machine's."""
        return self.time_zone or machine_zone()

    @property
    def days(self) -> LocalDays:
        """Return the days of that zone."""
        return LocalDays(zone_named(self.zone))


class WishSettings(BaseModel):
    """What recipients may wish of the delivery; a wish is a promise that the house has to keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    another_day_within: int = Field(default=0, ge=0, le=60)
    pickup_point: bool = False
    phone: bool = False
    not_from: tuple[str, ...] = ()


class BudgetSettings(BaseModel):
    """How often something that makes the service send or record may be asked for in one day."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    visits_per_parcel: int = Field(default=6, ge=1, le=1000)
    visits_per_device: int = Field(default=400, ge=1, le=100_000)
    mails_per_holder: int = Field(default=6, ge=1, le=100)
    mails_by_staff: int = Field(default=12, ge=1, le=100)
    mails_by_sender: int = Field(default=12, ge=1, le=100)
    mails_by_devices: int = Field(default=6, ge=1, le=100)
    mails_per_device: int = Field(default=40, ge=1, le=1000)
    mails_to_holder: int = Field(default=24, ge=1, le=1000)
    wishes: int = Field(default=10, ge=1, le=100)
    corrections: int = Field(default=6, ge=1, le=100)
    reports_per_parcel: int = Field(default=10, ge=1, le=100)
    stays_per_parcel: int = Field(default=20, ge=1, le=100)
    shelf_counts_per_device: int = Field(default=400, ge=1, le=100_000)
    refusals_per_parcel: int = Field(default=40, ge=1, le=100)
    refusals_per_device: int = Field(default=2000, ge=1, le=1_000_000)
    labels_per_device: int = Field(default=5000, ge=1, le=1_000_000)


class CodeSettings(BaseModel):
    """How long codes live and how many wrong digits are borne."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lifetime_days: int = Field(ge=1, le=365)
    wrong_digits_per_parcel: int = Field(ge=1, le=100)
    wrong_digits_per_device_and_day: int = Field(ge=1, le=1000)
    house_wrong_digits_per_hour: int = Field(ge=1, le=1_000_000)
    kiosk_keypad: bool = False
    delegates_per_consignment: int = Field(default=10, ge=1, le=100)
    renew_after_visit: bool
    require_out_for_delivery: bool
    enrolment_minutes: int = Field(ge=1, le=10080)
    contest_days: int = Field(default=14, ge=1, le=365)
    contest_photos: bool = False
    offline: OfflineVerdict = OfflineVerdict.HAND_OVER
    other_tour: OtherTour = OtherTour.WARN
    shift_hours: int = Field(default=14, ge=1, le=72)
    send_again_minutes: int = Field(default=10, ge=1, le=1440)
    visit_place: bool = False
    driver_calls: DriverCalls = DriverCalls.RECIPIENT
    switchboard: PhoneNumber | None = None
    driver_near: DriverNear = DriverNear.BUTTON
    read_out_by_phone: bool = False
    print_letters: bool = False
    wishes: WishSettings = WishSettings()
    budgets: BudgetSettings = BudgetSettings()
    counter_sign_in: bool = False
    counter_idle_minutes: int = Field(default=10, ge=1, le=720)

    @model_validator(mode="after")
    def _switchboard_has_a_number(self) -> Self:
        if self.driver_calls is DriverCalls.SWITCHBOARD and self.switchboard is None:
            raise ValueError("driver_calls: switchboard needs the number of the house's switchboard in switchboard")
        return self


class RetentionSettings(BaseModel):
    """How long what names persons is kept after it was of use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    persons_days: int = Field(default=90, ge=1, le=3650)
    tickets_days: int = Field(default=30, ge=0, le=3650)
    messages_days: int = Field(default=90, ge=1, le=3650)
    staff_log_days: int = Field(default=730, ge=1, le=3650)
    sessions_days: int = Field(default=30, ge=1, le=3650)
