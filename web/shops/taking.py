"""Takes one call of a shop: checked, once only, announced, and written into the log."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from codes import DeliveryCodes
from codes.integrations.shops import (
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
from codes.life.blocking import ParcelBlocked
from codes.life.consignments import announced_by
from codes.life.parcel_records import ParcelRecord, find_parcel
from codes.recipients.code_requests import Asker
from codes.recipients.correcting import CannotCorrect, correct
from codes.store.budgets import TooOften
from codes.values.tracking_numbers import TEST_PARCELS
from web.api.requests import ParcelBody, house_in
from web.http.problems import fields_of
from web.shops import shopify, shopware, woocommerce
from web.shops.signed_orders import Headers, Ignored, NotRead, Shipped

log = logging.getLogger("doorcode.shops")

VENDORS: Mapping[ShopKind, ModuleType] = {
    ShopKind.SHOPIFY: shopify,
    ShopKind.WOOCOMMERCE: woocommerce,
    ShopKind.SHOPWARE: shopware,
}


class BadSignature(Exception):
    """The call is not signed with the shop's secret."""


def take(codes: DeliveryCodes, shop: Shop, headers: Headers, body: bytes) -> CallResult:
    """Announce what a call says was shipped; a call that came before changes nothing. Raises BadSignature."""
    vendor: Any = VENDORS[shop.kind]
    check_signature(codes, shop, any(vendor.signature_holds(headers, body, each) for each in _secrets(codes, shop)))
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    call_id = _plain(vendor.call_id_of(headers, document) or hashlib.sha256(body).hexdigest())[:100]
    before = codes.read(result_of_call, shop.shop_id, call_id)
    if before in (CallResult.ANNOUNCED, CallResult.IGNORED):
        return before
    topic = _plain(vendor.topic_of(headers, document))
    result, detail = _announce(codes, shop, vendor, topic, document)
    codes.write(record_call, shop.shop_id, call_id, topic, result, detail)
    log.info("shops: %s: %s", shop.shop_id, result)
    return result


def check_signature(codes: DeliveryCodes, shop: Shop, holds: bool) -> None:
    """Note a signature that does not hold, and raise BadSignature."""
    if not holds:
        codes.write(note_refused_call, shop.shop_id)
        log.warning("shops: a call for %s has a wrong signature", shop.shop_id)
        raise BadSignature


def _secrets(codes: DeliveryCodes, shop: Shop) -> list[bytes]:
    """Return what a shop may sign with. A Shopware shop signs with what it got when it registered."""
    given = [codes.read(secret_given_to_shop, shop.shop_id).encode()] if shop.kind is ShopKind.SHOPWARE else []
    return [*given, codes.read(secret_of_shop, shop.shop_id)]


def _announce(codes: DeliveryCodes, shop: Shop, vendor: Any, topic: str, document: Any) -> tuple[CallResult, str]:
    if not isinstance(document, dict):
        return CallResult.PROBLEM, "the body is no JSON object"
    try:
        read: Shipped | Ignored = vendor.read(topic, document)
        if isinstance(read, Ignored):
            return CallResult.IGNORED, read.why
        country = house_in(codes.house.country)
        parcels = [ParcelBody.model_validate(each, context=country) for each in read.bodies(shop.name, shop.language)]
    except NotRead as error:
        return CallResult.PROBLEM, str(error)
    except ValidationError as error:
        return CallResult.PROBLEM, "; ".join(f"{each['field']}: {each['message']}" for each in fields_of(error))
    if any(each.reference.startswith(TEST_PARCELS) for each in parcels):
        return CallResult.PROBLEM, f"reference: {TEST_PARCELS} begins the references of test parcels"
    announced = codes.announce([each.announcement() for each in parcels], f"shop:{shop.shop_id}")
    told = ", ".join(each.reference for each in announced)
    if any(each.result is Announced.CONFLICT for each in announced):
        return _correct(codes, shop, parcels, announced)
    return CallResult.ANNOUNCED, told


def _correct(
    codes: DeliveryCodes, shop: Shop, parcels: Sequence[ParcelBody], announced: Sequence[AnnouncedParcel]
) -> tuple[CallResult, str]:
    """Correct the recipients of parcels that this shop announced before for somebody else, and nothing but these."""
    fields = ("name", "email", "street", "postcode", "city", "note")
    for body, found in zip(parcels, announced, strict=True):
        if found.result is not Announced.CONFLICT:
            continue
        stands = codes.read(find_parcel, found.reference)
        if stands is None or not _is_same_but_for_person(codes, shop, body, stands):
            return CallResult.PROBLEM, f"announced before with other facts: {found.reference}"
        changes = {name: getattr(body.recipient, name) for name in fields}
        try:
            codes.write(correct, found.parcel_id, changes, Asker.SENDER)
        except (CannotCorrect, ParcelBlocked, TooOften) as error:
            return CallResult.PROBLEM, f"{found.reference}: {error}"
    return CallResult.ANNOUNCED, "corrected: " + ", ".join(each.reference for each in announced)


def _is_same_but_for_person(codes: DeliveryCodes, shop: Shop, body: ParcelBody, stands: ParcelRecord) -> bool:
    facts = ("sender", "consignment", "value", "currency", "destination", "gift")
    ours = codes.read(announced_by, stands.consignment_id) == f"shop:{shop.shop_id}"
    return ours and all(getattr(body, name) == getattr(stands, name) for name in facts)


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
