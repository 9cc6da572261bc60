"""Phone numbers as people write them: in the one form that is kept (ITU-T E.164), and as they are dialled."""

from __future__ import annotations

import re

import phonenumbers

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Two letters each, as ISO 3166-1 has them."""
LONGEST = 40
"""With blanks and signs, as it is written."""

# The zero that is dialled within the country alone, as in "+49 (0)30 1234567".
_DOMESTIC_ZERO = re.compile(r"^(\+|00)(.*?)\(0\)")


class BadPhone(ValueError):
    """This is no phone number, or its country is not known."""


def country_of(phone: str) -> str | None:
    """Return the country of a number as it is kept, as ISO 3166-1 has it."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(phone))


def read_phone(text: str, country: str | None = None) -> str:
    """Return a number as ``+491701234567``; one without a country's code belongs to ``country``. Raises BadPhone."""
    written = text.strip()
    if any(sign.isalpha() for sign in written):
        raise BadPhone("this is no phone number")
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            raise BadPhone("write the number with its country, such as +491701234567") from error
        raise BadPhone("this is no phone number") from error
    is_whole = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if number.extension or not is_whole:
        raise BadPhone("this number is too short or too long for its country")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def dialled(number: str) -> str:
    """Return a number that was written down somehow as RFC 3966 has it after `tel:`."""
    plain = _DOMESTIC_ZERO.sub(r"\1\2", number.strip())
    return ("+" if plain.startswith("+") else "") + re.sub(r"[^0-9]", "", plain)
