"""A mapping is tried on an example before it is kept: what each field gives, what is missing, what would come of it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from werkzeug.datastructures import Headers

from codes import DeliveryCodes
from web.shops.field_mapping import HEADER, PATHS, FieldMapping, found
from web.shops.generic import MappedVendor
from web.shops.signed_orders import Moved, NotRead, Shipped, Stopped
from web.shops.taking import readable

SHOWN_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Trial:
    """What a mapping makes of an example: what each field gives, and what would come of such a call."""

    fields: tuple[tuple[str, str, str], ...]
    outcome: str
    good: bool


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
        (name, path, ", ".join(found(document, path))[:SHOWN_LENGTH])
        for name in PATHS
        if (path := getattr(mapping, name)) and not path.startswith(HEADER)
    )
    vendor = MappedVendor(mapping, codes.clock())
    try:
        read = vendor.read(_status(mapping, document), document)
    except NotRead as error:
        return Trial(rows, str(error), False)
    if isinstance(read, Shipped):
        taken = [readable(body, codes.house.country) for body in read.bodies("", "en")]
        told = list(dict.fromkeys(fault for _, faults in taken for fault in faults))
        announced = ", ".join(body.reference for body, _ in taken if body is not None)
        return Trial(rows, "; ".join([f"announces: {announced or 'nothing'}", *told]), bool(announced) and not told)
    if isinstance(read, Moved):
        return Trial(rows, f"{read.meaning}: {', '.join(read.tracking_numbers)}", True)
    if isinstance(read, Stopped):
        return Trial(rows, f"{read.ending}: {read.order}", True)
    return Trial(rows, read.why, False)


def _status(mapping: FieldMapping, document: object) -> str:
    """Return the example's status; one that comes in a header is tried as the first that announces."""
    if mapping.status.startswith(HEADER):
        return mapping.announced.split(",")[0]
    return mapping.status_of(Headers(), document)
