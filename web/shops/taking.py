"""Takes one call of a shop: checked, once only, done, and written into the log."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from codes import DeliveryCodes
from codes.delivering.ending import end
from codes.integrations.shops import (
    REFUSALS_ARE_NOTED_EVERY,
    CallResult,
    Shop,
    ShopKind,
    note_refused_call,
    record_call,
    result_of_call,
    secret_given_to_shop,
    secret_of_shop,
)
from codes.life.announcing import Announced, AnnouncedParcel
from codes.life.blocking import Blocker, Ended, NothingToBlock, ParcelBlocked, Part
from codes.life.consignments import announced_by
from codes.life.parcel_records import find_parcel, parcels_of_order
from codes.model import Realm
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import CannotCorrect, correct
from codes.store.budgets import TooOften
from codes.values.tracking_numbers import TEST_PARCELS, number_of, numbers_in, realm_of
from web.api.requests import ParcelBody, house_in
from web.http.problems import fields_of
from web.outside_text import NotOneLine, single_line
from web.processes.troubles import log_asked_for
from web.shops import shopify, shopware, woocommerce
from web.shops.field_mapping import FieldMapping
from web.shops.generic import MappedVendor
from web.shops.moving import move
from web.shops.signed_orders import Headers, Ignored, Moved, NotRead, Read, Stopped

log = logging.getLogger("doorcode.shops")

VENDORS: Mapping[ShopKind, ModuleType] = {
    ShopKind.SHOPIFY: shopify,
    ShopKind.WOOCOMMERCE: woocommerce,
    ShopKind.SHOPWARE: shopware,
}
NEEDED = frozenset({"reference", "recipient.name"})
"""Without these there is no parcel; whatever else cannot be read is left out of it."""
CORRECTED = ("name", "email", "phone", "street", "postcode", "city", "note")


class BadShopSignature(Exception):
    """The call is not signed with the shop's secret."""


def take(codes: DeliveryCodes, shop: Shop, headers: Headers, body: bytes) -> CallResult:
    """Do what a call says of an order: announce, correct or end its parcels. Raises BadShopSignature.

    A call that came before changes nothing.
    """
    vendor = vendor_of(shop, codes.clock())
    check_shop_signature(
        codes, shop, any(vendor.signature_holds(headers, body, each) for each in _secrets(codes, shop))
    )
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    call_id = _plain(vendor.call_id_of(headers, document, body))[:100]
    before = codes.read(result_of_call, shop.shop_id, call_id)
    if before not in (None, CallResult.PROBLEM):
        return before
    topic = _plain(vendor.topic_of(headers, document))
    result, detail = _act(codes, shop, vendor, topic, document)
    codes.write(record_call, shop.shop_id, call_id, topic, result, detail)
    log.info("shops: %s: %s", shop.shop_id, result)
    return result


def vendor_of(shop: Shop, now: datetime) -> Any:
    """Return what reads a shop's calls."""
    if shop.kind is not ShopKind.MAPPED:
        return VENDORS[shop.kind]
    return MappedVendor(FieldMapping.model_validate_json(shop.mapping or ""), now)


def check_shop_signature(codes: DeliveryCodes, shop: Shop, holds: bool) -> None:
    """Note a signature that does not hold, and raise BadShopSignature."""
    if not holds:
        if shop.refused_at is None or codes.clock() >= shop.refused_at + REFUSALS_ARE_NOTED_EVERY:
            codes.write(note_refused_call, shop.shop_id)
        log_asked_for(log, f"shops: a call for {shop.shop_id} has a wrong signature")
        raise BadShopSignature


def _secrets(codes: DeliveryCodes, shop: Shop) -> list[bytes]:
    """Return what a shop may sign with. A Shopware shop signs with what it got when it registered."""
    given = [codes.read(secret_given_to_shop, shop.shop_id).encode()] if shop.kind is ShopKind.SHOPWARE else []
    return [*given, codes.read(secret_of_shop, shop.shop_id)]


def _act(codes: DeliveryCodes, shop: Shop, vendor: Any, topic: str, document: Any) -> tuple[CallResult, str]:
    if not isinstance(document, dict):
        return CallResult.PROBLEM, "the body is no JSON object"
    try:
        read: Read = vendor.read(topic, document)
        if isinstance(read, Ignored):
            return CallResult.IGNORED, read.why
        if isinstance(read, Stopped):
            return _end(codes, shop, read)
        if isinstance(read, Moved):
            return move(codes, shop, read, FieldMapping.model_validate_json(shop.mapping or "").of_others)
        return _announce(codes, shop, read.bodies(shop.name, shop.language))
    except NotRead as error:
        return CallResult.PROBLEM, str(error)


def _announce(codes: DeliveryCodes, shop: Shop, bodies: Sequence[dict[str, Any]]) -> tuple[CallResult, str]:
    """Announce what can be taken, and say what was left out. Raises NotRead where nothing can."""
    taken = [readable(body, codes.house.country) for body in bodies]
    parcels = [body for body, _ in taken if body is not None]
    told = list(dict.fromkeys(fault for _, faults in taken for fault in faults))
    if not parcels:
        raise NotRead("; ".join(told))
    announced = codes.announce([each.announcement() for each in parcels], f"shop:{shop.shop_id}")
    known = [
        (body, found) for body, found in zip(parcels, announced, strict=True) if found.result is Announced.CONFLICT
    ]
    noted = [_correct(codes, shop, body, found) for body, found in known]
    references = ", ".join(each.reference for each in announced)
    changed = len(known) < len(announced) or any(done for done, _ in noted)
    detail = "; ".join([references, *(words for _, words in noted), *told])
    return CallResult.ANNOUNCED if changed else CallResult.IGNORED, detail


def readable(given: dict[str, Any], country: str | None) -> tuple[ParcelBody | None, list[str]]:
    """Return a parcel without what cannot be taken of it, and what that is; None where no parcel is left.

    A value that cannot be read might be a high one, so a code is asked for.
    """
    given, left = {**given, "recipient": dict(given["recipient"])}, list[str]()
    try:
        return _live(ParcelBody.model_validate(given, context=house_in(country)), left)
    except ValidationError as error:
        faults = fields_of(error)
    for fault in faults:
        left.append(f"{fault['field']}: {fault['message']}")
        holder, _, name = fault["field"].rpartition(".")
        if fault["field"] in NEEDED:
            return None, left
        (given["recipient"] if holder else given).pop(name, None)
        if name in ("value", "currency"):
            given |= {"sender_wish": True}
    return _live(ParcelBody.model_validate(given, context=house_in(country)), [f"left out: {each}" for each in left])


def _live(body: ParcelBody, told: list[str]) -> tuple[ParcelBody | None, list[str]]:
    """Leave a test parcel out, known by its reference as it is kept."""
    if realm_of(body.reference) is Realm.LIVE:
        return body, told
    return None, [f"reference: {TEST_PARCELS} begins the references of test parcels"]


def _correct(codes: DeliveryCodes, shop: Shop, body: ParcelBody, found: AnnouncedParcel) -> tuple[bool, str]:
    """Correct the recipient of a parcel that this shop announced before; tells whether anything changed, and what.

    What a later call does not say takes nothing away, and the value counts as it was announced: the policy has
    decided by it. A person who was announced just so before undoes no correction that was made since.
    """
    stands = codes.read(find_parcel, found.reference)
    if stands is None or codes.read(announced_by, stands.consignment_id) != f"shop:{shop.shop_id}":
        return False, f"announced before by somebody else: {found.reference}"
    if found.same_person:
        return False, f"stands as it was announced: {found.reference}"
    given = {name: getattr(body.recipient, name) for name in CORRECTED}
    changes = {name: value for name, value in given.items() if value is not None}
    try:
        changed = codes.write(correct, found.parcel_id, changes, Asker.SENDER)
    except (CannotCorrect, ParcelBlocked, TooOften) as error:
        return False, f"{found.reference}: {error}"
    return bool(changed), f"corrected: {found.reference}" if changed else f"stands as it is: {found.reference}"


def _end(codes: DeliveryCodes, shop: Shop, stopped: Stopped) -> tuple[CallResult, str]:
    """End what this shop announced of an order and was not handed over; tells which parcels that were.

    Its number is compared in the form in which it is kept. Raises NotRead where none can be kept so.
    """
    try:
        order = single_line(stopped.order)
    except NotOneLine as error:
        raise NotRead(f"order: {error}") from error
    ours = codes.read(parcels_of_order, f"shop:{shop.shop_id}", order)
    named = set(numbers_in(stopped.tracking_numbers).values())
    ended: list[str] = []
    for each in ours:
        if named and number_of(each.reference) not in named:
            continue
        with suppress(NothingToBlock, Ended):
            codes.write(end, each.parcel_id, stopped.ending, Blocker(Part.SENDER, shop.shop_id))
            ended.append(each.reference)
    if not ended:
        return CallResult.IGNORED, "nothing of this order is still to be handed over"
    return CallResult.ENDED, f"{stopped.ending}: {', '.join(ended)}"


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
