"""Slowing down whoever guesses a password, a PIN, a badge or a code.

Strangers are counted by account and by network. A browser in which the account was signed in before is counted by
itself, so that strangers who use up an account's budget lock nobody out.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from codes.accounts.throttling import Limit, charge, give_back
from codes.values.folding import fold
from web.http.problems import Problem
from web.services import services

SPAN = timedelta(minutes=15)
DAY = timedelta(days=1)
TRIES_PER_ACCOUNT = 10
TRIES_PER_NETWORK = 50
CODES_PER_ACCOUNT = 5
CODES_PER_ACCOUNT_AND_DAY = 50
TRIES_PER_PIN = 5
TRIES_PER_PIN_AND_DAY = 30
TRIES_PER_DEVICE = 15
TRIES_PER_DEVICE_AND_DAY = 60
NAMES_PER_DEVICE = 40
IPV4_PREFIX = 24
"""Of IPv4, too, whoever has one address of such a network usually has others."""


def stranger_limits(name: str, network: str) -> tuple[Limit, ...]:
    """Return what bounds tries of a password from browsers that nobody knows: by network, and by account."""
    return (
        Limit(f"network {network}", TRIES_PER_NETWORK, SPAN),
        Limit(f"account {fold(name)}", TRIES_PER_ACCOUNT, SPAN),
    )


def signing_limit(name: str) -> Limit:
    """Return what bounds tries of a password where staff sign for something; strangers at the door use none of it."""
    return Limit(f"signing as {fold(name)}", TRIES_PER_ACCOUNT, SPAN)


def known_browser_limit(browser_id: str) -> Limit:
    """Return what bounds tries from a browser in which the account was signed in before."""
    return Limit(f"browser {browser_id}", TRIES_PER_ACCOUNT, SPAN)


def code_limits(staff_id: UUID, place: str, *, is_known: bool) -> tuple[Limit, ...]:
    """Return what bounds tries of one-time and recovery codes; a known browser is bounded by itself alone."""
    here = Limit(f"second factor {staff_id} from {place}", CODES_PER_ACCOUNT, SPAN)
    everywhere = Limit(f"second factor {staff_id}", CODES_PER_ACCOUNT_AND_DAY, DAY)
    return (here,) if is_known else (here, everywhere)


def pin_limits(name: str) -> tuple[Limit, ...]:
    """Return what bounds tries of somebody's PIN, wherever it is typed: only enrolled devices and staff can try."""
    pin = f"pin {fold(name)}"
    return (Limit(pin, TRIES_PER_PIN, SPAN), Limit(f"{pin} today", TRIES_PER_PIN_AND_DAY, DAY))


def device_limits(device: UUID) -> tuple[Limit, ...]:
    """Return what bounds tries of PINs, badges and signatures at a device."""
    return (
        Limit(f"tries at {device}", TRIES_PER_DEVICE, SPAN),
        Limit(f"tries at {device} today", TRIES_PER_DEVICE_AND_DAY, DAY),
    )


def name_limit(device: UUID) -> Limit:
    """Return what bounds names that nobody has, asked for at a device."""
    return Limit(f"names at {device}", NAMES_PER_DEVICE, SPAN)


def charge_tries(*limits: Limit) -> None:
    """Count one try of each before anything is compared; too many are a problem."""
    if wait := services().codes.write(charge, *limits):
        raise too_many_tries(wait)


def give_tries_back(*limits: Limit) -> None:
    """Take back what this one try was charged."""
    services().codes.write(give_back, *limits)


def too_many_tries(wait: timedelta) -> Problem:
    """Return the problem that says how long to wait."""
    seconds = int(wait.total_seconds()) + 1
    return Problem(429, "too-many-tries", f"too many tries; wait {seconds} s", retry_after=seconds)
