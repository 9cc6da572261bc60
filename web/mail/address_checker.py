"""Asks whether mail can arrive at the domains of recipients' addresses, off the path of whoever announces."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from threading import Event

import dns.exception
import dns.resolver

from codes import DeliveryCodes
from codes.life.address_checks import (
    AddressCheck,
    claim_checks,
    end_check,
    is_check_due,
    postpone_check,
    warning_in_writing,
)
from codes.model import AddressWarning
from web.mail.addresses import NotAnAddress, mailbox

log = logging.getLogger(__name__)

TOGETHER = 50
LEASE = timedelta(minutes=10)
POLL_SECONDS = 2.0
ANSWER_SECONDS = 3.0
WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""When to ask again a name server that did not answer; after the last of them it is left at that."""


def resolver_of_system() -> dns.resolver.Resolver | None:
    """Return what asks this computer's name servers and remembers their answers; None if it knows none."""
    try:
        resolver = dns.resolver.Resolver()
    except (dns.resolver.NoResolverConfiguration, OSError):
        return None
    resolver.cache = dns.resolver.LRUCache()
    return resolver


def has_mail_server(resolver: dns.resolver.Resolver, domain: str) -> bool | None:
    """Tell whether a domain takes mail (RFC 5321 §5.1, RFC 7505); None where nobody answered."""
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
        while not stop.is_set():
            try:
                checked = self.check_due(stop)
            except Exception:
                log.exception("mail: addresses could not be checked; trying again")
                checked = 0
            if checked == 0:
                stop.wait(POLL_SECONDS)

    def check_due(self, stop: Event | None = None) -> int:
        """Check each address that is due once, and return how many there were."""
        if not self.codes.read(is_check_due):
            return 0
        claimed = self.codes.write(claim_checks, limit=TOGETHER, lease=LEASE)
        for check in claimed:
            if stop is not None and stop.is_set():
                break
            self._check(check)
        return len(claimed)

    def _check(self, check: AddressCheck) -> None:
        warning = warning_in_writing(check.email)
        takes_mail = True if warning is not None else self._takes_mail(check.email)
        if takes_mail is None and check.tries <= len(WAITS):
            self.codes.write(postpone_check, check, self.codes.clock() + WAITS[check.tries - 1])
        else:
            missing = AddressWarning.NO_MAIL_SERVER if takes_mail is False else None
            self.codes.write(end_check, check, warning or missing)

    def _takes_mail(self, email: str) -> bool | None:
        if self.resolver is None:
            return True
        try:
            domain = mailbox(email).domain
        except NotAnAddress:
            return False
        # The house's own machine has a mailbox without asking anybody.
        return True if domain == "localhost" else has_mail_server(self.resolver, domain)
