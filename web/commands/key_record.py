"""The sealing key in DNS: whoever checks a proof learns from the house's own domain which key is the house's."""

from __future__ import annotations

import hashlib
import re

import dns.exception
import dns.resolver
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ANSWER_SECONDS = 5.0
PREFIX = "doorcode-proof-key="
LONGEST_DOMAIN = 200
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def is_domain(text: str) -> bool:
    """Tell whether a text is a host's name of several labels, as DNS has them (RFC 1123 §2.1)."""
    return len(text) <= LONGEST_DOMAIN and re.fullmatch(rf"{_LABEL}(\.{_LABEL})+\.?", text) is not None


def record_name(domain: str) -> str:
    """Return where the record stands."""
    return f"_doorcode-proof.{domain.rstrip('.')}."


def record_value(public_key: Ed25519PublicKey) -> str:
    """Return what it says: the SHA-256 of the key's 32 raw bytes, of which the key's name is the beginning."""
    return PREFIX + hashlib.sha256(public_key.public_bytes_raw()).hexdigest()


def compared(resolver: dns.resolver.Resolver | None, domain: str, public_key: Ed25519PublicKey) -> tuple[bool, str]:
    """Tell whether the domain names this key, and say what was found. What nobody answered is no yes."""
    name = record_name(domain)
    try:
        if resolver is None:
            return False, f"{name}: this computer knows no name server"
        answer = resolver.resolve(name, "TXT", lifetime=ANSWER_SECONDS)
    except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
        return False, f"{name}: there is no such record"
    except dns.exception.DNSException as error:
        return False, f"{name}: was not answered ({type(error).__name__})"
    found = {b"".join(record.strings).decode("ascii", "replace") for record in answer}
    if record_value(public_key) in found:
        return True, f"{name}: names this key"
    named = sorted(value for value in found if value.startswith(PREFIX))
    return False, f"{name}: names {'another key' if named else 'no key'}"
