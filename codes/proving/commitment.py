"""A person in the record without their data: a salted commitment that the salt's erasure makes meaningless."""

from __future__ import annotations

import hashlib

from codes.model import Person
from codes.proving.canonical import canonical_bytes

SALT_BYTES = 16


def commitment(salt: bytes, person: Person) -> str:
    """Return 64 hexadecimal digits: SHA-256 of the salt and the person's canonical JSON.

    Whoever holds the salt and the data can show that they are the ones meant; without the salt nobody can even guess.
    """
    return text_commitment(salt, _document(person))


def text_commitment(salt: bytes, value: object) -> str:
    """Return the same for any JSON value that may name a person."""
    return hashlib.sha256(salt + canonical_bytes(value)).hexdigest()


def _document(person: Person) -> dict[str, str | None]:
    document = {"name": person.name, "email": person.email, "language": person.language, "postcode": person.postcode}
    given = {name: getattr(person, name) for name in ("phone", "street", "city", "note")}
    return document | {name: value for name, value in given.items() if value is not None}
