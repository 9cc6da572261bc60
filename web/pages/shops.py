"""Shops that announce parcels by their own webhooks: add one, see what it sent."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from codes.accounts.access import Role
from codes.integrations.shops import ShopKind
from web.access import for_roles
from web.languages import KNOWN
from web.parts import parts
from web.shops.registering import manifest

blueprint = Blueprint("shops", __name__, url_prefix="/office/shops")

LISTED = 100
VENDORS = {ShopKind.SHOPIFY: "Shopify", ShopKind.WOOCOMMERCE: "WooCommerce", ShopKind.SHOPWARE: "Shopware"}


@blueprint.get("")
@for_roles(Role.DISPATCHER)
def listed() -> ResponseReturnValue:
    """List the shops, and offer to add one."""
    found = parts().codes.shops.listed()
    return render_template(
        "office/shops.html", here="shops.listed", shops=found, vendors=VENDORS, languages_to_choose=KNOWN
    )


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Add a shop with the secret that it signs with."""
    name, secret = request.form.get("name", "").strip()[:100], request.form.get("secret", "").strip()
    kind, language = request.form.get("kind", ""), request.form.get("language", "")
    known = {each.code for each in KNOWN}
    if not name or not 8 <= len(secret) <= 200 or kind not in set(ShopKind) or language not in known:
        abort(400)
    shop_id = parts().codes.shops.add(ShopKind(kind), name, secret, language)
    return redirect(url_for("shops.shop", shop_id=shop_id), 303)


@blueprint.get("/<uuid:shop_id>")
@for_roles(Role.DISPATCHER)
def shop(shop_id: UUID) -> ResponseReturnValue:
    """Show where a shop has to send its calls to, and what it sent."""
    found = parts().codes.shops.get(shop_id) or abort(404)
    return render_template(
        "office/shop.html",
        here="shops.listed",
        shop=found,
        vendor=VENDORS[found.kind],
        address=parts().pages_url + url_for("api_shops.call", shop_id=shop_id),
        calls=parts().codes.shops.calls(shop_id, limit=LISTED),
    )


@blueprint.post("/<uuid:shop_id>/manifest.xml")
@for_roles()
def app_manifest(shop_id: UUID) -> ResponseReturnValue:
    """Give the manifest of the app for a Shopware shop; by POST, for it holds the app's secret."""
    found, codes = parts().codes.shops.get(shop_id) or abort(404), parts().codes
    if found.kind is not ShopKind.SHOPWARE:
        abort(404)
    pages = parts().pages_url
    registration, calls = (pages + url_for(f"api_shops.{each}", shop_id=shop_id) for each in ("register", "call"))
    text = manifest(registration, calls, codes.shops.secret_of(shop_id).decode())
    headers = {"Content-Disposition": "attachment; filename=manifest.xml"}
    return Response(text, mimetype="application/xml", headers=headers)


@blueprint.post("/<uuid:shop_id>/remove")
@for_roles()
def remove(shop_id: UUID) -> ResponseReturnValue:
    """Take no more calls of a shop."""
    parts().codes.shops.remove(shop_id)
    return redirect(url_for("shops.listed"), 303)
