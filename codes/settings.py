"""The sections of ``config.yaml`` that belong to the domain."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from codes.policy import Rule


class OfflineVerdict(StrEnum):
    """What a driver is told to do when a code fits and nobody can be asked."""

    HAND_OVER = "hand_over"
    WAIT = "wait"


class WishSettings(BaseModel):
    """What recipients may wish of the delivery; a wish is a promise that the house has to keep."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    another_day_within: int = Field(default=0, ge=0, le=60)
    pickup_point: bool = False
    not_from: tuple[str, ...] = ()


class CodeSettings(BaseModel):
    """How long codes live and how many wrong digits are borne."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lifetime_days: int = Field(ge=1, le=365)
    wrong_digits_per_parcel: int = Field(ge=1, le=100)
    wrong_digits_per_device_and_day: int = Field(ge=1, le=1000)
    house_wrong_digits_per_hour: int = Field(ge=1, le=1_000_000)
    renew_after_visit: bool
    require_out_for_delivery: bool
    enrolment_minutes: int = Field(ge=1, le=10080)
    contest_days: int = Field(default=14, ge=1, le=365)
    offline: OfflineVerdict = OfflineVerdict.HAND_OVER
    shift_hours: int = Field(default=14, ge=1, le=72)
    send_again_minutes: int = Field(default=10, ge=1, le=1440)
    send_again_per_device_and_day: int = Field(default=40, ge=1, le=1000)
    visit_place: bool = False
    read_out_by_phone: bool = False
    print_letters: bool = False
    wishes: WishSettings = WishSettings()
    counter_sign_in: bool = False
    counter_idle_minutes: int = Field(default=10, ge=1, le=720)


class RetentionSettings(BaseModel):
    """How long what names persons is kept after it was of use."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    persons_days: int = Field(default=90, ge=1, le=3650)
    tickets_days: int = Field(default=30, ge=0, le=3650)
    messages_days: int = Field(default=90, ge=1, le=3650)
    sessions_days: int = Field(default=30, ge=1, le=3650)


class PolicySettings(BaseModel):
    """The ordered rules that decide which parcels need a code."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rules: tuple[Rule, ...] = Field(min_length=1)
