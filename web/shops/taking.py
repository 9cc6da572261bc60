"""Takes one call of a shop: checked, once only, announced, and written into the log."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from codes import DeliveryCodes
from codes.identifiers import TEST_PARCELS
from codes.integrations.shops import CallResult, Shop, ShopKind
from codes.life.announcing import Announced
from web.api.requests import ParcelBody
from web.problems import fields_of
from web.shops import shopify, shopware, woocommerce
from web.shops.reading import Headers, Ignored, NotRead, Shipped

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
    before = codes.shops.came_before(shop.shop_id, call_id)
    if before in (CallResult.ANNOUNCED, CallResult.IGNORED):
        return before
    topic = _plain(vendor.topic_of(headers, document))
    result, detail = _announce(codes, shop, vendor, topic, document)
    codes.shops.record(shop.shop_id, call_id, topic, result, detail)
    log.info("shops: %s: %s", shop.shop_id, result)
    return result


def check_signature(codes: DeliveryCodes, shop: Shop, holds: bool) -> None:
    """Note a signature that does not hold, and raise BadSignature."""
    if not holds:
        codes.shops.refused(shop)
        log.warning("shops: a call for %s has a wrong signature", shop.shop_id)
        raise BadSignature


def _secrets(codes: DeliveryCodes, shop: Shop) -> list[bytes]:
    """Return what a shop may sign with. A Shopware shop signs with what it got when it registered."""
    given = [codes.shops.given_secret(shop.shop_id).encode()] if shop.kind is ShopKind.SHOPWARE else []
    return [*given, codes.shops.secret_of(shop.shop_id)]


def _announce(codes: DeliveryCodes, shop: Shop, vendor: Any, topic: str, document: Any) -> tuple[CallResult, str]:
    if not isinstance(document, dict):
        return CallResult.PROBLEM, "the body is no JSON object"
    try:
        read: Shipped | Ignored = vendor.read(topic, document)
        if isinstance(read, Ignored):
            return CallResult.IGNORED, read.why
        parcels = [ParcelBody.model_validate(each) for each in read.bodies(shop.name, shop.language)]
    except NotRead as error:
        return CallResult.PROBLEM, str(error)
    except ValidationError as error:
        return CallResult.PROBLEM, "; ".join(f"{each['field']}: {each['message']}" for each in fields_of(error))
    if any(each.reference.startswith(TEST_PARCELS) for each in parcels):
        return CallResult.PROBLEM, f"reference: {TEST_PARCELS} begins the references of test parcels"
    announced = codes.announce([each.announcement() for each in parcels])
    count = Counter(each.result for each in announced)
    told = ", ".join(each.reference for each in announced)
    if count[Announced.CONFLICT]:
        return CallResult.PROBLEM, f"announced before with other facts: {told}"
    return CallResult.ANNOUNCED, told


def _plain(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
