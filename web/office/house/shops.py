"""Shops that announce parcels by their own webhooks: add one, see what it sent."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, StringConstraints, ValidationError

from codes.accounts.staff import Role
from codes.integrations.shops import (
    ShopKind,
    add_shop,
    calls_of_shop,
    listed_shops,
    remove_shop,
    secret_of_shop,
    shop_of,
)
from web.api.requests import ShortName
from web.http.access import for_roles
from web.http.forms import FormModel, form_as
from web.i18n.languages import KNOWN
from web.office.refusals import Refused, refused_by
from web.services import services
from web.shops.registering import manifest

blueprint = Blueprint("shops", __name__, url_prefix="/office/shops")

LISTED = 100
VENDORS = {ShopKind.SHOPIFY: "Shopify", ShopKind.WOOCOMMERCE: "WooCommerce", ShopKind.SHOPWARE: "Shopware"}


def _known(language: str) -> str:
    if language not in {each.code for each in KNOWN}:
        raise ValueError("is no language of the pages")
    return language


class ShopForm(FormModel):
    """A shop to add, with the secret that it signs with."""

    name: ShortName
    secret: Annotated[str, StringConstraints(strip_whitespace=True, min_length=8, max_length=200)]
    kind: ShopKind
    language: Annotated[str, AfterValidator(_known)]


@blueprint.get("")
@for_roles(Role.DISPATCHER)
def listed() -> ResponseReturnValue:
    """List the shops, and offer to add one."""
    return _list()


@blueprint.post("")
@for_roles()
def add() -> ResponseReturnValue:
    """Add a shop with the secret that it signs with."""
    try:
        form = form_as(ShopForm)
    except ValidationError as error:
        return _list(refused_by(error)), 422
    shop_id = services().codes.write(add_shop, form.kind, form.name, form.secret, form.language)
    return redirect(url_for("shops.shop", shop_id=shop_id), 303)


@blueprint.get("/<uuid:shop_id>")
@for_roles(Role.DISPATCHER)
def shop(shop_id: UUID) -> ResponseReturnValue:
    """Show where a shop has to send its calls to, and what it sent."""
    found = services().codes.read(shop_of, shop_id) or abort(404)
    return render_template(
        "office/house/shop.html",
        here="shops.listed",
        shop=found,
        vendor=VENDORS[found.kind],
        address=services().pages_url + url_for("api_shops.call", shop_id=shop_id),
        calls=services().codes.read(calls_of_shop, shop_id, limit=LISTED),
    )


@blueprint.post("/<uuid:shop_id>/manifest.xml")
@for_roles()
def app_manifest(shop_id: UUID) -> ResponseReturnValue:
    """Give the manifest of the app for a Shopware shop; by POST, for it holds the app's secret."""
    found, codes = services().codes.read(shop_of, shop_id) or abort(404), services().codes
    if found.kind is not ShopKind.SHOPWARE:
        abort(404)
    pages = services().pages_url
    registration, calls = (pages + url_for(f"api_shops.{each}", shop_id=shop_id) for each in ("register", "call"))
    text = manifest(registration, calls, codes.read(secret_of_shop, shop_id).decode())
    headers = {"Content-Disposition": "attachment; filename=manifest.xml"}
    return Response(text, mimetype="application/xml", headers=headers)


@blueprint.post("/<uuid:shop_id>/remove")
@for_roles()
def remove(shop_id: UUID) -> ResponseReturnValue:
    """Take no more calls of a shop."""
    services().codes.write(remove_shop, shop_id)
    return redirect(url_for("shops.listed"), 303)


def _list(refused: Refused | None = None) -> str:
    return render_template(
        "office/house/shops.html",
        here="shops.listed",
        shops=services().codes.read(listed_shops),
        vendors=VENDORS,
        mail_languages=[(each.code, each.native_name) for each in KNOWN],
        refused=refused,
    )
