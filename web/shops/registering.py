"""How a Shopware shop and its app come to a common secret. developer.shopware.com, App registration."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import parse_qs
from xml.sax.saxutils import escape, quoteattr

from codes import DeliveryCodes
from codes.integrations.shops import Shop, secret_given_to_shop, secret_of_shop
from web.shops import shopware
from web.shops.signed_orders import Headers, hex_signature_holds, is_fresh
from web.shops.taking import check_shop_signature

APP = "Doorcode"
ASKED = ("shop-id", "shop-url", "timestamp")


def answer(codes: DeliveryCodes, shop: Shop, headers: Headers, query: bytes, confirmation: str) -> dict[str, str]:
    """Prove that we know the app's secret, and give the shop's, but to no old question. Raises BadShopSignature."""
    app_secret = codes.read(secret_of_shop, shop.shop_id)
    fields = {name: values[0] for name, values in parse_qs(query.decode("ascii", "replace")).items()}
    plain = "&".join(f"{name}={fields.get(name, '')}" for name in ASKED).encode("utf-8", "replace")
    given = headers.get("shopware-app-signature", "")
    # Shopware signs the query as it is sent; its own libraries check it as it reads.
    holds = any(hex_signature_holds(given, each, app_secret) for each in (query, plain))
    check_shop_signature(codes, shop, holds and is_fresh(fields.get("timestamp", ""), codes.clock()))
    proved = f"{fields.get('shop-id', '')}{fields.get('shop-url', '')}{APP}".encode("utf-8", "replace")
    return {
        "proof": hmac.new(app_secret, proved, hashlib.sha256).hexdigest(),
        "secret": codes.read(secret_given_to_shop, shop.shop_id),
        "confirmation_url": confirmation,
    }


def check_confirmation(codes: DeliveryCodes, shop: Shop, headers: Headers, body: bytes) -> None:
    """Check that the shop signs with what it was given. Raises BadShopSignature."""
    secret = codes.read(secret_given_to_shop, shop.shop_id).encode()
    check_shop_signature(codes, shop, shopware.signature_holds(headers, body, secret))


def manifest(registration: str, calls: str, secret: str) -> str:
    """Write the app's manifest.xml, without which Shopware sends nothing."""
    hooks = "".join(
        f'\n        <webhook name="doorcode-{number}" url={quoteattr(calls)} event="{event}"/>'
        for number, event in enumerate(sorted(shopware.EVENTS), 1)
    )
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<manifest xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
    <meta>
        <name>{APP}</name>
        <label>Doorcode</label>
        <author>Doorcode</author>
        <copyright>Doorcode</copyright>
        <version>1.0.0</version>
        <license>Apache-2.0</license>
    </meta>
    <setup>
        <registrationUrl>{escape(registration)}</registrationUrl>
        <secret>{escape(secret)}</secret>
    </setup>
    <permissions>
        <read>order</read>
        <read>order_delivery</read>
    </permissions>
    <webhooks>{hooks}
    </webhooks>
</manifest>
"""
