"""Headers whose text comes from outside: written once, and read back by every mail program as the same text.

The standard library parses what it is given and would decode an encoded word (RFC 2047) that somebody put into a
name: `=?utf-8?q?=0D=0ABcc:…?=` became a header of its own. These values are written here and never parsed.
"""

from __future__ import annotations

from email.charset import BASE64, Charset
from email.header import Header
from email.headerregistry import Address
from email.policy import Policy

from web.outside_text import one_line

LINE_LENGTH = 76
NAME_LENGTH = 100
SUBJECT_LENGTH = 200
_ENCODED_WORD = "=?"
_UTF8 = Charset("utf-8")
_UTF8.header_encoding = BASE64


class WrittenHeader(str):
    """A header's value that is complete: `email` keeps a value that has a ``name`` as it is, and asks it to fold."""

    name: str
    addresses: tuple[Address, ...]
    _written: str

    def __new__(cls, name: str, value: str, written: str, *addresses: Address) -> WrittenHeader:
        """Keep the value for who reads the message, and its lines for who sends it."""
        header = super().__new__(cls, value)
        header.name, header._written, header.addresses = name, written, addresses
        return header

    def fold(self, *, policy: Policy) -> str:
        """Return the whole header with its line ends."""
        return f"{self.name}: {self._written}\n".replace("\n", policy.linesep)


def subject(text: str) -> WrittenHeader:
    """Return a Subject that says exactly this, in one line."""
    plain = one_line(text, SUBJECT_LENGTH)
    fits = len("Subject: ") + len(plain) <= LINE_LENGTH
    written = plain if fits and plain.isascii() and _ENCODED_WORD not in plain else _words("Subject", plain)
    return WrittenHeader("Subject", plain, written)


def mailbox_header(header: str, name: str, address: Address) -> WrittenHeader:
    """Return a From, To or Reply-To of one address whose display name says exactly this."""
    plain, route = one_line(name, NAME_LENGTH), f"<{address.addr_spec}>"
    if not plain:
        return WrittenHeader(header, address.addr_spec, address.addr_spec, address)
    named = Address(plain, address.username, address.domain)
    phrase = _quoted(plain)
    if not plain.isascii() or _ENCODED_WORD in plain or len(header) + 2 + len(phrase) > LINE_LENGTH:
        phrase = _words(header, plain)
    last_line = phrase.rpartition("\n")[2]
    space = " " if len(header) + 2 + len(last_line) + 1 + len(route) <= LINE_LENGTH else "\n "
    return WrittenHeader(header, str(named), f"{phrase}{space}{route}", named)


def _quoted(text: str) -> str:
    """Write a quoted string (RFC 5322 §3.2.4)."""
    inner = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{inner}"'


def _words(header: str, text: str) -> str:
    """Write encoded words (RFC 2047), each whole in its line."""
    return Header(text, _UTF8, header_name=header, maxlinelen=LINE_LENGTH - 1).encode(linesep="\n")
