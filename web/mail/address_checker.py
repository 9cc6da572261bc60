"""Asks whether mail can arrive at the domains of recipients' addresses, off the path of whoever announces."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from threading import Event
from typing import TYPE_CHECKING

from codes import DeliveryCodes
from codes.life.address_checks import (
    AddressCheck,
    claim_checks,
    end_checks,
    is_check_due,
    warning_in_writing,
)
from codes.model import AddressWarning
from web.mail.addresses import NotAnAddress, mailbox
from web.processes.repeating import repeat
from web.processes.troubles import log_trouble

if TYPE_CHECKING:
    import dns.resolver

log = logging.getLogger(__name__)

TOGETHER = 50
LEASE = timedelta(minutes=10)
POLL_SECONDS = 2.0
ANSWER_SECONDS = 3.0
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""When to ask again a name server that did not answer; after the last of them it is left at that."""


def resolver_of_system() -> dns.resolver.Resolver | None:
    """Return what asks this computer's name servers and remembers their answers; None if it knows none."""
    import dns.resolver

    try:
        resolver = dns.resolver.Resolver()
    except (dns.resolver.NoResolverConfiguration, OSError):
        return None
    resolver.cache = dns.resolver.LRUCache()
    return resolver


def has_mail_server(resolver: dns.resolver.Resolver, domain: str) -> bool | None:
    """Tell whether a domain takes mail (RFC 5321 §5.1, RFC 7505); None where nobody answered."""
    import dns.resolver

    name = domain.rstrip(".") + "."
    try:
        servers = resolver.resolve(name, "MX", lifetime=ANSWER_SECONDS)
        return any(server.exchange.to_text() != "." for server in servers)
    except dns.resolver.NoAnswer:
        return _has_host(resolver, name)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.exception.DNSException:
        return None


def _has_host(resolver: dns.resolver.Resolver, name: str) -> bool | None:
    """Without an MX record the host of that name is the mail server."""
    import dns.resolver

    for kind in ("A", "AAAA"):
        try:
            resolver.resolve(name, kind, lifetime=ANSWER_SECONDS)
            return True
        except dns.resolver.NoAnswer:
            continue
        except dns.resolver.NXDOMAIN:
            return False
        except dns.exception.DNSException:
            return None
    return False


@dataclass(frozen=True, slots=True)
class AddressChecker:
    """Checks the addresses of recipients. Without a resolver only their writing is looked at."""

    codes: DeliveryCodes
    resolver: dns.resolver.Resolver | None

    def run(self, stop: Event) -> None:
        """Check what is due, again and again, until told to stop. A broken world is waited out."""
        say = partial(log_trouble, log, "mail: addresses could not be checked, trying again")
        repeat(partial(self.check_due, stop), stop, poll_seconds=POLL_SECONDS, on_trouble=say)

    def check_due(self, stop: Event | None = None) -> int:
        """Check each address that is due once, and return how many there were."""
        if not self.codes.read(is_check_due):
            return 0
        claimed = self.codes.write(claim_checks, limit=TOGETHER, lease=LEASE)
        # Each domain is asked for once in a batch, also where its name server is silent.
        ask = cache(partial(has_mail_server, self.resolver)) if self.resolver is not None else None
        found: list[tuple[AddressCheck, AddressWarning | None]] = []
        silent: list[tuple[AddressCheck, datetime]] = []
        for check in claimed:
            if stop is not None and stop.is_set():
                break
            warning = warning_in_writing(check.email)
            takes_mail = True if warning is not None or ask is None else _takes_mail(check.email, ask)
            if takes_mail is None and check.tries <= len(WAITS):
                silent.append((check, self.codes.clock() + WAITS[check.tries - 1]))
            else:
                found.append((check, AddressWarning.NO_MAIL_SERVER if takes_mail is False else warning))
        self.codes.write(end_checks, found, silent)
        return len(claimed)


def _takes_mail(email: str, ask: Callable[[str], bool | None]) -> bool | None:
    try:
        domain = mailbox(email).domain
    except NotAnAddress:
        return False
    # The house's own machine has a mailbox without asking anybody.
    return True if domain == "localhost" else ask(domain)
