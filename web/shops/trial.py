"""A mapping is tried on an example before it is kept: what each field gives, what is missing, what would come of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from werkzeug.datastructures import Headers

from codes import DeliveryCodes
from web.outside_text import one_line
from web.shops.field_mapping import HEADER, PATHS, READERS, FieldMapping, found
from web.shops.generic import MappedVendor
from web.shops.signed_orders import Moved, NotRead, Shipped, Stopped, label, words
from web.shops.taking import readable

SHOWN_LENGTH, LONGEST_OUTCOME = 200, 2000
SHOWN_AS = {**READERS, "tracking": label}
"""A number in the place of a tracking number is shown, and what would come of it says why it is none."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a mapping makes of an example: what each field gives, and what would come of such a call."""

    fields: tuple[tuple[str, str, str], ...]
    outcome: str
    good: bool

    @classmethod
    def of(cls, fields: tuple[tuple[str, str, str], ...], outcome: str, *, good: bool) -> Trial:
        """Return one whose outcome can stand on a page, whatever the example holds."""
        return cls(fields, one_line(outcome, LONGEST_OUTCOME), good)


def try_out(codes: DeliveryCodes, mapping: FieldMapping, example: str) -> Trial:
    """Say what a mapping reads of an example, what is missing, and what would come of it."""
    try:
        document = json.loads(example)
    except (ValueError, RecursionError) as error:
        where = f": {error}" if isinstance(error, json.JSONDecodeError) else ""
        return Trial((), f"the example is no JSON{where}", False)
    if not isinstance(document, dict):
        return Trial((), "the example is no JSON object", False)
    rows = tuple(
        (name, path, one_line(", ".join(found(document, path, SHOWN_AS.get(name, words))), SHOWN_LENGTH))
        for name in PATHS
        if (path := getattr(mapping, name)) and not path.startswith(HEADER)
    )
    vendor = MappedVendor(mapping, codes.clock())
    try:
        read = vendor.read(_status(mapping, document), document)
    except NotRead as error:
        return Trial.of(rows, str(error), good=False)
    if isinstance(read, Shipped):
        taken = [readable(body, codes.house.country) for body in read.bodies("", "en")]
        told = list(dict.fromkeys(fault for _, faults in taken for fault in faults))
        announced = ", ".join(body.reference for body, _ in taken if body is not None)
        return Trial.of(
            rows, "; ".join([f"announces: {announced or 'nothing'}", *told]), good=bool(announced) and not told
        )
    if isinstance(read, Moved):
        return Trial.of(rows, f"{read.meaning}: {', '.join(read.tracking_numbers)}", good=True)
    if isinstance(read, Stopped):
        return Trial.of(rows, f"{read.ending}: {read.order}", good=True)
    return Trial.of(rows, read.why, good=False)


def _status(mapping: FieldMapping, document: object) -> str:
    """Return the example's status; one that comes in a header is tried as the first that announces."""
    if mapping.status.startswith(HEADER):
        return mapping.announced.split(",")[0]
    return mapping.status_of(Headers(), document)
