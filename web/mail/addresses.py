"""Names and addresses as they may stand in a mail's headers."""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address

import idna

# Marks that turn the reading direction; in a name they can make a header read backwards.
TURNS_TEXT = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
NAME_LENGTH = 100
# RFC 5321 §4.5.3.1
LOCAL_PART_LENGTH = 64
ADDRESS_LENGTH = 254


class NotAnAddress(ValueError):
    """The text is no mail address that one message can be sent to."""


def one_line(text: str, length: int = NAME_LENGTH) -> str:
    """Return the text without anything that could end a header line or turn it around."""
    kept = (
        " " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text if sign not in TURNS_TEXT
    )
    return " ".join("".join(kept).encode("utf-8", "ignore").decode().split())[:length]


def mailbox(name: str, address: str) -> Address:
    """Return a name and an address for a header, the domain as DNS knows it (IDNA 2008)."""
    local_part, at, domain = address.strip().rpartition("@")
    if not at or not local_part or len(local_part.encode()) > LOCAL_PART_LENGTH:
        raise NotAnAddress("an address is local-part@domain")
    if any(unicodedata.category(sign)[0] in "CZ" or sign in '<>()[]:;@\\,"' for sign in local_part):
        raise NotAnAddress("signs that do not stand in an address")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise NotAnAddress(f"no domain: {error}") from error
    if "." not in ascii_domain and ascii_domain != "localhost":
        raise NotAnAddress("the domain is not a full one")
    if len(f"{local_part}@{ascii_domain}".encode()) > ADDRESS_LENGTH:
        raise NotAnAddress("too long")
    return Address(one_line(name), local_part, ascii_domain)
