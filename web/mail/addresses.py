"""Mail addresses as they may stand in a mail's headers and envelope."""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address

import idna

# RFC 5321 §4.5.3.1
LOCAL_PART_LENGTH = 64
ADDRESS_LENGTH = 254


class NotAnAddress(ValueError):
    """The text is no mail address that one message can be sent to."""


def mailbox(address: str) -> Address:
    """Return an address as it can stand in a header, its domain as DNS knows it (IDNA 2008). Raises NotAnAddress."""
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
    return Address("", local_part, ascii_domain)
